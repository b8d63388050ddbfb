/* Every operation of an Index, on typed rows of a throwaway server. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.item (
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, kind VARCHAR(20) NOT NULL,
    stock BIGINT NOT NULL, tags JSON, made DATETIME(3), KEY by_kind (kind)
  ) CHARACTER SET utf8mb4`;

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  try {
    await useItems(client);
    const [[rows]] = await server.sql('SELECT COUNT(*) FROM shop.item');
    console.log(`SQL counts ${rows} row`);
    if (rows !== '1') throw new Error('of three rows inserted and two deleted one is left');
  } finally {
    await client.close();
    await server.stop();
  }
}

async function useItems(client: Client) {
  const place = {
    database: 'shop',
    table: 'item',
    columns: ['id', 'name', 'kind', 'stock', 'tags', 'made'],
    filterColumns: ['stock'],
    types: { id: 'number', stock: 'bigint', tags: 'json', made: 'datetime' },
  } as const;
  const items = client.openIndex(place);
  const byKind = client.openIndex({ ...place, index: 'by_kind', keyColumns: ['kind'] });

  // AUTO_INCREMENT gives the id; columns that are not named become NULL.
  const made = new Date('2024-02-29T08:00:00.250Z');
  const tea = { name: 'Tea', kind: 'drink', stock: 12, tags: ['green', 'loose'], made };
  console.log('insert', await items.insert(tea));
  const more = [
    { name: 'Coffee', kind: 'drink', stock: 7 },
    { name: 'Bread', kind: 'food', stock: 3 },
    { id: 1, name: 'Tea again', kind: 'drink', stock: 0 },
  ];
  for (const { status } of await items.insertMany(more)) console.log('insertMany', status);

  console.log('get', await items.get(1));
  console.log(
    'getMany',
    (await items.getMany([3, 4711])).map((row) => row?.name),
  );
  const filters = [{ column: 'stock', op: '<', value: 10 }] as const;
  console.log('find', (await items.find('>=', 1, { limit: 10, filters })).map(named));
  const kinds = await byKind.findMany(['drink', 'food', 'toys'], { limit: 10 });
  console.log(
    'findMany',
    kinds.map((rows) => rows.map(named)),
  );
  for await (const { kind, name } of byKind.scan('<=', 'z')) console.log('scan', kind, name);

  console.log('update', await items.update('=', 1, { name: 'Green tea', tags: null }));
  console.log('increment', await items.increment('=', 1, { stock: 5 }));
  console.log('decrement', await items.decrement('=', 3, { stock: 4 }), 'rows: only 3 are left');
  const [before] = await items.updateReturning('=', 1, { made: new Date() });
  console.log('updateReturning', before.made);
  console.log(
    'incrementReturning',
    (await items.incrementReturning('=', 2, { stock: 1 }))[0].stock,
  );
  console.log(
    'decrementReturning',
    (await items.decrementReturning('=', 2, { stock: 1 }))[0].stock,
  );
  console.log('delete', await items.delete('=', 3));
  console.log('deleteReturning', (await items.deleteReturning('=', 2)).map(named));
}

function named({ name }: { name: string | null }) {
  return name;
}

await main();
