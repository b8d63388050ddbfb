/* Pages of a web shop, each found by where the last one ended; and all rows of an index, for an export. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

// Many items share a price: with the id behind it the index is unique, and a row's key says where it stands.
const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(50), price INT, KEY by_price (price, id));
  INSERT INTO shop.item SELECT seq, CONCAT('Item ', seq), seq % 50 FROM shop.seq_1_to_5000`;

const ROWS_A_PAGE = 20;
const ITEMS = 5000;

type ItemsByPrice = ReturnType<typeof openByPrice>;

function openByPrice(client: Client) {
  return client.openIndex({
    database: 'shop',
    table: 'item',
    index: 'by_price',
    columns: ['id', 'name', 'price'],
    types: { id: 'number', price: 'number' },
    keyColumns: ['price', 'id'],
  });
}

/**
 * A page, and the cursor that the link to the next one carries. One row more than shown tells whether
 * there is a next one.
 */
async function readPage(items: ItemsByPrice, cursor?: string) {
  const limit = ROWS_A_PAGE + 1;
  const rows =
    cursor === undefined
      ? await items.find('>=', 0, { limit })
      : await items.find('>', parseCursor(cursor), { limit });
  const shown = rows.slice(0, ROWS_A_PAGE);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length < limit ? null : `${last?.price}-${last?.id}` };
}

/** It comes from a browser: anything may stand in it. */
function parseCursor(cursor: string): [price: number, id: number] {
  const key = /^(\d{1,9})-(\d{1,9})$/.exec(cursor);
  if (key === null) throw new Error(`no such page: ${cursor}`);
  return [Number(key[1]), Number(key[2])];
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  try {
    const items = openByPrice(client);
    let page = await readPage(items);
    let [pages, rows] = [1, page.rows.length];
    for (; page.next !== null; pages++, rows += page.rows.length) {
      page = await readPage(items, page.next);
      if (pages <= 2) console.log(`page ${pages + 1} begins with`, page.rows[0]);
    }
    console.log(`${rows} items on ${pages} pages`);

    const seen = new Set();
    for await (const { id } of items.scan('>=', 0, { pageSize: 500 })) seen.add(id);
    console.log(`scan gave ${seen.size} items`);
    if (rows !== ITEMS || seen.size !== ITEMS) throw new Error('items were skipped or given twice');
  } finally {
    await client.close();
    await server.stop();
  }
}

await main();
