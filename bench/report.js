'use strict';

/*
 * Makes the report and its chart again from the raw results of the last full run, or of a folder:
 *
 *   node bench/report.js [folder]
 */

const fs = require('node:fs');
const path = require('node:path');
const { drawChart } = require('./chart.js');
const {
  formatFigure,
  formatNumber,
  formatRate,
  formatRatios,
  formatSpread,
  rateUnit,
} = require('./formats.js');
const { goalTable } = require('./goal-table.js');
const { ratiosOf } = require('./results.js');
const { median, spread } = require('./statistics.js');
const { writeSummary } = require('./summary.js');

/**
 * @typedef {import('./results.js').Results} Results
 * @typedef {import('./rounds.js').WorkloadFigures} WorkloadFigures
 */

const RESULTS = path.join(__dirname, 'results');
const RAW = 'results.json';
const MIB = 1024 * 1024;

/**
 * @param {string} folder
 * @param {Results} results
 */
function writeReport(folder, results) {
  fs.mkdirSync(folder, { recursive: true });
  const readme = path.relative(folder, path.join(__dirname, 'README.md'));
  const parts = [
    head(results, readme),
    '![The most telling workloads](chart.svg)',
    report(results),
  ];
  fs.writeFileSync(path.join(folder, RAW), JSON.stringify(results));
  fs.writeFileSync(path.join(folder, 'results.md'), `${parts.join('\n\n')}\n`);
  fs.writeFileSync(path.join(folder, 'chart.svg'), drawChart(results));
  if (folder === RESULTS) writeSummary(results);
}

/**
 * @param {Results} results
 * @param {string} readme
 */
function head({ machine, rounds, seconds }, readme) {
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`);
  return [
    '# Benchmark results',
    '',
    `Written by the benchmark. [What the figures mean, and how it is kept fair](${readme}).`,
    '',
    '| | |',
    '|---|---|',
    ...facts,
    `| Rounds | ${rounds} of ${seconds} s for each client at each workload |`,
  ].join('\n');
}

/**
 * The report without its head.
 *
 * @param {Results} results
 */
function report(results) {
  return [
    goals(results),
    ...workloads(results),
    results.leftOut.join('\n'),
    limits(results),
    results.sharding,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** @param {Results} results */
function goals(results) {
  const lines = goalTable(results);
  return lines.length === 0 ? '' : ['## Goals', '', ...lines].join('\n');
}

/** @param {Results} results */
function workloads(results) {
  const sections = new Set(results.workloads.map(({ section }) => section));
  return [...sections].map((section) => {
    const ofSection = results.workloads.filter((workload) => workload.section === section);
    return [
      `## ${section}`,
      '',
      '| workload | client | rate | CPU µs/row | loop | p50 ms | p90 ms | p99 ms | p99.9 ms | peak MiB | hansock, times as fast |',
      '|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|',
      ...ofSection.flatMap((workload) => workloadLines(results, workload)),
    ].join('\n');
  });
}

/**
 * @param {Results} results
 * @param {WorkloadFigures} workload
 */
function workloadLines(results, workload) {
  const [own] = workload.clients;
  return workload.clients.map((client) => {
    const { label, failure, rounds, latencies, peakMemory } = client;
    const name = client === own ? `**${workload.name}**` : '';
    if (failure !== undefined)
      return `| ${name} | ${label} | failed: ${failure} |${' |'.repeat(8)}`;
    const rate = spread(rounds.map((round) => round.rate));
    const isCompared = client !== own && !own.failure && workload.comparesRates;
    const figures = [
      name,
      label,
      `${formatSpread(rate, (value) => formatRate(value, workload.valueBytes))} ${rateUnit(workload.valueBytes)}`,
      formatNumber(median(rounds.map((round) => round.cpu))),
      formatUtilisation(rounds),
      ...latencies.map(formatNumber),
      formatNumber(peakMemory / MIB),
      isCompared ? formatRatios(ratiosOf(results, workload.name, own.label, label)) : '',
    ];
    return `| ${figures.join(' | ')} |`;
  });
}

/**
 * Empty for a program without an event loop.
 *
 * @param {import('./rounds.js').RoundFigures[]} rounds
 */
function formatUtilisation(rounds) {
  const all = rounds.flatMap(({ utilisation }) => utilisation ?? []);
  return all.length > 0 ? median(all).toFixed(2) : '';
}

/** @param {Results} results */
function limits(results) {
  if (results.limits.length === 0) return '';
  const lines = results.limits.map(({ name, unit, figures }) => {
    const text = formatSpread(spread(figures), (value) => formatFigure(value, unit));
    return `| ${name} | ${text} |`;
  });
  return ['## Limits', '', '| what | median (quartiles) |', '|---|---|', ...lines].join('\n');
}

if (require.main === module) {
  const folder = process.argv[2] ?? RESULTS;
  writeReport(folder, JSON.parse(fs.readFileSync(path.join(folder, RAW), 'utf8')));
}

module.exports = { RESULTS, writeReport, report };
