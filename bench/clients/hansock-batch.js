'use strict';

const { Batch, Connection, Executor } = require('../..');
const { keyLists, scanStart } = require('../calls.js');
const { DATABASE } = require('../tables.js');

/**
 * @typedef {import('../client-process.js').Task} Task
 * @typedef {import('../..').Reply} Reply
 * @typedef {(batch: Batch) => (replies: readonly Reply[]) => number} Writer  Writes a batch, and
 *   returns the function that reads its replies and returns their number of rows.
 *
 * @typedef {object} PooledConnection
 * @property {Connection} connection
 * @property {Batch[]} batches  One is in flight or in line while the other is read and written.
 *
 * @typedef {object} Prepared
 * @property {Executor} executor
 * @property {((replies: readonly Reply[]) => number)[]} readers  one for each connection
 */

/** @type {number[][] | undefined} Kept from slice to slice. */
let lists;

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const { client, workload, table, addresses, connections } = task;
  lists ??= workload.operation === 'get' ? keyLists(workload.callers, table.rows) : [];
  const write = workload.operation === 'scan' ? scanWriter(task) : findsWriter(task, lists);
  const { columns } = table;
  const handshake = new Batch().openIndex(1, { database: DATABASE, table: table.name, columns });
  const { host, port, secret } = addresses;
  const maxQueued = client.way === 'overlapped' ? 1 : 0;
  /** @type {PooledConnection[]} */
  const pool = Array.from({ length: connections }, () => ({
    connection: new Connection({ host, port, secret, handshake, maxQueued }),
    batches: [new Batch(), new Batch()],
  }));
  const { call, end } = client.way === 'overlapped' ? overlapped(pool, write) : inTurn(pool, write);
  return {
    call,
    async close() {
      await end();
      for (const { connection } of pool) connection.close();
    },
  };
}

/**
 * @param {Task} task
 * @param {number[][]} keys
 * @returns {Writer}
 */
function findsWriter({ table }, keys) {
  const read = table.readArray;
  let next = 0;
  return (batch) => {
    const ids = keys[next++ % keys.length];
    for (const id of ids) batch.find(1, '=', [id]);
    return (replies) => {
      for (let i = 0; i < ids.length; i++) {
        if (read(replies[i].values) !== ids[i]) throw new Error(`another row than ${ids[i]}`);
      }
      return ids.length;
    };
  };
}

/**
 * @param {Task} task
 * @returns {Writer}
 */
function scanWriter({ workload, table }) {
  const limit = workload.rows;
  return (batch) => {
    const from = scanStart(limit, table.rows);
    batch.find(1, '>=', [from], { limit });
    return ([reply]) => {
      const { rows } = reply;
      if (rows.length !== limit) throw new Error(`${rows.length} rows in place of ${limit}`);
      for (const [i, row] of rows.entries()) {
        if (table.readArray(row) !== from + i) throw new Error(`another row than ${from + i}`);
      }
      return limit;
    };
  };
}

/**
 * A program that awaits a batch, reads its rows, writes the next one, and so on: the connection is
 * idle while the program works.
 *
 * @param {PooledConnection[]} pool
 * @param {Writer} write
 */
function inTurn(pool, write) {
  return {
    async call() {
      const { executor, readers } = prepare(pool, 0, write);
      return { rows: read(readers, await executor.execute()) };
    },
    async end() {},
  };
}

/**
 * A program that reads the last batch and writes the next one while one is in flight. Its first
 * call only starts that.
 *
 * @param {PooledConnection[]} pool
 * @param {Writer} write
 */
function overlapped(pool, write) {
  let side = 0;
  let inFlight = start(prepare(pool, side, write));
  return {
    async call() {
      side = 1 - side;
      const inLine = start(prepare(pool, side, write));
      const { readers, began, running } = inFlight;
      const replies = await running;
      inFlight = inLine;
      return { rows: read(readers, replies), began };
    },
    end: () => inFlight.running,
  };
}

/** @param {Prepared} prepared */
function start({ executor, readers }) {
  return { readers, began: performance.now(), running: executor.execute() };
}

/**
 * Writes the next batch of each connection and puts it into an executor.
 *
 * @param {PooledConnection[]} pool
 * @param {number} side
 * @param {Writer} write
 * @returns {Prepared}
 */
function prepare(pool, side, write) {
  const executor = new Executor();
  const readers = pool.map(({ connection, batches }) => {
    const batch = batches[side].clear();
    const reader = write(batch);
    executor.add(connection, batch);
    return reader;
  });
  return { executor, readers };
}

/**
 * @param {Prepared['readers']} readers
 * @param {(readonly Reply[])[]} batches
 */
function read(readers, batches) {
  return readers.reduce((rows, reader, i) => rows + reader(batches[i]), 0);
}

module.exports = { connect };
