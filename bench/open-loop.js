'use strict';

const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { monotonicMilliseconds, poissonArrivals } = require('./arrivals.js');
const { measureClosedLoop } = require('./closed-loop.js');
const { startUsage } = require('./usage.js');

/** @typedef {import('./client-process.js').Call} Call */

/** Share of the rate that all callers reached in a closed loop just before. */
const SHARE_OF_PEAK = 0.5;
/** Share of the time of a slice. */
const CLOSED_SHARE = 0.4;

/**
 * Calls arrive whether or not earlier ones are done, and their time counts from when they should
 * have begun. This shows waits, which a closed loop hides: there a slow call delays the ones after
 * it.
 *
 * @param {Call[]} calls  one for each caller
 * @param {number} seconds  in all
 * @param {number} [rate]  calls a second; half of the peak by default
 */
async function measureOpenLoop(calls, seconds, rate) {
  if (rate !== undefined) return callOnArrival(calls, poissonArrivals(rate, seconds));
  const peak = await measureClosedLoop(calls, seconds * CLOSED_SHARE);
  const half = (peak.rows / peak.seconds) * SHARE_OF_PEAK;
  return callOnArrival(calls, poissonArrivals(half, seconds * (1 - CLOSED_SHARE)));
}

/**
 * @param {Call[]} calls
 * @param {Float64Array} arrivals
 */
async function callOnArrival(calls, arrivals) {
  const clock = new Worker(path.join(__dirname, 'arrivals.js'), { workerData: arrivals });
  const [begin] = await once(clock, 'message');
  const usage = startUsage();
  /** @type {number[]} */
  const latencies = [];
  /** @type {Promise<void>[]} */
  const inFlight = [];
  clock.on('message', (/** @type {number} */ due) => {
    while (inFlight.length < due) {
      const scheduled = begin + arrivals[inFlight.length];
      inFlight.push(callAt(scheduled, calls[inFlight.length % calls.length], latencies));
    }
  });
  await once(clock, 'exit');
  await Promise.all(inFlight);
  return { ...usage(), rows: latencies.length, latencies: Float64Array.from(latencies) };
}

/**
 * @param {number} scheduled
 * @param {Call} call
 * @param {number[]} latencies  to add to
 */
async function callAt(scheduled, call, latencies) {
  await call();
  latencies.push(monotonicMilliseconds() - scheduled);
}

module.exports = { measureOpenLoop };
