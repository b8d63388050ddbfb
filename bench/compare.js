'use strict';

const { startNode } = require('./node-process.js');
const { inTurn, quantiles } = require('./statistics.js');
const { DATABASE, tableOf } = require('./tables.js');
const { startWire } = require('./wire.js');

/**
 * @typedef {import('./works.js').Work} Work
 * @typedef {import('./works.js').Contender} Contender
 * @typedef {import('./contender.js').Slice} Slice
 * @typedef {import('../lib/testing').TestServer} TestServer
 * @typedef {{ measure: (seconds: number) => Promise<Slice>, stop: () => Promise<void> }} Process
 *
 * @typedef {object} Runner
 * @property {Contender} contender
 * @property {Process} process
 * @property {Slice[]} slices
 * @property {string} [failure]
 *
 * @typedef {object} RoundFigures
 * @property {number} rate  rows a second
 * @property {number} cpu  microseconds a row, of the client's whole process
 * @property {number} p50  milliseconds, as p99
 * @property {number} p99
 *
 * @typedef {object} ContenderFigures
 * @property {string} label
 * @property {string} [failure]  There are no figures then.
 * @property {RoundFigures[]} rounds
 * @property {number[]} latencies  the LATENCY_SHARES of all calls of all rounds, in milliseconds
 * @property {number} peakMemory  in bytes
 *
 * @typedef {object} WorkFigures
 * @property {string} name
 * @property {string} section
 * @property {Work['operation']} operation
 * @property {number} valueBytes
 * @property {ContenderFigures[]} contenders
 */

const LEAST_WARM_UP_SECONDS = 0.3;
const LATENCY_SHARES = [0.5, 0.9, 0.99, 0.999];

/**
 * All contenders take turns in short slices, since the speed of a shared machine drifts: figures are to be compared
 * within a round.
 *
 * @param {Work} work
 * @param {import('./options.js').Effort} effort
 * @param {TestServer} server
 * @param {string} folder
 * @returns {Promise<WorkFigures>}
 */
async function compare(work, { rounds, seconds }, server, folder) {
  const runners = work.contenders.map((contender) => startRunner(contender, work, server, folder));
  try {
    // For the compilers and caches, and not counted.
    const warmUp = Math.max(seconds, LEAST_WARM_UP_SECONDS);
    for (const runner of runners) await measure(runner, work, server, warmUp);
    for (const runner of runners) runner.slices.pop();
    for (let round = 0; round < rounds; round++) {
      for (const runner of inTurn(runners, round)) await measure(runner, work, server, seconds);
    }
  } finally {
    await Promise.all(runners.map(({ process }) => process.stop()));
  }
  return {
    name: work.name,
    section: work.section,
    operation: work.operation,
    valueBytes: tableOf(work.table).valueBytes,
    contenders: runners.map(figuresOf),
  };
}

/**
 * @param {Contender} contender
 * @param {Work} work
 * @param {TestServer} server
 * @param {string} folder
 * @returns {Runner}
 */
function startRunner(contender, work, server, folder) {
  const isWire = contender.program === 'wire';
  const process = isWire ? startWire(work, server, folder) : startNode(contender, work, server);
  return { contender, process, slices: [] };
}

/**
 * One that fails has no part in the further rounds, and the others go on.
 *
 * @param {Runner} runner
 * @param {Work} work
 * @param {TestServer} server
 * @param {number} seconds
 */
async function measure(runner, work, server, seconds) {
  if (runner.failure !== undefined) return;
  const { contender, process, slices } = runner;
  try {
    const slice = await process.measure(seconds);
    if (work.operation === 'insert') await takeAway(contender, slice, server);
    slices.push(slice);
  } catch (error) {
    runner.failure = /** @type {Error} */ (error).message;
    runner.slices = [];
    console.error(`${work.name}: ${contender.label} failed: ${runner.failure}`);
  }
}

/**
 * Counts the rows that a contender says it has inserted, and empties the table for the next.
 *
 * @param {Contender} contender
 * @param {Slice} slice
 * @param {TestServer} server
 */
async function takeAway({ label }, { rows }, server) {
  const table = `${DATABASE}.inserted`;
  const [[count]] = await server.sql(`SELECT COUNT(*) FROM ${table}; TRUNCATE TABLE ${table}`);
  if (Number(count) < rows) throw new Error(`${label} inserted ${count} rows in place of ${rows}`);
}

/**
 * @param {Runner} runner
 * @returns {ContenderFigures}
 */
function figuresOf({ contender, failure, slices }) {
  const latencies = slices.flatMap((slice) => Array.from(slice.latencies));
  return {
    label: contender.label,
    failure,
    rounds: slices.map(roundFigures),
    latencies: quantiles(latencies, LATENCY_SHARES),
    peakMemory: Math.max(...slices.map((slice) => slice.peakMemory)),
  };
}

/**
 * @param {Slice} slice
 * @returns {RoundFigures}
 */
function roundFigures({ rows, seconds, cpuMicroseconds, latencies }) {
  const [p50, p99] = quantiles(latencies, [0.5, 0.99]);
  return { rate: rows / seconds, cpu: cpuMicroseconds / rows, p50, p99 };
}

module.exports = { compare };
