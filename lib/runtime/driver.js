'use strict';

const { isNativeError } = require('node:util').types;
const { clearTimeout, setImmediate, setTimeout } = require('./clock.js');
const native = require('../util/native.js');

/*
 * The executes of this environment, and the threads that poll for them. docs/driver.md says why.
 *
 *   execute ──► driver.execute ──┬─► inline: Node.js's event loop watches the one open connection,
 *                                │           and wakes this thread
 *                                └─► worker: a libuv thread polls for all others, and comes back
 *                                            when one has finished
 *
 *   settle ◄── the addon, with the results of finished executes
 *
 * With nothing in flight, nothing is pending and the process may end.
 */

/**
 * A worker that has not returned after this time, in milliseconds, may have got no thread. This
 * thread then polls once in its place.
 */
const WORKER_LATE_MS = 20;

/**
 * The callbacks of an execute. Only a defect of their owner makes them throw.
 * @template [Result=native.FinishedBatch[]]
 * @typedef {object} Callbacks
 * @property {(result: Result) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/**
 * By the executes' ids. The entry that stays is no execute's: V8 allocates a new table whenever a
 * Map becomes empty.
 * @type {Map<number, Callbacks<any>>}
 */
const pending = new Map([[-1, { resolve: nothing, reject: nothing }]]);

const driver = new native.Driver(settle, mayWaitInline());
// The addon references the function only while executes are pending.
Object.assign(driver, { settle });

/** Runs while a worker polls. @type {NodeJS.Timeout | undefined} */
let lateTimer;

/**
 * Whether the event loop is libuv's and can watch sockets. Bun exports libuv's functions, which
 * panic.
 */
function mayWaitInline() {
  const { bun, deno } = process.versions;
  return bun === undefined && deno === undefined && process.env.HANSOCK_WAIT !== 'worker';
}

let isOpen = false;

/** Must be called before `execute`. Throws if no file descriptors are left. */
function open() {
  if (isOpen) return;
  driver.open();
  isOpen = true;
}

let isOpenSync = false;

/** Must be called before `executeSync`. Throws if no file descriptors are left. */
function openSync() {
  if (isOpenSync) return;
  driver.openSync();
  isOpenSync = true;
}

/**
 * Starts an execute and returns its id.
 * @param {native.Connection[]} connections
 * @param {Uint8Array[]} batches
 * @param {number} timeoutMs
 * @param {Callbacks} callbacks
 */
function execute(connections, batches, timeoutMs, callbacks) {
  if (batches.length === 1) {
    const { resolve, reject } = callbacks;
    const one = {
      resolve: (/** @type {native.FinishedBatch} */ batch) => resolve([batch]),
      reject,
    };
    return executeOne(connections[0], batches[0], timeoutMs, one);
  }
  return started(driver.execute(connections, batches, timeoutMs), callbacks);
}

/**
 * Starts an execute of one pair and returns its id.
 * @param {native.Connection} connection
 * @param {Uint8Array} batch
 * @param {number} timeoutMs
 * @param {Callbacks<native.FinishedBatch>} callbacks
 */
function executeOne(connection, batch, timeoutMs, callbacks) {
  return started(driver.executeOne(connection, batch, timeoutMs), callbacks);
}

/**
 * @param {number} given  by the addon: an id, or -1 - id if the execute needs a worker
 * @param {Callbacks<any>} callbacks
 */
function started(given, callbacks) {
  const id = given < 0 ? -1 - given : given;
  pending.set(id, callbacks);
  if (given < 0) ensureWorker();
  return id;
}

/**
 * Called by the addon when executes have finished.
 * @param {boolean} wantsWorker
 * @param {any[]} finished  ids and results in turn: the batch of an execute of one pair, an array of
 *   the batches of several, or an Error
 */
function settle(wantsWorker, ...finished) {
  for (let i = 0; i < finished.length; i += 2) settleOne(finished[i], finished[i + 1]);
  if (wantsWorker || lateTimer !== undefined) ensureWorker();
}

/**
 * Settles one execute. An error here must not reach the others.
 * @param {number} id
 * @param {native.FinishedBatch | native.FinishedBatch[] | Error} result
 */
function settleOne(id, result) {
  const callbacks = pending.get(id);
  if (callbacks === undefined) return;
  pending.delete(id);
  const { resolve, reject } = callbacks;
  // V8 keeps a Map's old backing store reachable from the new one, so the entry is cleared too.
  callbacks.resolve = nothing;
  callbacks.reject = nothing;
  try {
    // Not `instanceof`: under Jest, the addon's errors are of another realm.
    if (typeof result === 'object' && isNativeError(result)) reject(result);
    else resolve(result);
  } catch (error) {
    reject(error);
  }
}

function nothing() {}

/** Sends a worker if an execute needs one and none polls. */
function ensureWorker() {
  let isPolling = false;
  try {
    isPolling = driver.ensureWorker();
  } catch {
    // No worker can be queued, and the executes that need one have failed. They are told in a later
    // turn, since this may run inside the call that began one of them.
    setImmediate(() => driver.deliver());
  }
  if (isPolling) {
    lateTimer ??= setTimeout(pollOnce, WORKER_LATE_MS).unref();
  } else if (lateTimer !== undefined) {
    clearTimeout(lateTimer);
    lateTimer = undefined;
  }
}

/** Polls once in place of a worker, since others may hold all of libuv's threads for long. */
function pollOnce() {
  lateTimer = undefined;
  driver.pollOnce();
  ensureWorker();
}

/**
 * Ends the unfinished batches of an execute.
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

/** How many times a worker was sent. For tests. */
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
