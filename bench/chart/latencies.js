'use strict';

const { formatNumber } = require('../formats.js');
const { medianOf } = require('../results.js');
const { escaped, kindOf } = require('./style.js');

/* Bars: the time of a call over a network, the median and, as a whisker, the 99% quantile. */

/**
 * @typedef {import('../results.js').Results} Results
 * @typedef {import('../chart.js').Panel} Panel
 * @typedef {{ label: string, name: string, p50: number, p99: number }} Latency
 */

const RATE = '10,000';
const NETWORKS = ['0.5 ms', '2 ms'];
const CLIENTS = new Map([
  ['hansock get', 'hansock'],
  ['node-handlersocket', 'node-handlersocket'],
  ['ioredis', 'ioredis'],
  ['mariadb, pool of 10', 'mariadb, pool of 10'],
  ['mysql2, pool of 10', 'mysql2, pool of 10'],
]);

const LABELS = 170;
const LONGEST = 440;
const HEAD = 30;
const LINE = 22;
const BAR = 13;
/** In round trips. A higher median shows that calls queue up in the client. */
const SATURATED = 10;

/**
 * @param {Results} results
 * @returns {Panel[]}
 */
function drawLatencies(results) {
  return NETWORKS.map((network) => {
    const workload = `${network} wire: open loop, ${RATE} a second`;
    const latencies = latenciesOf(results, workload);
    if (latencies.length === 0) return { height: 0, content: '' };
    const most = SATURATED * Number.parseFloat(network);
    const usual = latencies.filter(({ p50 }) => p50 <= most).map(({ p99 }) => p99);
    const longest = Math.max(...usual, Number.parseFloat(network));
    const content = [
      `<text class="panel" x="0" y="16">Time of a call over a network with a round trip of ${network}, ${RATE} calls a second</text>`,
      `<path class="grid" d="M${LABELS} ${HEAD - 6}V${HEAD + latencies.length * LINE}"/>`,
      ...latencies.map((latency, i) => drawLatency(latency, i, { longest, most })),
    ].join('\n');
    return { height: HEAD + latencies.length * LINE, content };
  });
}

/**
 * @param {Results} results
 * @param {string} workload
 * @returns {Latency[]}
 */
function latenciesOf(results, workload) {
  if (!results.workloads.some(({ name }) => name === workload)) return [];
  return [...CLIENTS]
    .map(([label, name]) => ({
      label,
      name,
      p50: medianOf(results, workload, label, 'p50'),
      p99: medianOf(results, workload, label, 'p99'),
    }))
    .filter(({ p50 }) => !Number.isNaN(p50));
}

/**
 * @param {Latency} latency
 * @param {number} index
 * @param {{ longest: number, most: number }} scale  in milliseconds
 */
function drawLatency({ label, name, p50, p99 }, index, { longest, most }) {
  const y = HEAD + index * LINE;
  const isSaturated = p50 > most;
  /** @param {number} milliseconds */
  const at = (milliseconds) => LABELS + Math.min(1, milliseconds / longest) * LONGEST;
  const whisker = `<path class="whisker" d="M${at(p50).toFixed(1)} ${y + BAR / 2}H${at(p99).toFixed(1)}m0 -4v8"/>`;
  const figures = isSaturated
    ? `calls pile up: ${formatNumber(p50)} ms`
    : `${formatNumber(p50)} ms, 99%: ${formatNumber(p99)} ms`;
  return (
    `<g class="${kindOf(label)}"><text class="label end" x="${LABELS - 10}" y="${y + BAR - 2}">${escaped(name)}</text>` +
    `<rect class="bar" x="${LABELS}" y="${y}" width="${(at(p50) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>` +
    `${isSaturated ? '' : whisker}` +
    `<text class="figure" x="${(at(isSaturated ? p50 : p99) + 10).toFixed(1)}" y="${y + BAR - 2}">${figures}</text></g>`
  );
}

module.exports = { drawLatencies };
