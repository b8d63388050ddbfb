'use strict';

/*
 * The benchmark: `npm run bench [-- --quick | --only <text>]`. README.md tells what it measures.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { startServer } = require('../lib/testing');
const { measureWorkload } = require('./rounds.js');
const { LIMITS } = require('./limits.js');
const { describeMachine } = require('./machine.js');
const { readOptions } = require('./options.js');
const { installPeers } = require('./peers.js');
const { RESULTS, report, writeReport } = require('./report.js');
const { median } = require('./statistics.js');
const { sqlOf } = require('./tables.js');
const { buildWire } = require('./wire.js');
const { WORKLOADS } = require('./workloads.js');

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./limits.js').Limit} Limit
 * @typedef {import('../lib/testing').TestServer} TestServer
 * @typedef {{ workloads: Workload[], limits: Limit[], hasSharding: boolean }} Plan
 */

/** All tables fit into the memory of the server, and nothing waits for its log. */
const SERVER_CONFIG = {
  innodb_buffer_pool_size: '1G',
  innodb_log_file_size: '256M',
  max_allowed_packet: '128M',
};
const SHARDING = 'sharding';

async function main() {
  const options = readOptions();
  const plan = planOf(options);
  installPeers();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-bench-'));
  try {
    buildWire(folder);
    const results = await measure(plan, options, folder);
    show(results, options);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * @param {Options} options
 * @returns {Plan}
 */
function planOf({ isQuick, only }) {
  /** @param {{ name: string, isQuick: boolean }} what */
  const isPlanned = (what) => (isQuick ? what.isQuick : true) && what.name.includes(only ?? '');
  return {
    workloads: WORKLOADS.filter(isPlanned),
    limits: LIMITS.filter(isPlanned),
    hasSharding: isPlanned({ name: SHARDING, isQuick: false }),
  };
}

/**
 * @param {Plan} plan
 * @param {Options} options
 * @param {string} folder
 * @returns {Promise<import('./results.js').Results>}
 */
async function measure({ workloads, limits, hasSharding }, { rounds, seconds, isQuick }, folder) {
  const tables = [
    ...workloads.map(({ table }) => table),
    ...limits.flatMap((limit) => limit.tables),
  ];
  const server = await startServer({ sql: sqlOf(new Set(tables)), config: SERVER_CONFIG });
  try {
    const machine = await describeMachine(server);
    const workloadFigures = [];
    for (const workload of workloads) {
      const figures = await measureWorkload(workload, { rounds, seconds }, server, folder);
      console.error(`${workload.name}: ${summary(figures)}`);
      workloadFigures.push(figures);
    }
    const limitFigures = [];
    for (const limit of limits) {
      console.error(limit.name);
      limitFigures.push(...(await measureLimit(limit, server, isQuick)));
    }
    const sharding = hasSharding ? measureSharding() : '';
    return { machine, rounds, seconds, workloads: workloadFigures, limits: limitFigures, sharding };
  } finally {
    await server.stop();
  }
}

/** @param {import('./rounds.js').WorkloadFigures} workload */
function summary({ clients }) {
  return clients
    .filter(({ failure }) => failure === undefined)
    .map(({ label, rounds }) => {
      const rate = Math.round(median(rounds.map((round) => round.rate)));
      return `${label} ${rate.toLocaleString('en')}`;
    })
    .join(', ');
}

/**
 * Without figures where it fails, and the rest goes on.
 *
 * @param {Limit} limit
 * @param {TestServer} server
 * @param {boolean} isQuick
 */
async function measureLimit(limit, server, isQuick) {
  try {
    return await limit.measure(server, isQuick);
  } catch (error) {
    console.error(`${limit.name} failed: ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
    return [];
  }
}

/** In a process of its own, with servers of its own. */
function measureSharding() {
  console.error(SHARDING);
  const program = path.join(__dirname, 'sharding.js');
  return execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim();
}

/**
 * Only a whole run writes what is committed.
 *
 * @param {import('./results.js').Results} results
 * @param {Options} options
 */
function show(results, { isQuick, isUsual, only }) {
  if (results.workloads.some(({ clients }) => clients.some(({ failure }) => failure))) {
    process.exitCode = 1;
  }
  console.log(report(results));
  if (only !== undefined) return;
  const folder = isQuick || !isUsual ? path.join(RESULTS, 'quick') : RESULTS;
  writeReport(folder, results);
  console.error(`\nThe report is in ${path.relative(process.cwd(), folder)}/results.md.`);
}

main();
