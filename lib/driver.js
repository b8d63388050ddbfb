'use strict';

const native = require('../native.js');

/*
 * The executes of this environment. What the server answers within a few turns of the event loop is taken in on this
 * thread. For what takes longer one libuv worker at a time polls on behalf of all that is under way; it comes back when
 * something has finished, and is sent again if something is left. When nothing is under way nothing is pending, and the
 * process may end. docs/driver.md tells why.
 */

/** How many turns of the event loop an execute is tried for before a worker is sent. A turn takes about 3 µs. */
const TRIES = 24;
/** After tries in vain this many times the next executes go to a worker at once; each failure in a row doubles it. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 64;

/** A worker that has not come back after this long, in milliseconds, has got no thread yet: its stint is shorter. */
const WORKER_LATE_MS = 60;

const driver = new native.Driver();

/**
 * What is called when an execute has finished, or cannot be.
 * @typedef {object} Waiting
 * @property {(batches: native.FinishedBatch[]) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/** By the executes' ids. @type {Map<number, Waiting>} */
const underWay = new Map();

/** Whether a try or a worker is on its way. */
let isBusy = false;
let triesLeft = 0;
let pause = FIRST_PAUSE;
let pauseLeft = 0;
/** Whether a worker is on its way. */
let workerIsOut = false;
/** Runs from when the last worker was sent. @type {NodeJS.Timeout | undefined} */
let lateTimer;

/**
 * Begins an execute and gives its id.
 * @param {native.Connection[]} connections
 * @param {string[]} batches  byte strings
 * @param {number} timeoutMs
 * @param {Waiting} waiting
 */
function execute(connections, batches, timeoutMs, waiting) {
  const id = driver.execute(connections, batches, timeoutMs);
  underWay.set(id, waiting);
  if (!isBusy) begin();
  return id;
}

function begin() {
  isBusy = true;
  if (pauseLeft > 0) {
    pauseLeft--;
    sendWorker();
  } else {
    triesLeft = TRIES;
    setImmediate(tryNow);
  }
}

function tryNow() {
  settle();
  if (!isBusy) {
    pause = FIRST_PAUSE;
  } else if (--triesLeft > 0) {
    setImmediate(tryNow);
  } else {
    pauseLeft = pause;
    pause = Math.min(2 * pause, LONGEST_PAUSE);
    sendWorker();
  }
}

function sendWorker() {
  lateTimer ??= setTimeout(standIn, WORKER_LATE_MS).unref();
  lateTimer.refresh();
  if (workerIsOut) return;
  workerIsOut = true;
  driver.poll().then(() => {
    workerIsOut = false;
    settle();
    if (isBusy) sendWorker();
  }, fail);
}

/** Others hold all of libuv's threads. What is under way must go on without one, and end in time. */
function standIn() {
  if (!workerIsOut || !isBusy) return;
  settle(true);
  lateTimer?.refresh();
}

/** Tells those whose executes have finished. */
function settle(mayConnect = false) {
  for (const [id, batches] of driver.takeFinished(mayConnect)) {
    const waiting = underWay.get(id);
    underWay.delete(id);
    waiting?.resolve(batches);
  }
  isBusy = underWay.size > 0;
}

/**
 * No worker could be sent: nothing more will be heard of what is under way.
 * @param {unknown} error
 */
function fail(error) {
  isBusy = false;
  workerIsOut = false;
  for (const { reject } of underWay.values()) reject(error);
  underWay.clear();
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
 * @param {string[]} batches  byte strings
 * @param {number} timeoutMs
 */
function executeSync(connections, batches, timeoutMs) {
  return driver.executeSync(connections, batches, timeoutMs)[1];
}

/** @param {native.Connection} connection */
function closeConnection(connection) {
  driver.closeConnection(connection);
}

module.exports = { execute, executeSync, abort, closeConnection };
