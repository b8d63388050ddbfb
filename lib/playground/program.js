'use strict';

/*
 * The first program of a user, which README.md shows and the playground prints, and the table that
 * it reads.
 */

const SQL = `CREATE DATABASE shop;
CREATE TABLE shop.users (
  id INT AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(50) NOT NULL,
  logins INT NOT NULL
);
INSERT INTO shop.users VALUES (1, 'Grace', 3), (42, 'Ada', 0);
CREATE USER shop IDENTIFIED BY 'sesame';
GRANT SELECT, TRIGGER ON shop.users TO shop;
`;

/** @typedef {'mjs' | 'cjs' | 'ts'} Kind  the ending of the file */

/** By kind, from the client's options. @type {Record<Kind, (options: string) => string>} */
const PROGRAMS = {
  mjs: (options) => `// first.mjs
import { Client } from 'hansock';

const client = new Client(${options});
const users = client.openIndex({
  database: 'shop',
  table: 'users',
  columns: ['id', 'name', 'logins'],
  types: { id: 'number', logins: 'number' }, // the others are text
  keyColumns: ['id'], // of the primary key: insertId is then a number
});

console.log(await users.get(42)); // { id: 42, name: 'Ada', logins: 0 }
await client.close();
`,
  cjs: (options) => `// first.cjs
const { Client } = require('hansock');

async function main() {
  const client = new Client(${options});
  const users = client.openIndex({
    database: 'shop',
    table: 'users',
    columns: ['id', 'name', 'logins'],
    types: { id: 'number', logins: 'number' }, // the others are text
    keyColumns: ['id'], // of the primary key: insertId is then a number
  });

  console.log(await users.get(42)); // { id: 42, name: 'Ada', logins: 0 }
  await client.close();
}

main();
`,
  ts: (options) => `// first.ts
import { Client } from 'hansock';

const client = new Client(${options});
const users = client.openIndex({
  database: 'shop',
  table: 'users',
  columns: ['id', 'name', 'logins'],
  types: { id: 'number', name: 'string', logins: 'number' },
  notNull: ['id', 'name', 'logins'], // what the table says: rows and values are typed by it
  keyColumns: ['id'], // the columns of the index, here of the primary key
});

const user = await users.get(42); // { id: number; name: string; logins: number } | null
console.log(user?.name.toUpperCase()); // ADA
const many = await users.getMany([1, 2, 42]); // one round trip
const { insertId } = await users.insert({ name: 'Edsger', logins: 0 }); // number | null: 43, then 44, …
if (insertId === null) throw new Error('no AUTO_INCREMENT');
await users.update('=', insertId, { name: 'Edsger Dijkstra' }); // the other columns stay as they are
await users.increment('=', insertId, { logins: 1 });
const next = await users.find('>', 1, { limit: 10 }); // in the order of the index
for await (const { id, name, logins } of users.scan()) console.log(id, name, logins);
await users.delete('=', insertId);

await users.get(42, { signal: AbortSignal.timeout(5000), timeoutMs: 2000 }); // every call takes both
await client.close(); // lets what is in flight end; client.destroy() does not
`,
};

const KINDS = /** @type {readonly Kind[]} */ (Object.keys(PROGRAMS));

/**
 * @param {Kind} kind
 * @param {Record<string, string | number>} options  the client's
 */
function programOf(kind, options) {
  const parts = Object.entries(options).map(([name, value]) => {
    return `${name}: ${typeof value === 'number' ? value : `'${value}'`}`;
  });
  return PROGRAMS[kind](`{ ${parts.join(', ')} }`);
}

module.exports = { KINDS, SQL, programOf };
