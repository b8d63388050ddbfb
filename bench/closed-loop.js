'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { startUsage } = require('./usage.js');

/** @typedef {import('./client-process.js').Call} Call */

/**
 * Each caller awaits one call after the other.
 *
 * @param {Call[]} calls  one for each caller
 * @param {number} seconds
 * @param {number} [pauseMs]  of each caller, after each call
 */
async function measureClosedLoop(calls, seconds, pauseMs = 0) {
  /** @type {number[]} */
  const latencies = [];
  const usage = startUsage();
  const end = performance.now() + seconds * 1000;
  const rows = await Promise.all(calls.map((call) => callInTurn(call, latencies, end, pauseMs)));
  return {
    ...usage(),
    rows: rows.reduce((sum, count) => sum + count, 0),
    latencies: Float64Array.from(latencies),
  };
}

/**
 * @param {Call} call
 * @param {number[]} latencies  to add to
 * @param {number} end  as performance.now() gives it
 * @param {number} pauseMs
 */
async function callInTurn(call, latencies, end, pauseMs) {
  let rows = 0;
  let now = performance.now();
  while (now < end) {
    const start = now;
    const done = await call();
    now = performance.now();
    latencies.push(now - (done.began ?? start));
    rows += done.rows;
    if (pauseMs > 0) {
      await delay(pauseMs);
      now = performance.now();
    }
  }
  return rows;
}

module.exports = { measureClosedLoop };
