'use strict';

/*
 * Measures how much memory one field of a result of 64 MiB keeps alive:
 *
 *   node --expose-gc kept-field.js <port> <secret> <batch | client>
 */

const { setImmediate: turn } = require('node:timers/promises');
const { Batch, Client, Connection, Executor } = require('../..');
const { residentMemory } = require('../memory.js');
const { DATABASE, tableOf } = require('../tables.js');

const PATIENCE_MS = 60_000;
const [port, secret, way] = process.argv.slice(2);
const place = { database: DATABASE, table: 'text_1024', columns: ['id', 'value'] };
const { rows, readArray } = tableOf(place.table);

async function main() {
  const { find, close } = way === 'batch' ? openBatch() : openClient();
  await find(10);
  const before = await memory();
  const kept = await find(rows);
  const after = await memory();
  if (readArray([null, kept]) < 1) throw new Error('the field is not what was loaded');
  await close();
  console.log(
    JSON.stringify({
      held: after.javascript - before.javascript,
      resident: after.resident - before.resident,
    }),
  );
}

function openBatch() {
  const handshake = new Batch().openIndex(1, place);
  const connection = new Connection({ port: Number(port), secret, handshake });
  return {
    /** @param {number} limit */
    async find(limit) {
      const batch = new Batch().find(1, '>=', [1], { limit });
      const [[reply]] = await new Executor().add(connection, batch).execute(PATIENCE_MS);
      return String(reply.rows[limit >> 1][1]);
    },
    close: async () => connection.close(),
  };
}

function openClient() {
  const client = new Client({ port: Number(port), secret, timeoutMs: PATIENCE_MS });
  const index = client.openIndex(place);
  return {
    /** @param {number} limit */
    async find(limit) {
      const found = await index.find('>=', 1, { limit });
      return String(found[limit >> 1].value);
    },
    close: () => client.close(),
  };
}

/** Memory use after a garbage collection. */
async function memory() {
  for (let i = 0; i < 5; i++) {
    await turn();
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { javascript: heapUsed + external, resident: residentMemory() };
}

main();
