'use strict';

/*
 * One contender at one work, in a process of its own:
 *
 *   node contender.js <assignment as JSON>
 *
 * It does a slice of the work for each message, a number of seconds, and answers with what it measured. For each slice it
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
 * @property {import('./works.js').Contender} contender
 * @property {import('./works.js').Work} work
 * @property {Addresses} addresses
 *
 * @typedef {object} Task  what a contender is told when it connects
 * @property {import('./works.js').Work} work
 * @property {import('./tables.js').Table} table
 * @property {Addresses} addresses
 * @property {number} connections
 * @property {import('./works.js').Contender['way']} way
 *
 * @typedef {object} Session  A connection, or several that look like one. What a work does not ask for may be missing.
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
  const { contender, work, addresses } = JSON.parse(process.argv[2]);
  /** @type {{ connect: Connect }} */
  const { connect } = require(`./contenders/${contender.program}.js`);
  const task = {
    work,
    table: tableOf(work.table),
    addresses,
    connections: contender.connections ?? work.connections,
    way: contender.way,
  };

  const makeCall = callMaker(work, task.table);
  const measure = work.operation === 'openLoop' ? measureOpenLoop : measureClosedLoop;

  process.on('message', async (/** @type {number} */ seconds) => {
    const connected = await connect(task);
    const calls = callsOf(connected, work.callers, makeCall);
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
