'use strict';

const { drawLatencies } = require('./chart/latencies.js');
const { drawRates } = require('./chart/rates.js');
const { STYLE, escaped } = require('./chart/style.js');

/**
 * Draws the first things that a reader wants to know: the rate by the number of callers, beside
 * Redis and SQL, and the latency over a network.
 *
 * @typedef {import('./results.js').Results} Results
 *
 * @typedef {object} Panel
 * @property {number} height
 * @property {string} content  SVG, from its upper left corner on
 */

const WIDTH = 860;
const MARGIN = 28;
const HEAD = 112;
const GAP = 34;
const TITLE = 'One row by its key: MariaDB through hansock, Redis, SQL';

/** @param {Results} results */
function drawChart(results) {
  const panels = [drawRates(results), ...drawLatencies(results)].filter(({ height }) => height > 0);
  let top = HEAD;
  const drawn = panels.map(({ height, content }) => {
    const group = `<g transform="translate(${MARGIN} ${top})">\n${content}\n</g>`;
    top += height + GAP;
    return group;
  });
  const height = top - GAP + MARGIN;
  const { Date: date, CPU: cpu, MariaDB: mariadb, Redis: redis, 'Node.js': node } = results.machine;
  const [release] = mariadb.split('-');
  const notes = [
    'Five columns a row, every value read; out of Redis as JSON, parsed. Each client has one connection, hansock its defaults,',
    'SQL pools of 10 over the network. Clients and servers share a machine.',
    `${date}, ${cpu}, MariaDB ${release}, Redis ${redis}, Node.js ${node}.`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${TITLE}</title>
<style>${STYLE}
</style>
<rect class="paper" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="${MARGIN}" y="40">${TITLE}</text>
${notes.map((note, i) => `<text class="note" x="${MARGIN}" y="${60 + i * 16}">${escaped(note)}</text>`).join('\n')}
${drawn.join('\n')}
</svg>
`;
}

module.exports = { drawChart };
