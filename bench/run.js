'use strict';

/*
 * The benchmark: `npm run bench [-- --quick | --only <text>]`. README.md says what it measures.
 */

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { LIMITS } = require('./limits.js');
const { describeMachine } = require('./machine.js');
const { readOptions } = require('./options.js');
const { installPeers } = require('./peers.js');
const { RESULTS, report, writeReport } = require('./report.js');
const { startServers } = require('./servers.js');
const { measureWorkloads } = require('./situations.js');
const { median } = require('./statistics.js');
const { WORKLOADS } = require('./workloads.js');

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./limits.js').Limit} Limit
 * @typedef {{ workloads: Workload[], limits: Limit[], hasSharding: boolean }} Plan
 */

const SHARDING = 'sharding';

async function main() {
  const options = readOptions();
  const plan = planOf(options);
  installPeers();
  // The folder is removed even if this process is killed.
  const folder = await GuardedFolder.create();
  try {
    show(await measure(plan, options, folder.path), options);
  } finally {
    await folder.remove();
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
async function measure({ workloads, limits, hasSharding }, options, folder) {
  const { rounds, seconds, isQuick } = options;
  const measured = await measureWorkloads(workloads, {
    effort: { rounds, seconds },
    folder,
    onFigures: (figures) => console.error(`${figures.name}: ${summary(figures)}`),
  });
  return {
    machine: describeMachine(),
    rounds,
    seconds,
    ...measured,
    limits: limits.length > 0 ? await measureLimits(limits, isQuick) : [],
    sharding: hasSharding ? measureSharding() : '',
  };
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
 * Clients that fail have no figures, and the others continue.
 *
 * @param {Limit[]} limits
 * @param {boolean} isQuick
 */
async function measureLimits(limits, isQuick) {
  const tables = new Set(limits.flatMap((limit) => limit.tables));
  const servers = await startServers(tables, { hasRedis: false, isReachable: false });
  const figures = [];
  try {
    for (const limit of limits) {
      console.error(limit.name);
      try {
        figures.push(...(await limit.measure(servers.mariadb, isQuick)));
      } catch (error) {
        console.error(`${limit.name} failed: ${/** @type {Error} */ (error).message}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await servers.stop();
  }
  return figures;
}

/** Runs in its own process with its own servers. */
function measureSharding() {
  console.error(SHARDING);
  const program = path.join(__dirname, 'sharding.js');
  return execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim();
}

/**
 * Only a complete run writes the committed results.
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
