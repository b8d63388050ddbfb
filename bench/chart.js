'use strict';

const { formatRate, rateUnit } = require('./formats.js');
const { spread } = require('./statistics.js');

/**
 * Bars of rows a second, a group for each of the most telling workloads. Each group has a scale of its own.
 *
 * @typedef {import('./results.js').Results} Results
 * @typedef {import('./rounds.js').WorkloadFigures} WorkloadFigures
 */

const TITLES = new Map([
  ['get, 1 caller', 'One row a call, one call after the other'],
  ['get, 100 callers', 'One row a call, 100 callers at once'],
  ['getMany, 100 keys', '100 rows a call, by their keys'],
  ['scan of 10,000 rows', 'A range of 10,000 rows'],
  ['value of 1 MiB, Buffer', 'A value of 1 MiB a call, as a Buffer'],
  ['insert, 100 rows a call', 'Inserts, 100 rows a call'],
]);

const WIDTH = 860;
const MARGIN = 28;
const HEAD = 86;
const LABELS = 230;
/** Beside the longest bar stands its figure. */
const FIGURES = 140;
const LONGEST_BAR = WIDTH - 2 * MARGIN - LABELS - FIGURES;
const BAR = 14;
const LINE = 21;
const GROUP_HEAD = 30;
const GROUP_GAP = 12;

const STYLE = `
  .paper { fill: #ffffff; stroke: #d8dee4; }
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 19px; font-weight: 600; }
  .note, .figure { font-size: 12px; fill: #59636e; }
  .group { font-size: 14px; font-weight: 600; }
  .label { font-size: 13px; text-anchor: end; }
  .own { fill: #0969da; }
  .own-text { font-weight: 600; fill: #0969da; }
  .peer { fill: #afb8c1; }
  .wire { fill: none; stroke: #8c959f; stroke-dasharray: 3 2; }
  .spread { stroke: #1f2328; stroke-width: 1.2; opacity: 0.65; }
  .axis { stroke: #d8dee4; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #30363d; }
    text { fill: #e6edf3; }
    .note, .figure { fill: #9198a1; }
    .own { fill: #4493f8; }
    .own-text { fill: #4493f8; }
    .peer { fill: #545d68; }
    .wire { stroke: #768390; }
    .spread { stroke: #e6edf3; }
    .axis { stroke: #30363d; }
  }`;

/** @param {Results} results */
function drawChart(results) {
  const workloads = results.workloads.filter(({ name }) => TITLES.has(name));
  let top = HEAD;
  const groups = workloads.map((workload) => {
    const group = `<g transform="translate(${MARGIN} ${top})">${drawGroup(workload)}</g>`;
    top += groupHeight(workload) + GROUP_GAP;
    return group;
  });
  const height = top + MARGIN - GROUP_GAP;
  const { Date: date, CPU: cpu, MariaDB: mariadb, 'Node.js': node } = results.machine;
  const [release] = mariadb.split('-');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Reading and writing MariaDB from Node.js</title>
<style>${STYLE}
</style>
<rect class="paper" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="${MARGIN}" y="40">Reading and writing MariaDB from Node.js</text>
<text class="note" x="${MARGIN}" y="60">Longer is faster; each group has a scale of its own. Medians with quartiles. “wire” sends ready bytes and reads no values.</text>
<text class="note" x="${MARGIN}" y="76">${escaped(`${date}, ${cpu}, MariaDB ${release}, Node.js ${node}`)}</text>
${groups.join('\n')}
</svg>
`;
}

/** @param {WorkloadFigures} workload */
function drawGroup(workload) {
  const clients = measured(workload).map(({ label, rounds }) => {
    return { label, rate: spread(rounds.map((round) => round.rate)) };
  });
  const longest = Math.max(...clients.map(({ rate }) => Math.max(rate.median, rate.high)));
  const scale = LONGEST_BAR / longest;
  const bottom = groupHeight(workload);
  const bars = clients.map(({ label, rate }, i) => {
    const [low, middle, high] = [rate.low, rate.median, rate.high].map((value) => value * scale);
    const isOwn = label.startsWith('hansock');
    const kind = isOwn ? 'own' : label === 'wire' ? 'wire' : 'peer';
    const y = GROUP_HEAD + i * LINE;
    const text = y + BAR - 3;
    const center = y + BAR / 2;
    return (
      `<text class="label${isOwn ? ' own-text' : ''}" x="${LABELS - 10}" y="${text}">${escaped(label)}</text>` +
      `<rect class="${kind}" x="${LABELS}" y="${y}" width="${middle.toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<path class="spread" d="M${at(low)} ${center}H${at(high)}"/>` +
      `<text class="figure" x="${at(Math.max(middle, high) + 8)}" y="${text}">${formatRate(rate.median, workload.valueBytes)} ${rateUnit(workload.valueBytes)}</text>`
    );
  });
  return [
    `<text class="group" x="0" y="16">${TITLES.get(workload.name)}</text>`,
    `<path class="axis" d="M${LABELS} ${GROUP_HEAD - 5}V${bottom}"/>`,
    ...bars,
  ].join('\n');
}

/** @param {number} length  of a bar */
function at(length) {
  return (LABELS + length).toFixed(1);
}

/** @param {WorkloadFigures} workload */
function groupHeight(workload) {
  return GROUP_HEAD + measured(workload).length * LINE;
}

/** @param {WorkloadFigures} workload */
function measured({ clients }) {
  return clients.filter(({ failure }) => failure === undefined);
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

module.exports = { drawChart };
