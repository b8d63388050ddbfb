'use strict';

const { now } = require('./clock.js');
const native = require('./native.js');

/*
 * The executes of this environment. What the server answers within a few turns of the event loop is taken in on this
 * thread. For what takes longer one libuv worker at a time polls on behalf of all that is under way; it tells of what has
 * finished, comes back when nothing is left, or soon, and is sent again if something is. When nothing is under way nothing
 * is pending, or not for long, and the process may end. docs/driver.md tells why.
 */

/**
 * While this thread has nothing else to do, waits of up to this long, in milliseconds, are worth trying in turns of the event
 * loop; longer ones are left to a worker. So long tries last at most, too.
 */
const LONGEST_TRIAL_MS = 0.4;
/** Tries in vain last no longer than this, in milliseconds, even if this thread is never idle: more and more may be tried. */
const LONGEST_IN_VAIN_MS = 2;
/** What counts of a wait, so that after a very long one a few short ones are enough to try again. */
const MOST_OF_A_WAIT_MS = 2 * LONGEST_TRIAL_MS;
/** The weight of the last wait in what is expected of the next. */
const LAST_WAIT = 0.25;
/** Of the waits that are left to workers one in so many is tried: where workers are late, no other wait is short. */
const TRIED_ALL_THE_SAME = 16;

/** A worker that has not come back after this long, in milliseconds, has got no thread yet: its stint is shorter. */
const WORKER_LATE_MS = 60;

/** A worker tells of what has finished by a call. */
const driver = new native.Driver(() => void settle());

/**
 * What is called when an execute has finished, or cannot be.
 * @typedef {object} Waiting
 * @property {(batches: native.FinishedBatch[]) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/**
 * A map that never is empty holds on to what was in it: V8 chains its outgrown tables, the dead to the living, and a table
 * that has become old keeps all that follow until the next full collection. So what leaves the map is emptied first.
 */
const NOTHING = () => {};

/** By the executes' ids. @type {Map<number, Waiting>} */
const underWay = new Map();

/** What came of a try: something has finished, nothing has, or only a worker can do what is next. */
const SOME = 'some';
const NONE = 'none';
const UNTRIED = 'untried';

const NOT_YET = Infinity;

/** Whether a try is on its way. */
let isTrying = false;
/** How long the next wait will be, in milliseconds, as the last ones were. */
let expectedMs = 0;
/** How many waits were left to workers that were sent for them. */
let leftToWorkers = 0;
/** Since when tries have been in vain, as performance.now() tells it. */
let inVainSince = 0;
/** Since when this thread has had nothing to do but to wait, as performance.now() tells it. */
let idleSince = NOT_YET;
/** Whether the turn of the event loop that tells it is on its way. */
let isAwaitingIdleness = false;
/** Whether a worker is on its way. */
let workerIsOut = false;
/** Runs from when the last worker was sent. @type {NodeJS.Timeout | undefined} */
let lateTimer;

/**
 * Begins an execute and gives its id.
 * @param {native.Connection[]} connections
 * @param {Uint8Array[]} batches
 * @param {number} timeoutMs
 * @param {Waiting} waiting
 */
function execute(connections, batches, timeoutMs, waiting) {
  const id = driver.execute(connections, batches, timeoutMs);
  underWay.set(id, waiting);
  idleSince = NOT_YET;
  goOn();
  awaitIdleness();
  return id;
}

/** Sees to it that what is under way is worked on. */
function goOn() {
  if (underWay.size === 0 || isTrying || workerIsOut) return;
  if (waitsAreLong() && ++leftToWorkers % TRIED_ALL_THE_SAME !== 0) {
    sendWorker();
  } else {
    isTrying = true;
    inVainSince = now();
    setImmediate(tryNow);
  }
}

function tryNow() {
  const time = now();
  if (idleSince === NOT_YET) idleSince = time;
  const isOver = time >= idleSince + LONGEST_TRIAL_MS || time >= inVainSince + LONGEST_IN_VAIN_MS;
  const came = settle();
  if (came === SOME) inVainSince = time;
  if (underWay.size > 0 && came !== UNTRIED && (came === SOME || !isOver)) {
    setImmediate(tryNow);
    return;
  }
  isTrying = false;
  if (underWay.size > 0) sendWorker();
}

/** Sees to it that it is known when this thread has nothing else to do than to wait. */
function awaitIdleness() {
  if (isTrying || isAwaitingIdleness || underWay.size === 0) return;
  isAwaitingIdleness = true;
  setImmediate(noteIdleness);
}

function noteIdleness() {
  isAwaitingIdleness = false;
  if (idleSince === NOT_YET) idleSince = now();
}

/** From a wait that is over. */
function learn() {
  const wait = idleSince === NOT_YET ? 0 : Math.min(now() - idleSince, MOST_OF_A_WAIT_MS);
  const wereLong = waitsAreLong();
  const cameToATry = isTrying && wereLong && wait <= LONGEST_TRIAL_MS;
  expectedMs += (cameToATry ? 1 : LAST_WAIT) * (wait - expectedMs);
  idleSince = NOT_YET;
  if (waitsAreLong() !== wereLong) driver.linger(!wereLong);
}

/** Whether they are left to workers. */
function waitsAreLong() {
  return expectedMs > LONGEST_TRIAL_MS;
}

function sendWorker() {
  workerIsOut = true;
  lateTimer ??= setTimeout(standIn, WORKER_LATE_MS).unref();
  lateTimer.refresh();
  driver.poll().then((isEmpty) => {
    workerIsOut = false;
    settle();
    // What the worker has left has taken long already.
    if (!isEmpty && underWay.size > 0) sendWorker();
    else goOn();
  }, fail);
}

/** Others hold all of libuv's threads. What is under way must go on without one, and end in time. */
function standIn() {
  if (!workerIsOut || underWay.size === 0) return;
  settle(true);
  lateTimer?.refresh();
}

/** Tells those whose executes have finished. */
function settle(standsIn = false) {
  const finished = driver.takeFinished(standsIn);
  if (!Array.isArray(finished)) return finished ? NONE : UNTRIED;
  learn();
  for (const [id, ...batches] of /** @type {[number, ...native.FinishedBatch[]][]} */ (finished)) {
    const waiting = underWay.get(id);
    underWay.delete(id);
    if (waiting === undefined) continue;
    const { resolve } = waiting;
    waiting.resolve = NOTHING;
    waiting.reject = NOTHING;
    resolve(batches);
  }
  awaitIdleness();
  return SOME;
}

/**
 * No worker could be sent: nothing more will be heard of what is under way.
 * @param {unknown} error
 */
function fail(error) {
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
 * @param {Uint8Array[]} batches
 * @param {number} timeoutMs
 */
function executeSync(connections, batches, timeoutMs) {
  const [, ...finished] = driver.executeSync(connections, batches, timeoutMs);
  return /** @type {native.FinishedBatch[]} */ (finished);
}

/** @param {native.Connection} connection */
function closeConnection(connection) {
  driver.closeConnection(connection);
}

module.exports = { execute, executeSync, abort, closeConnection };
