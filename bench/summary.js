'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { formatRate } = require('./formats.js');
const { ratiosOf } = require('./results.js');
const { median } = require('./statistics.js');

/*
 * The few figures that the package's README shows, between two marks of its own.
 */

/**
 * @typedef {import('./results.js').Results} Results
 * @typedef {import('./rounds.js').WorkloadFigures} WorkloadFigures
 */

const README = path.join(__dirname, '..', 'README.md');
const SUMMARY = /(?<=<!-- benchmark: [^>]* -->\n).*?(?=<!-- \/benchmark -->)/s;

const WORKLOADS = [
  'get, 1 caller',
  'get, 100 callers',
  'get, 1,000 callers',
  'getMany, 100 keys',
  'getMany, 1,000 keys',
  'scan of 10,000 rows',
];
const PEERS = ['node-handlersocket', 'mariadb', 'mysql2'];

/** @param {Results} results */
function writeSummary(results) {
  const readme = fs.readFileSync(README, 'utf8');
  if (!SUMMARY.test(readme)) throw new Error('README.md has no place for the benchmark');
  fs.writeFileSync(
    README,
    readme.replace(SUMMARY, () => summary(results)),
  );
}

/** @param {Results} results */
function summary(results) {
  const { Date: date, CPU: cpu, MariaDB: mariadb, 'Node.js': node } = results.machine;
  const workloads = results.workloads.filter(({ name }) => WORKLOADS.includes(name));
  return [
    `![Benchmark](bench/results/chart.svg)`,
    '',
    `| rows a second | hansock | ${PEERS.join(' | ')} |`,
    `|---|---:|${'---:|'.repeat(PEERS.length)}`,
    ...workloads.map((workload) => line(results, workload)),
    '',
    `${date}; ${cpu}, the server on the same machine; MariaDB ${mariadb}, Node.js ${node}. In brackets: how many times as fast`,
    'hansock is, median of ratios taken side by side. [All workloads, with CPU time, latencies and memory](bench/results/results.md).',
    '',
  ].join('\n');
}

/**
 * @param {Results} results
 * @param {WorkloadFigures} workload
 */
function line(results, workload) {
  const [own, ...others] = workload.clients;
  const cells = PEERS.map((peer) => {
    const client = others.find(({ label }) => label === peer);
    if (client === undefined || client.failure) return '';
    const ratio = median(ratiosOf(results, workload.name, own.label, peer));
    return `${rateOf(workload, client)} (${ratio.toFixed(2)})`;
  });
  return `| ${workload.name} | **${rateOf(workload, own)}** | ${cells.join(' | ')} |`;
}

/**
 * @param {WorkloadFigures} workload
 * @param {import('./rounds.js').ClientFigures} client
 */
function rateOf({ valueBytes }, { rounds }) {
  return formatRate(median(rounds.map((round) => round.rate)), valueBytes);
}

module.exports = { writeSummary };
