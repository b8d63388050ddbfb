/* Many rows into a table: a chunk a call, and a look at what became of each row. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.user (id INT PRIMARY KEY, name VARCHAR(50), mail VARCHAR(50), UNIQUE (mail));
  INSERT INTO shop.user VALUES (5000, 'Ada', 'ada@example.com')`;

const ROWS = 20_000;
const ROWS_A_CHUNK = 1000;

/** What comes from a file or another table. */
function* source() {
  for (let id = 1; id <= ROWS; id++) yield { id, name: `User ${id}`, mail: `u${id}@example.com` };
}

/** Never more than a chunk of the source in memory. */
function* chunks<T>(rows: Iterable<T>) {
  let chunk: T[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < ROWS_A_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  // The time is for a whole chunk.
  const client = new Client({ host, port, writePort, secret, timeoutMs: 30_000 });
  try {
    const users = client.openIndex({
      database: 'shop',
      table: 'user',
      columns: ['id', 'name', 'mail'],
    });
    const start = performance.now();
    let inserted = 0;
    for (const chunk of chunks(source())) {
      for (const [i, result] of (await users.insertMany(chunk)).entries()) {
        if (result.status === 'fulfilled') inserted++;
        else if (result.reason.code === 'ERR_HS_DUPLICATE_KEY')
          console.log('is there already:', chunk[i]);
        else throw result.reason; // nothing else is to be expected here: stop
      }
    }
    const seconds = (performance.now() - start) / 1000;
    console.log(`${inserted} rows in ${client.stats().batches} batches, ${seconds.toFixed(2)} s`);

    const [[counted]] = await server.sql('SELECT COUNT(*) FROM shop.user');
    if (inserted !== ROWS - 1 || Number(counted) !== ROWS) throw new Error(`SQL has ${counted}`);
    console.log(`SQL counts ${counted} rows`);
  } finally {
    await client.close();
    await server.stop();
  }
}

await main();
