'use strict';

/*
 * One client at one workload, in a process of its own:
 *
 *   node client-process.js <assignment as JSON>
 *
 * For each message, a number of seconds, it does a slice of the work and answers with its
 * measurements or its failure. Each slice reconnects: the server's thread for a connection is
 * random, and so differs from slice to slice, and idle clients hold no locks.
 */

const { callMaker } = require('./calls.js');
const { measureClosedLoop } = require('./closed-loop.js');
const { peakMemory } = require('./memory.js');
const { measureOpenLoop } = require('./open-loop.js');
const { tableOf } = require('./tables.js');

/**
 * @typedef {import('./workloads.js').Client} Client
 * @typedef {import('./workloads.js').Workload} Workload
 *
 * @typedef {object} Addresses
 * @property {string} host
 * @property {number} port
 * @property {number} writePort
 * @property {string} secret
 * @property {number} sqlPort
 * @property {number} [redisPort]  undefined if no Redis server could be started
 *
 * @typedef {{ client: Client, workload: Workload, addresses: Addresses }} Assignment
 *
 * @typedef {object} Task  what a client connects for
 * @property {Client} client
 * @property {Workload} workload
 * @property {import('./tables.js').Table} table
 * @property {Addresses} addresses
 * @property {number} connections
 *
 * @typedef {object} Session  A connection, or several that look like one. It may lack what the
 *   workload does not call.
 * @property {(id: number) => Promise<unknown>} get
 * @property {(ids: number[]) => Promise<unknown[]>} getMany  In any order: only hansock returns the
 *   rows in the order of the keys.
 * @property {(from: number, count: number, visit: (row: unknown) => void) => Promise<void>} scan
 * @property {(rows: unknown[][]) => Promise<number>} insertMany  Returns how many were inserted.
 * @property {(id: number, city: string) => Promise<number>} update  Returns how many rows were
 *   found.
 * @property {(row: any) => number} read  Reads every value and returns the id.
 *
 * @typedef {object} Done
 * @property {number} rows
 * @property {number} [began]  start in the time of performance.now(), if it was before the call
 *
 * @typedef {() => Promise<Done>} Call  Reads all rows that it gets, and throws if any of them is
 *   wrong.
 *
 * @typedef {{ sessions: Partial<Session>[], close: () => Promise<unknown> }} Connected
 * @typedef {{ call: Call, close: () => Promise<unknown> }} ConnectedCaller  A client that makes its
 *   calls itself.
 * @typedef {(task: Task) => Promise<Connected | ConnectedCaller>} Connect
 *
 * @typedef {object} Slice
 * @property {number} rows
 * @property {number} seconds
 * @property {number} cpuMicroseconds  of the whole process, user and system
 * @property {number} [utilisation]  of the event loop; undefined for a program without one
 * @property {ArrayLike<number>} latencies  of each call, in milliseconds, reading its rows included
 * @property {number} peakMemory  resident, in bytes, since the process began
 *
 * @typedef {{ slice: Slice } | { failure: string }} Answer
 */

async function main() {
  process.on('disconnect', () => process.exit());
  /** @type {Assignment} */
  const { client, workload, addresses } = JSON.parse(process.argv[2]);
  /** @type {{ connect: Connect }} */
  const { connect } = require(`./clients/${client.program}.js`);
  const task = {
    client,
    workload,
    table: tableOf(workload.table),
    addresses,
    connections: client.connections ?? workload.connections,
  };
  const makeCall = callMaker(workload, task.table);
  process.on('message', async (/** @type {number} */ seconds) => {
    process.send?.(await answer(() => measureSlice(task, connect, makeCall, seconds)));
  });
}

/**
 * @param {() => Promise<Slice>} measure
 * @returns {Promise<Answer>}
 */
async function answer(measure) {
  try {
    return { slice: await measure() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * @param {Task} task
 * @param {Connect} connect
 * @param {(session: Session) => Call} makeCall
 * @param {number} seconds
 */
async function measureSlice(task, connect, makeCall, seconds) {
  const { client, workload } = task;
  const connected = await connect(task);
  const calls = callsOf(connected, workload.callers, makeCall);
  // The first call connects, prepares statements and opens indexes, and is not measured.
  await Promise.all(calls.map((call) => call()));
  if (client.settleSeconds) await measureOnce(workload, calls, client.settleSeconds);
  const measured = await measureOnce(workload, calls, seconds);
  await connected.close();
  return { ...measured, peakMemory: peakMemory() };
}

/**
 * @param {Workload} workload
 * @param {Call[]} calls
 * @param {number} seconds
 */
function measureOnce({ operation, rate, pauseMs }, calls, seconds) {
  if (operation === 'openLoop') return measureOpenLoop(calls, seconds, rate);
  return measureClosedLoop(calls, seconds, pauseMs);
}

/**
 * One call for each caller.
 *
 * @param {Connected | ConnectedCaller} connected
 * @param {number} callers
 * @param {(session: Session) => Call} makeCall
 */
function callsOf(connected, callers, makeCall) {
  if ('call' in connected) return [connected.call];
  const sessions = /** @type {Session[]} */ (connected.sessions);
  return Array.from({ length: callers }, (_, caller) =>
    makeCall(sessions[caller % sessions.length]),
  );
}

main();
