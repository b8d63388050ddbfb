'use strict';

const { formatFigure, formatSpread } = require('./formats.js');
const { GOALS } = require('./goals.js');
const { spread } = require('./statistics.js');

/** @typedef {import('./results.js').Results} Results */

/**
 * The lines of a table of the goals in their order, with what was reached. If two goals conflict,
 * the first wins.
 *
 * @param {Results} results
 * @returns {string[]} empty if no workload of a goal was measured
 */
function goalTable(results) {
  const lines = GOALS.flatMap((goal) => goalLines(results, goal));
  if (lines.length === 0) return [];
  const columns = ['| workload | figure | goal | reached (quartiles) | |', '|---|---|---|---|---|'];
  return [...columns, ...lines];
}

/**
 * The row of a goal; empty if its workload was not planned.
 *
 * @param {Results} results
 * @param {import('./goals.js').Goal} goal
 */
function goalLines(results, { workload, what, goal, unit, figure }) {
  const figures = figure(results);
  const isPlanned = results.workloads.some(({ name }) => name === workload);
  if (figures.length === 0 && !isPlanned) return [];
  const reached = spread(figures);
  const format = (/** @type {number} */ value) => formatFigure(value, unit);
  const wanted =
    'atLeast' in goal ? `at least ${format(goal.atLeast)}` : `at most ${format(goal.atMost)}`;
  const isReached =
    'atLeast' in goal ? reached.median >= goal.atLeast : reached.median <= goal.atMost;
  const text = figures.length > 0 ? formatSpread(reached, format) : 'a client failed';
  return [`| ${workload} | ${what} | ${wanted} | ${text} | ${isReached ? 'yes' : '**no**'} |`];
}

module.exports = { goalTable };
