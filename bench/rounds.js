'use strict';

const { startNode } = require('./start-client.js');
const { inTurn, quantiles } = require('./statistics.js');
const { DATABASE, tableOf } = require('./tables.js');
const { startWire } = require('./wire.js');

/**
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./workloads.js').Client} Client
 * @typedef {import('./client-process.js').Slice} Slice
 * @typedef {import('./servers.js').Environment} Environment
 * @typedef {{ measure: (seconds: number) => Promise<Slice>, stop: () => Promise<void> }} Process
 *
 * @typedef {object} Runner
 * @property {Client} client
 * @property {Process} process
 * @property {Slice[]} slices
 * @property {string} [failure]
 *
 * @typedef {object} RoundFigures
 * @property {number} rate  rows a second
 * @property {number} cpu  microseconds a row, of the client's whole process
 * @property {number} p50  milliseconds, as p99
 * @property {number} p99
 * @property {number} [utilisation]  of the event loop, from 0 to 1
 *
 * @typedef {object} ClientFigures
 * @property {string} label
 * @property {string} [failure]  If it is set, there are no figures.
 * @property {RoundFigures[]} rounds
 * @property {number[]} latencies  the LATENCY_SHARES of all calls of all rounds, in milliseconds
 * @property {number} peakMemory  in bytes
 *
 * @typedef {object} WorkloadFigures
 * @property {string} name
 * @property {string} section
 * @property {boolean} comparesRates  false if the workload sets the rate or the pauses of calls
 * @property {number} valueBytes
 * @property {ClientFigures[]} clients
 */

const WARM_UP_SECONDS = 1;
/**
 * For workloads in which a client gets time to settle before each slice. The long warm-up compiles
 * the code of the other clients as well.
 */
const LONG_WARM_UP_SECONDS = 3;
const LATENCY_SHARES = [0.5, 0.9, 0.99, 0.999];

/**
 * All clients take turns in short slices, since the speed of a shared machine drifts. Figures are
 * compared within a round.
 *
 * @param {Workload} workload
 * @param {import('./options.js').Effort} effort
 * @param {Environment} environment
 * @param {string} folder
 * @returns {Promise<WorkloadFigures>}
 */
async function measureWorkload(workload, { rounds, seconds }, environment, folder) {
  const runners = workload.clients.map((client) =>
    startRunner(client, workload, environment, folder),
  );
  try {
    // Warms up compilers and caches and is not counted.
    const sliceSeconds = seconds * (workload.slices ?? 1);
    const settles = workload.clients.some(({ settleSeconds }) => settleSeconds !== undefined);
    const warmUp = settles ? LONG_WARM_UP_SECONDS : WARM_UP_SECONDS;
    for (const runner of runners) await measure(runner, workload, environment, warmUp);
    for (const runner of runners) runner.slices.pop();
    for (let round = 0; round < rounds; round++) {
      for (const runner of inTurn(runners, round)) {
        await measure(runner, workload, environment, sliceSeconds);
      }
    }
  } finally {
    await Promise.all(runners.map(({ process }) => process.stop()));
  }
  return {
    name: workload.name,
    section: workload.section,
    comparesRates: workload.operation !== 'openLoop' && workload.pauseMs === undefined,
    valueBytes: tableOf(workload.table).valueBytes,
    clients: runners.map(figuresOf),
  };
}

/**
 * @param {Client} client
 * @param {Workload} workload
 * @param {Environment} environment
 * @param {string} folder
 * @returns {Runner}
 */
function startRunner(client, workload, environment, folder) {
  const isWire = client.program === 'wire';
  const process = isWire
    ? startWire(workload, environment, folder)
    : startNode(client, workload, environment);
  return { client, process, slices: [] };
}

/**
 * A client that fails is left out of the next rounds, and the others continue.
 *
 * @param {Runner} runner
 * @param {Workload} workload
 * @param {Environment} environment
 * @param {number} seconds
 */
async function measure(runner, workload, environment, seconds) {
  if (runner.failure !== undefined) return;
  const { client, process, slices } = runner;
  try {
    const slice = await process.measure(seconds);
    if (workload.operation === 'insert') await takeAway(client, slice, environment);
    slices.push(slice);
  } catch (error) {
    runner.failure = /** @type {Error} */ (error).message;
    runner.slices = [];
    console.error(`${workload.name}: ${client.label} failed: ${runner.failure}`);
  }
}

/**
 * Checks the number of rows that a client has inserted, and empties the table for the next.
 *
 * @param {Client} client
 * @param {Slice} slice
 * @param {Environment} environment
 */
async function takeAway({ label }, { rows }, environment) {
  const table = `${DATABASE}.inserted`;
  const [[count]] = await environment.sql(`SELECT COUNT(*) FROM ${table}; TRUNCATE TABLE ${table}`);
  if (Number(count) < rows) throw new Error(`${label} inserted ${count} rows in place of ${rows}`);
}

/**
 * @param {Runner} runner
 * @returns {ClientFigures}
 */
function figuresOf({ client, failure, slices }) {
  const latencies = slices.flatMap((slice) => Array.from(slice.latencies));
  return {
    label: client.label,
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
function roundFigures({ rows, seconds, cpuMicroseconds, latencies, utilisation }) {
  const [p50, p99] = quantiles(latencies, [0.5, 0.99]);
  return { rate: rows / seconds, cpu: cpuMicroseconds / rows, p50, p99, utilisation };
}

module.exports = { measureWorkload };
