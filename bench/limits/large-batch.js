'use strict';

/*
 * Sends many finds in batches of a given size, one batch after the other:
 *
 *   node large-batch.js <port> <secret> <finds> <finds a batch>
 */

const { Batch, Connection, Executor } = require('../..');
const { forgetPeak, peakMemory, residentMemory } = require('../memory.js');
const { DATABASE, tableOf } = require('../tables.js');

const PATIENCE_MS = 120_000;
const WARM_UP_BATCHES = 30;
const WARM_UP_FINDS = 1000;
/**
 * The bytes of a reply beside its values and the TAB or line end after each: `0`, the number of
 * columns, and two TABs.
 */
const REPLY_HEAD = 4;

const [port, secret, ...numbers] = process.argv.slice(2);
const [finds, findsOfBatch] = numbers.map(Number);
const users = tableOf('users');

async function main() {
  const { columns } = users;
  const handshake = new Batch().openIndex(1, { database: DATABASE, table: users.name, columns });
  const connection = new Connection({ port: Number(port), secret, handshake });
  for (let i = 0; i < WARM_UP_BATCHES; i++) await findMany(connection, WARM_UP_FINDS);

  const before = residentMemory();
  forgetPeak();
  const start = performance.now();
  let bytes = 0;
  for (let done = 0; done < finds; done += findsOfBatch) {
    bytes += await findMany(connection, findsOfBatch);
  }
  const microseconds = (performance.now() - start) * 1000;
  connection.close();
  console.log(
    JSON.stringify({ perRow: microseconds / finds, peak: (peakMemory() - before) / bytes }),
  );
}

/**
 * @param {Connection} connection
 * @param {number} count
 * @returns {Promise<number>} The number of bytes received.
 */
async function findMany(connection, count) {
  const batch = new Batch();
  for (let i = 0; i < count; i++) batch.find(1, '=', [idOf(i)]);
  const [replies] = await new Executor().add(connection, batch).execute(PATIENCE_MS);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const { values } = replies[i];
    if (users.readArray(values) !== idOf(i)) throw new Error(`another row than ${idOf(i)}`);
    bytes += REPLY_HEAD;
    for (const value of values) bytes += (value ?? '').length + 1;
  }
  return bytes;
}

/** Spreads the ids over the table. @param {number} i */
function idOf(i) {
  return 1 + ((i * 7919) % users.rows);
}

main();
