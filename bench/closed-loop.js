'use strict';

/** @typedef {import('./client-process.js').Call} Call */

/**
 * Each caller awaits one call after the other.
 *
 * @param {Call[]} calls  one for each caller
 * @param {number} seconds
 */
async function measureClosedLoop(calls, seconds) {
  /** @type {number[]} */
  const latencies = [];
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  const rows = await Promise.all(calls.map((call) => callInTurn(call, latencies, end)));
  const elapsed = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    rows: rows.reduce((sum, count) => sum + count, 0),
    seconds: elapsed / 1000,
    cpuMicroseconds: cpu.user + cpu.system,
    latencies: Float64Array.from(latencies),
  };
}

/**
 * @param {Call} call
 * @param {number[]} latencies  to add to
 * @param {number} end  as performance.now() gives it
 */
async function callInTurn(call, latencies, end) {
  let rows = 0;
  let now = performance.now();
  while (now < end) {
    const start = now;
    const done = await call();
    now = performance.now();
    latencies.push(now - (done.began ?? start));
    rows += done.rows;
  }
  return rows;
}

module.exports = { measureClosedLoop };
