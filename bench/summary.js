'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { formatNumber, formatRate } = require('./formats.js');
const { goalTable } = require('./goal-table.js');
const { medianOf, ratiosOf } = require('./results.js');
const { median } = require('./statistics.js');

/*
 * Writes the few figures that the package's README and some pages of docs/ show, each between two
 * marks of its own.
 */

/**
 * @typedef {import('./results.js').Results} Results
 * @typedef {import('./rounds.js').WorkloadFigures} WorkloadFigures
 */

const ROOT = path.join(__dirname, '..');
const PLACE = /(?<=<!-- benchmark: [^>]* -->\n).*?(?=<!-- \/benchmark -->)/s;

const RATES = [
  'get, 1 caller',
  'get, 10 callers',
  'get, 100 callers',
  'get, 1,000 callers',
  'getMany, 100 keys',
  'getMany, 1,000 keys',
];
const RATE_PEERS = new Map([
  ['ioredis', 'ioredis'],
  ['redis', 'redis'],
  ['valkey-glide', 'valkey-glide'],
  ['node-handlersocket', 'node-handlersocket'],
  ['mariadb', 'mariadb'],
  ['mysql2', 'mysql2'],
]);

const LATENCIES = ['0.5 ms', '2 ms'].flatMap((network) => [
  `${network} wire: get, 1 caller`,
  `${network} wire: open loop, 2,000 a second`,
  `${network} wire: open loop, 10,000 a second`,
]);
const LATENCY_PEERS = new Map([
  ['ioredis', 'ioredis'],
  ['node-handlersocket', 'node-handlersocket'],
  ['mariadb, pool of 10', 'mariadb, pool of 10'],
  ['mysql2, pool of 10', 'mysql2, pool of 10'],
]);

/** The pages with ratios, and the clients that they compare with. */
const RATIO_PAGES = {
  'docs/from-node-handlersocket.md': ['node-handlersocket'],
  'docs/beside-mysql2.md': ['mariadb', 'mysql2'],
  'docs/instead-of-redis.md': ['ioredis', 'redis', 'valkey-glide'],
};

/** npm shows the README too, where there is no bench/. */
const ON_GITHUB = 'https://github.com/hansock/hansock/blob/main/';
const RAW_ON_GITHUB = 'https://raw.githubusercontent.com/hansock/hansock/main/';

/** @param {Results} results */
function writeSummary(results) {
  write('README.md', summary(results));
  for (const [page, peers] of Object.entries(RATIO_PAGES)) write(page, ratios(results, peers));
  write('docs/performance.md', goals(results));
}

/**
 * @param {string} page
 * @param {string} text
 */
function write(page, text) {
  const file = path.join(ROOT, page);
  const old = fs.readFileSync(file, 'utf8');
  if (!PLACE.test(old)) throw new Error(`${page} has no place for the benchmark`);
  fs.writeFileSync(
    file,
    old.replace(PLACE, () => text),
  );
}

/** @param {Results} results */
function summary(results) {
  const { Date: date, CPU: cpu, MariaDB: mariadb, Redis: redis, 'Node.js': node } = results.machine;
  return [
    `![Benchmark](${RAW_ON_GITHUB}bench/results/chart.svg)`,
    '',
    ...table(results, 'rows a second', RATES, RATE_PEERS, rateCell),
    '',
    "Redis' clients get JSON texts of the same rows (MGET for many), and parse them. In brackets: how many times as fast",
    'hansock is, median of ratios taken side by side. **The condition**: servers and clients share one machine, over its',
    'loopback, so that nobody waits for a network. Over one, median and 99% of the times of a call:',
    '',
    ...table(results, 'milliseconds', LATENCIES, LATENCY_PEERS, latencyCell),
    '',
    `${date}; ${cpu}; cores: ${results.machine.Cores}; MariaDB ${mariadb}, Redis ${redis}, Node.js ${node}.`,
    '[All workloads, a busy machine among them, with CPU time, event loop utilisation, latencies and' +
      ` memory](${ON_GITHUB}bench/results/results.md).`,
    '',
  ].join('\n');
}

/** @param {Results} results */
function goals(results) {
  const { Date: date, CPU: cpu, Cores: cores } = results.machine;
  const { rounds, seconds } = results;
  const effort = `${rounds} rounds of ${seconds} s for each client`;
  return [`${date}; ${cpu}; cores: ${cores}; ${effort}.`, '', ...goalTable(results), ''].join('\n');
}

/**
 * How many times as fast the package is as other clients.
 *
 * @param {Results} results
 * @param {string[]} peers
 */
function ratios(results, peers) {
  const all = '[All workloads](../bench/results/results.md).';
  const lines = RATES.flatMap((name) => {
    const workload = results.workloads.find((each) => each.name === name);
    if (workload === undefined) return [];
    const [own] = workload.clients;
    const figures = peers.map((peer) => median(ratiosOf(results, name, own.label, peer)));
    if (figures.every(Number.isNaN)) return [];
    const cells = figures.map((figure) => (Number.isNaN(figure) ? '' : figure.toFixed(2)));
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  if (lines.length === 0) {
    return `The last full run of the benchmark was without ${peers.join(', ')}. ${all}\n`;
  }
  return [
    'How many times as fast hansock is, median of ratios taken side by side:',
    '',
    `| | ${peers.join(' | ')} |`,
    `|---|${'---:|'.repeat(peers.length)}`,
    ...lines,
    '',
    `${results.machine.Date}; servers and clients share one machine, over its loopback. ${all}`,
    '',
  ].join('\n');
}

/**
 * A line for each workload that was measured.
 *
 * @param {Results} results
 * @param {string} title
 * @param {string[]} names  of workloads
 * @param {Map<string, string>} peers  the clients' labels, and their names here
 * @param {(results: Results, workload: WorkloadFigures, label: string) => string} cell
 */
function table(results, title, names, peers, cell) {
  const workloads = names.flatMap(
    (name) => results.workloads.find((each) => each.name === name) ?? [],
  );
  return [
    `| ${title} | hansock | ${[...peers.values()].join(' | ')} |`,
    `|---|---:|${'---:|'.repeat(peers.size)}`,
    ...workloads.map((workload) => {
      const [own] = workload.clients;
      const cells = [...peers.keys()].map((label) => cell(results, workload, label));
      return `| ${workload.name} | **${cell(results, workload, own.label)}** | ${cells.join(' | ')} |`;
    }),
  ];
}

/**
 * @param {Results} results
 * @param {WorkloadFigures} workload
 * @param {string} label
 */
function rateCell(results, { name, clients, valueBytes }, label) {
  const rate = medianOf(results, name, label, 'rate');
  if (Number.isNaN(rate)) return '';
  const text = formatRate(rate, valueBytes);
  const [own] = clients;
  if (label === own.label) return text;
  return `${text} (${median(ratiosOf(results, name, own.label, label)).toFixed(2)})`;
}

/**
 * @param {Results} results
 * @param {WorkloadFigures} workload
 * @param {string} label
 */
function latencyCell(results, { name }, label) {
  const [p50, p99] = /** @type {const} */ (['p50', 'p99']).map((figure) => {
    return medianOf(results, name, label, figure);
  });
  return Number.isNaN(p50) ? '' : `${formatNumber(p50)}, ${formatNumber(p99)}`;
}

module.exports = { RATIO_PAGES, ratios, summary, writeSummary };
