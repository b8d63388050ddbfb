'use strict';

/*
 * One client at one workload, in a process of its own:
 *
 *   node client-process.js <assignment as JSON>
 *
 * It does a slice of the workload for each message, a number of seconds, and answers with what it measured. For each slice it
 * connects anew: which of the server's threads a connection falls to is chance, and so differs from slice to slice; and
 * what is idle holds no locks.
 */

const { callMaker } = require('./calls.js');
const { measureClosedLoop } = require('./closed-loop.js');
const { peakMemory } = require('./memory.js');
const { measureOpenLoop } = require('./open-loop.js');
const { tableOf } = require('./tables.js');

/**
 * @typedef {{ host: string, port: number, writePort: number, secret: string, sqlPort: number }} Addresses
 *
 * @typedef {object} Assignment
 * @property {import('./workloads.js').Client} client
 * @property {import('./workloads.js').Workload} workload
 * @property {Addresses} addresses
 *
 * @typedef {object} Task  what a client is told when it connects
 * @property {import('./workloads.js').Workload} workload
 * @property {import('./tables.js').Table} table
 * @property {Addresses} addresses
 * @property {number} connections
 * @property {import('./workloads.js').Client['way']} way
 *
 * @typedef {object} Session  A connection, or several that look like one. What a workload does not ask for may be missing.
 * @property {(id: number) => Promise<unknown>} get
 * @property {(ids: number[]) => Promise<unknown[]>} getMany
 *   In any order: only hansock gives the rows in that of the keys.
 * @property {(from: number, count: number, visit: (row: unknown) => void) => Promise<void>} scan
 * @property {(rows: unknown[][]) => Promise<number>} insertMany  Gives how many were inserted.
 * @property {(id: number, city: string) => Promise<number>} update  Gives how many rows were found.
 * @property {(row: any) => number} read  Reads every value and gives the id.
 *
 * @typedef {object} Done
 * @property {number} rows
 * @property {number} [began]  as performance.now() gives it, where it was before the call
 *
 * @typedef {() => Promise<Done>} Call  Reads all that it gets, and throws if any of it is wrong.
 *
 * @typedef {{ sessions: Session[], close: () => Promise<unknown> }} Connected
 * @typedef {{ call: Call, close: () => Promise<unknown> }} ConnectedCaller  One that makes its calls itself.
 * @typedef {(task: Task) => Promise<Connected | ConnectedCaller>} Connect
 *
 * @typedef {object} Slice
 * @property {number} rows
 * @property {number} seconds
 * @property {number} cpuMicroseconds  of the whole process, user and system
 * @property {ArrayLike<number>} latencies  of each call, in milliseconds, reading its rows included
 * @property {number} peakMemory  resident, in bytes, since the process began
 */

async function main() {
  process.on('disconnect', () => process.exit());
  /** @type {Assignment} */
  const { client, workload, addresses } = JSON.parse(process.argv[2]);
  /** @type {{ connect: Connect }} */
  const { connect } = require(`./clients/${client.program}.js`);
  const task = {
    workload,
    table: tableOf(workload.table),
    addresses,
    connections: client.connections ?? workload.connections,
    way: client.way,
  };

  const makeCall = callMaker(workload, task.table);
  const measure = workload.operation === 'openLoop' ? measureOpenLoop : measureClosedLoop;

  process.on('message', async (/** @type {number} */ seconds) => {
    const connected = await connect(task);
    const calls = callsOf(connected, workload.callers, makeCall);
    // Connects, prepares statements and opens indexes: not counted.
    await Promise.all(calls.map((call) => call()));
    const measured = await measure(calls, seconds);
    const slice = { ...measured, peakMemory: peakMemory() };
    await connected.close();
    process.send?.(slice);
  });
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
  const { sessions } = connected;
  return Array.from({ length: callers }, (_, caller) =>
    makeCall(sessions[caller % sessions.length]),
  );
}

main();
