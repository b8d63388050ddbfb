'use strict';

/*
 * The clock of the open loop. It is a thread that sleeps from one arrival to the next, because
 * timers of the event loop have whole milliseconds, and a spinning loop would keep the event loop
 * from waiting, which is measured. It posts a message when the first call is due, and then
 * repeatedly how many calls are due so far.
 */

const { isMainThread, parentPort, workerData } = require('node:worker_threads');

/** Time for the other thread to start. */
const DELAY_MS = 2;

/**
 * Poisson arrivals, as of independent callers, in milliseconds from the start. Threads share their
 * memory.
 *
 * @param {number} rate  a second
 * @param {number} seconds
 */
function poissonArrivals(rate, seconds) {
  const count = Math.max(1, Math.round(rate * seconds));
  const bytes = count * Float64Array.BYTES_PER_ELEMENT;
  const arrivals = new Float64Array(new SharedArrayBuffer(bytes));
  let time = 0;
  for (let i = 0; i < count; i++) {
    time += (-Math.log(1 - Math.random()) * 1000) / rate;
    arrivals[i] = time;
  }
  return arrivals;
}

/** Equal in all threads, unlike performance.now(), whose origin differs for each thread. */
function monotonicMilliseconds() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** @param {Float64Array} arrivals */
function post(arrivals) {
  const begin = monotonicMilliseconds() + DELAY_MS;
  parentPort?.postMessage(begin);
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  let due = 0;
  while (due < arrivals.length) {
    const wait = begin + arrivals[due] - monotonicMilliseconds();
    if (wait > 0) Atomics.wait(nobodyWakes, 0, 0, wait);
    const elapsed = monotonicMilliseconds() - begin;
    const before = due;
    while (due < arrivals.length && arrivals[due] <= elapsed) due++;
    if (due > before) parentPort?.postMessage(due);
  }
}

if (!isMainThread) post(workerData);

module.exports = { monotonicMilliseconds, poissonArrivals };
