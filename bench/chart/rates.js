'use strict';

const { formatNumber } = require('../formats.js');
const { medianOf } = require('../results.js');
const { escaped, kindOf } = require('./style.js');

/*
 * Lines: rows a second by callers. Both axes are logarithmic, since both span three orders of
 * magnitude, so that the same distance is the same factor everywhere.
 */

/**
 * @typedef {import('../results.js').Results} Results
 * @typedef {{ label: string, name: string, rates: number[] }} Series
 */

const CALLERS = [1, 10, 100, 1000];
const WORKLOADS = CALLERS.map((count) => {
  return `get, ${count.toLocaleString('en')} caller${count === 1 ? '' : 's'}`;
});
/** The clients from the last drawn to the first. Each covers those before it. */
const CLIENTS = new Map([
  ['mysql2', 'mysql2'],
  ['mariadb', 'mariadb'],
  ['node-handlersocket', 'node-handlersocket'],
  ['valkey-glide', 'valkey-glide'],
  ['redis', 'redis'],
  ['ioredis', 'ioredis'],
  ['hansock get', 'hansock'],
]);

const LEFT = 56;
const RIGHT = 610;
const TOP = 36;
const BOTTOM = 330;
const HEIGHT = 366;
const LABEL_GAP = 17;

/** @param {Results} results */
function drawRates(results) {
  const series = seriesOf(results);
  if (series.length === 0) return { height: 0, content: '' };
  const scale = scaleFor(series.flatMap(({ rates }) => rates));
  const content = [
    '<text class="panel" x="0" y="16">Rows a second by the number of callers, on a loopback</text>',
    ...scale.ticks.map((rate) => drawGridLine(rate, scale.y(rate))),
    ...CALLERS.map(drawCallers),
    ...series.map((each) => drawSeries(each, scale.y)),
    ...drawLabels(series, scale.y),
  ].join('\n');
  return { height: HEIGHT, content };
}

/**
 * Clients that were measured with every number of callers.
 *
 * @param {Results} results
 * @returns {Series[]}
 */
function seriesOf(results) {
  const isMeasured = WORKLOADS.every((name) =>
    results.workloads.some((each) => each.name === name),
  );
  if (!isMeasured) return [];
  return [...CLIENTS]
    .map(([label, name]) => {
      const rates = WORKLOADS.map((workload) => medianOf(results, workload, label, 'rate'));
      return { label, name, rates };
    })
    .filter(({ rates }) => !rates.some(Number.isNaN));
}

/** @param {number[]} rates */
function scaleFor(rates) {
  const low = Math.log10(Math.min(...rates)) - 0.08;
  const high = Math.log10(Math.max(...rates)) + 0.12;
  const powers = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power));
  return {
    ticks: powers.flat().filter((rate) => Math.log10(rate) > low && Math.log10(rate) < high),
    /** @param {number} rate */
    y: (rate) => BOTTOM - ((Math.log10(rate) - low) / (high - low)) * (BOTTOM - TOP),
  };
}

/** @param {number} index  of CALLERS */
function x(index) {
  return LEFT + 24 + (index / (CALLERS.length - 1)) * (RIGHT - LEFT - 40);
}

/**
 * @param {number} rate
 * @param {number} y
 */
function drawGridLine(rate, y) {
  return (
    `<path class="grid" d="M${LEFT} ${y.toFixed(1)}H${RIGHT}"/>` +
    `<text class="tick end" x="${LEFT - 8}" y="${(y + 4).toFixed(1)}">${rate.toLocaleString('en')}</text>`
  );
}

/**
 * @param {number} count
 * @param {number} index
 */
function drawCallers(count, index) {
  const text = `${count.toLocaleString('en')} caller${count === 1 ? '' : 's'}`;
  return `<text class="tick middle" x="${x(index)}" y="${BOTTOM + 20}">${text}</text>`;
}

/**
 * @param {Series} series
 * @param {(rate: number) => number} y
 */
function drawSeries({ label, rates }, y) {
  const points = rates.map((rate, i) => `${x(i).toFixed(1)} ${y(rate).toFixed(1)}`);
  const dots = points.map((point) => {
    const [cx, cy] = point.split(' ');
    return `<circle class="dot" cx="${cx}" cy="${cy}" r="3.5"/>`;
  });
  const figures =
    kindOf(label) === 'own' ? rates.slice(0, -1).map((rate, i) => drawFigure(rate, i, y)) : [];
  return `<g class="${kindOf(label)}"><path class="line" d="M${points.join('L')}"/>${[...dots, ...figures].join('')}</g>`;
}

/**
 * @param {number} rate
 * @param {number} index
 * @param {(rate: number) => number} y
 */
function drawFigure(rate, index, y) {
  return `<text class="figure end" x="${x(index) + 8}" y="${(y(rate) - 9).toFixed(1)}">${formatNumber(rate)}</text>`;
}

/**
 * Places labels at the ends of the lines, as near as possible without covering each other.
 *
 * @param {Series[]} series
 * @param {(rate: number) => number} y
 */
function drawLabels(series, y) {
  const last = CALLERS.length - 1;
  const sorted = series.toSorted((a, b) => b.rates[last] - a.rates[last]);
  let above = -Infinity;
  const places = sorted.map(({ rates }) => {
    above = Math.max(y(rates[last]), above + LABEL_GAP);
    return above;
  });
  // Labels that were pushed too far down push the ones above them up again.
  let below = BOTTOM + LABEL_GAP;
  for (let i = places.length - 1; i >= 0; i--) {
    below = Math.min(places[i], below - LABEL_GAP);
    places[i] = below;
  }
  return sorted.map(({ label, name, rates }, i) => {
    const text = `${name} ${formatNumber(rates[last])}`;
    return `<g class="${kindOf(label)}"><text class="label" x="${RIGHT + 6}" y="${(places[i] + 4).toFixed(1)}">${escaped(text)}</text></g>`;
  });
}

module.exports = { drawRates };
