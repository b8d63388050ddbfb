// Reads a row, as a new user does: `read-row.mjs <port> <secret>` prints it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Client } from 'hansock';

assert.equal(createRequire(import.meta.url)('hansock').Client, Client);

const [port, secret] = process.argv.slice(2);
const client = new Client({ host: '127.0.0.1', port: Number(port), secret });
const users = client.openIndex({
  database: 'shop',
  table: 'users',
  columns: ['id', 'name'],
  types: { id: 'number' },
});
console.log(JSON.stringify(await users.get(42)));
await client.close();
