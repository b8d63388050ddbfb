'use strict';

const { clearTimeout, setImmediate, setTimeout } = require('./clock.js');
const native = require('../util/native.js');

/*
 * The executes of this environment. Node.js' event loop wakes this thread for what one open connection needs; a libuv
 * worker polls for everything else, and comes back when something has finished. When nothing is in flight nothing is
 * pending, and the process may end. docs/driver.md tells why.
 */

/** A worker that has not come back after this long, in milliseconds, may have got no thread: its work is done here. */
const WORKER_LATE_MS = 60;

/**
 * What is called when an execute has finished, or cannot be. What it throws is the defect of whoever made it.
 * @typedef {object} Waiting
 * @property {(batches: native.FinishedBatch[]) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/** By the executes' ids. @type {Map<number, Waiting>} */
const pending = new Map();

const driver = new native.Driver(settle, mayWaitInline());
// The addon holds the function only while executes are pending.
Object.assign(driver, { settle });

/** Runs while a worker is out. @type {NodeJS.Timeout | undefined} */
let lateTimer;

/** Whether the event loop is libuv's and can be asked to watch sockets: Bun exports libuv's functions and panics. */
function mayWaitInline() {
  const { bun, deno } = process.versions;
  return bun === undefined && deno === undefined && process.env.HANSOCK_WAIT !== 'worker';
}

let isOpen = false;

/** Has to be called before `execute`. Throws if there are no descriptors left. */
function open() {
  if (isOpen) return;
  driver.open();
  isOpen = true;
}

let isOpenSync = false;

/** Has to be called before `executeSync`. Throws if there are no descriptors left. */
function openSync() {
  if (isOpenSync) return;
  driver.openSync();
  isOpenSync = true;
}

/**
 * Begins an execute and gives its id.
 * @param {native.Connection[]} connections
 * @param {Uint8Array[]} batches
 * @param {number} timeoutMs
 * @param {Waiting} waiting
 */
function execute(connections, batches, timeoutMs, waiting) {
  if (batches.length === 1) return executeOne(connections[0], batches[0], timeoutMs, waiting);
  return begun(driver.execute(connections, batches, timeoutMs), waiting);
}

/**
 * The same for one pair.
 * @param {native.Connection} connection
 * @param {Uint8Array} batch
 * @param {number} timeoutMs
 * @param {Waiting} waiting
 */
function executeOne(connection, batch, timeoutMs, waiting) {
  return begun(driver.executeOne(connection, batch, timeoutMs), waiting);
}

/**
 * @param {number} given  what the addon gave: an id, or -1 - id where a worker is wanted
 * @param {Waiting} waiting
 */
function begun(given, waiting) {
  const id = given < 0 ? -1 - given : given;
  pending.set(id, waiting);
  if (given < 0) ensureWorker();
  return id;
}

/**
 * The addon calls it with ids and batches in turn.
 * @param {boolean} wantsWorker
 * @param {any[]} finished
 */
function settle(wantsWorker, ...finished) {
  for (let i = 0; i < finished.length; i += 2) settleOne(finished[i], finished[i + 1]);
  if (wantsWorker || lateTimer !== undefined) ensureWorker();
}

/**
 * One that cannot be settled leaves the others alone.
 * @param {number} id
 * @param {native.FinishedBatch[] | Error} batches
 */
function settleOne(id, batches) {
  const waiting = pending.get(id);
  if (waiting === undefined) return;
  pending.delete(id);
  const { resolve, reject } = waiting;
  // V8 keeps a Map's old backing store reachable from the new one, so the entry is cleared too.
  waiting.resolve = nothing;
  waiting.reject = nothing;
  try {
    if (Array.isArray(batches)) resolve(batches);
    else reject(batches);
  } catch (error) {
    reject(error);
  }
}

function nothing() {}

/** Sees to it that a worker polls if there is something for it. */
function ensureWorker() {
  let isOut = false;
  try {
    isOut = driver.ensureWorker();
  } catch {
    // No worker can be queued: what would have waited for it has ended, which is told in a turn of its own.
    setImmediate(() => driver.deliver());
  }
  if (isOut) {
    lateTimer ??= setTimeout(standIn, WORKER_LATE_MS).unref();
  } else if (lateTimer !== undefined) {
    clearTimeout(lateTimer);
    lateTimer = undefined;
  }
}

/** Others may hold all of libuv's threads. What is in flight must go on without one, and end in time. */
function standIn() {
  lateTimer = undefined;
  driver.pollOnce();
  ensureWorker();
}

/**
 * Ends what has not finished of an execute.
 * @param {number} id
 */
function abort(id) {
  driver.abort(id);
}

/**
 * @param {native.Connection[]} connections
 * @param {Uint8Array[]} batches
 * @param {number} timeoutMs
 */
function executeSync(connections, batches, timeoutMs) {
  return driver.executeSync(connections, batches, timeoutMs);
}

/** @param {native.Connection} connection */
function closeConnection(connection) {
  driver.closeConnection(connection);
}

/** How often a worker was sent, for tests. */
function workerRuns() {
  return driver.workerRuns;
}

module.exports = {
  open,
  openSync,
  execute,
  executeOne,
  executeSync,
  abort,
  closeConnection,
  workerRuns,
};
