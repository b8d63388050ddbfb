'use strict';

/*
 * 2,000 connections in one execute with one find each, beside 20 executes of 100 after one another:
 *
 *   node connections.js <port> <secret> <rounds>
 */

const { Batch, Connection, Executor } = require('../..');
const { DATABASE, tableOf } = require('../tables.js');

const CONNECTIONS = 2000;
const PART = 100;
const PATIENCE_MS = 60_000;

const [port, secret, rounds] = process.argv.slice(2);
const users = tableOf('users');

async function main() {
  const { columns } = users;
  const handshake = new Batch().openIndex(1, { database: DATABASE, table: users.name, columns });
  const connections = Array.from(
    { length: CONNECTIONS },
    () => new Connection({ port: Number(port), secret, handshake }),
  );
  const connect = await timeOf(connections, CONNECTIONS);
  // Warms up the compiler and is not counted.
  await timeOf(connections, PART);
  await timeOf(connections, CONNECTIONS);

  /** @type {number[]} */
  const atOnce = [];
  /** @type {number[]} */
  const inParts = [];
  for (let round = 0; round < Number(rounds); round++) {
    const isFirst = round % 2 === 0;
    if (isFirst) atOnce.push(await timeOf(connections, CONNECTIONS));
    inParts.push(await timeOf(connections, PART));
    if (!isFirst) atOnce.push(await timeOf(connections, CONNECTIONS));
  }
  for (const connection of connections) connection.close();
  console.log(JSON.stringify({ connect: [connect], atOnce, inParts }));
}

/**
 * The milliseconds of a find on each connection, with this many connections in an execute.
 *
 * @param {Connection[]} connections
 * @param {number} part
 */
async function timeOf(connections, part) {
  const start = performance.now();
  for (let first = 0; first < connections.length; first += part) {
    const executor = new Executor();
    for (let i = first; i < first + part; i++) {
      executor.add(connections[i], new Batch().find(1, '=', [i + 1]));
    }
    for (const [i, [reply]] of (await executor.execute(PATIENCE_MS)).entries()) {
      if (users.readArray(reply.values) !== first + i + 1) throw new Error('another row');
    }
  }
  return performance.now() - start;
}

main();
