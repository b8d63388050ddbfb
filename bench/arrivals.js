'use strict';

/*
 * The clock of the open loop, a thread of its own: timers of the event loop go by whole milliseconds. It posts when the
 * first call is due, and then again and again how many are due so far.
 */

const { isMainThread, parentPort, workerData } = require('node:worker_threads');

const STEP_MS = 0.25;
/** For the other thread to be ready. */
const DELAY_MS = 2;

/** The same in all threads, which have an origin each for performance.now(). */
function monotonicMilliseconds() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** @param {{ rate: number, seconds: number }} schedule */
function post({ rate, seconds }) {
  const begin = monotonicMilliseconds() + DELAY_MS;
  parentPort?.postMessage(begin);
  const total = Math.max(1, Math.floor(rate * seconds));
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  let posted = 0;
  while (posted < total) {
    Atomics.wait(nobodyWakes, 0, 0, STEP_MS);
    const elapsed = (monotonicMilliseconds() - begin) / 1000;
    const due = Math.min(total, Math.floor(elapsed * rate) + 1);
    if (due <= posted) continue;
    posted = due;
    parentPort?.postMessage(due);
  }
}

if (!isMainThread) post(workerData);

module.exports = { monotonicMilliseconds };
