'use strict';

const { startBusyLoops } = require('./busy.js');
const { startNetwork, whyNoNetwork } = require('./network.js');
const { measureWorkload } = require('./rounds.js');
const { buildProgram } = require('./rust-program.js');
const { startServers } = require('./servers.js');

/**
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./workloads.js').Client} Client
 * @typedef {import('./servers.js').Environment} Environment
 * @typedef {import('./rounds.js').WorkloadFigures} WorkloadFigures
 *
 * @typedef {object} Measurement
 * @property {import('./options.js').Effort} effort
 * @property {string} folder  for programs that are built
 * @property {(figures: WorkloadFigures) => void} onFigures  called after each workload
 *
 * @typedef {object} Measured
 * @property {WorkloadFigures[]} workloads
 * @property {string[]} leftOut  workloads that could not be measured here, and why
 */

const REDIS_PROGRAMS = ['ioredis', 'redis', 'valkey-glide'];

/**
 * Measures each workload in its situation: on an idle loopback, beside busy loops, over a network.
 *
 * @param {Workload[]} workloads
 * @param {Measurement} measurement
 * @returns {Promise<Measured>}
 */
async function measureWorkloads(workloads, measurement) {
  const local = workloads.filter(({ situation }) => situation !== 'network');
  const remote = workloads.filter(({ situation }) => situation === 'network');
  const figures = local.length > 0 ? await measureLocal(local, measurement) : [];
  if (remote.length === 0) return { workloads: figures, leftOut: [] };
  const network = await startNetworkIfPossible(tablesOf(remote), measurement.folder);
  if ('reason' in network) {
    const leftOut = `Nothing is measured over a network: ${network.reason}.`;
    console.error(leftOut);
    return { workloads: figures, leftOut: [leftOut] };
  }
  /** @param {Workload} workload */
  const environmentOf = ({ roundTripMs = 0 }) => network.withRoundTrip(roundTripMs);
  try {
    const overNetwork = await measureIn(environmentOf, remote, measurement);
    return { workloads: [...figures, ...overNetwork], leftOut: [] };
  } finally {
    await network.stop();
  }
}

/**
 * @param {Iterable<string>} tables
 * @param {string} folder
 */
async function startNetworkIfPossible(tables, folder) {
  const reason = whyNoNetwork();
  if (reason !== undefined) return { reason };
  try {
    return await startNetwork(tables, folder);
  } catch (error) {
    // In containers, root has limited rights.
    return { reason: /** @type {Error} */ (error).message };
  }
}

/**
 * @param {Workload[]} workloads
 * @param {Measurement} measurement
 */
async function measureLocal(workloads, measurement) {
  if (hasProgram(workloads, ['wire'])) buildProgram('wire', 'wire.rs', measurement.folder);
  const hasRedis = hasProgram(workloads, REDIS_PROGRAMS);
  const servers = await startServers(tablesOf(workloads), { hasRedis, isReachable: false });
  const { addresses, mariadb } = servers;
  const environment = { addresses, launcher: [], sql: mariadb.sql.bind(mariadb) };
  try {
    const idle = workloads.filter(({ situation }) => situation === 'loopback');
    const busy = workloads.filter(({ situation }) => situation === 'busy');
    const figures = await measureIn(() => environment, idle, measurement);
    if (busy.length === 0) return figures;
    const loops = startBusyLoops();
    try {
      return [...figures, ...(await measureIn(() => environment, busy, measurement))];
    } finally {
      await loops.stop();
    }
  } finally {
    await servers.stop();
  }
}

/**
 * @param {(workload: Workload) => Environment | Promise<Environment>} environmentOf
 * @param {Workload[]} workloads
 * @param {Measurement} measurement
 */
async function measureIn(environmentOf, workloads, { effort, folder, onFigures }) {
  const all = [];
  for (const workload of workloads) {
    const figures = await measureWorkload(workload, effort, await environmentOf(workload), folder);
    onFigures(figures);
    all.push(figures);
  }
  return all;
}

/**
 * @param {Workload[]} workloads
 * @param {string[]} programs
 */
function hasProgram(workloads, programs) {
  return workloads.some(({ clients }) => clients.some(({ program }) => programs.includes(program)));
}

/** @param {Workload[]} workloads */
function tablesOf(workloads) {
  return new Set(workloads.map(({ table }) => table));
}

module.exports = { measureWorkloads };
