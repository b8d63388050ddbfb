'use strict';

/*
 * Processor time of a call of an index with a schema, and of one with the same types and no schema:
 *
 *   node schema.js <port> <write port> <secret> <get | insert> <rounds>
 */

const { Client } = require('../..');
const { DATABASE, userToInsert } = require('../tables.js');

const PATIENCE_MS = 60_000;
/** The most gets in flight at a time. */
const GETS = 100;
const GET_CALLS = 20_000;
const ROWS = 1000;
const INSERT_CALLS = 10;

const [port, writePort, secret, what, rounds] = process.argv.slice(2);

/** The result of readTable for the tables of users. */
function schemaOf(/** @type {string} */ table, /** @type {boolean} */ autoIncrement) {
  /** @param {string} name @param {number} length */
  const text = (name, length) => ({
    ...{ name, type: 'varchar', declared: `varchar(${length})`, nullable: true, length },
    ...{ charset: 'utf8mb4', collation: 'utf8mb4_general_ci', default: { value: null } },
  });
  const id = { name: 'id', type: 'int', declared: 'int(11)', nullable: false };
  const created = { name: 'created', type: 'datetime', declared: 'datetime', nullable: true };
  return {
    ...{ database: DATABASE, table, kind: 'BASE TABLE', engine: 'InnoDB' },
    columns: [
      autoIncrement ? { ...id, autoIncrement } : id,
      ...[text('name', 40), text('mail', 60), text('city', 40)],
      { ...created, decimals: 0, default: { value: null } },
    ],
    indexes: [{ name: 'PRIMARY', unique: true, algorithm: 'BTREE', columns: [{ name: 'id' }] }],
    ...{ checks: [], triggers: [] },
    server: { version: '10.11.0', timeZone: 'UTC', isUtc: true },
  };
}

const table = what === 'get' ? 'users' : 'inserted';
const schema = schemaOf(table, what === 'insert');

async function main() {
  const client = new Client({
    ...{ port: Number(port), writePort: Number(writePort), secret, timeoutMs: PATIENCE_MS },
  });
  const columns = schema.columns.map(({ name }) => name);
  const indexes = [
    client.openIndex({ database: DATABASE, table, columns, types: { id: 'number' } }),
    client.openIndex(/** @type {any} */ ({ schema })),
  ];
  const measure = what === 'get' ? timeOfGets : timeOfInserts;
  // Warms up the compiler and is not counted.
  for (const index of indexes) await measure(index);
  /** @type {number[][]} */
  const times = [[], []];
  for (let round = 0; round < Number(rounds); round++) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const i of order) times[i].push(await measure(indexes[i]));
  }
  await client.close();
  console.log(JSON.stringify({ plain: times[0], known: times[1] }));
}

/**
 * Microseconds of processor time for a get.
 *
 * @param {any} index
 */
async function timeOfGets(index) {
  const start = process.cpuUsage();
  for (let done = 0; done < GET_CALLS; done += GETS) {
    const rows = await Promise.all(
      Array.from({ length: GETS }, (_, i) => index.get(((done + i) % 100_000) + 1)),
    );
    if (rows[0].id !== (done % 100_000) + 1) throw new Error('another row');
  }
  return since(start) / GET_CALLS;
}

/**
 * Microseconds of processor time for an inserted row.
 *
 * @param {any} index
 */
async function timeOfInserts(index) {
  const batches = Array.from({ length: INSERT_CALLS }, () =>
    Array.from({ length: ROWS }, (_, n) => {
      const [name, mail, city, created] = userToInsert(n);
      return { id: null, name, mail, city, created };
    }),
  );
  const start = process.cpuUsage();
  for (const rows of batches) {
    const [{ status }] = await index.insertMany(rows);
    if (status !== 'fulfilled') throw new Error('a row was not inserted');
  }
  return since(start) / (INSERT_CALLS * ROWS);
}

/** @param {NodeJS.CpuUsage} start */
function since(start) {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

main();
