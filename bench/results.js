'use strict';

const { median } = require('./statistics.js');

/**
 * The measurements of a run.
 *
 * @typedef {object} Results
 * @property {Record<string, string>} machine
 * @property {number} rounds
 * @property {number} seconds
 * @property {import('./rounds.js').WorkloadFigures[]} workloads
 * @property {string[]} leftOut  workloads that could not be measured, and why
 * @property {import('./limits.js').LimitFigures[]} limits
 * @property {string} sharding  Markdown; empty if it was not measured
 *
 * @typedef {import('./rounds.js').ClientFigures} ClientFigures
 * @typedef {keyof import('./rounds.js').RoundFigures} FigureName
 */

/**
 * A client's figures of each round; empty if the workload was not run.
 *
 * @param {Results} results
 * @param {string} workload
 * @param {string} label
 * @param {FigureName} figure
 */
function roundsOf({ workloads }, workload, label, figure) {
  const done = workloads.find(({ name }) => name === workload);
  if (done === undefined) return [];
  const client = done.clients.find((each) => each.label === label);
  if (client === undefined) throw new Error(`"${workload}" has no client ${label}`);
  return client.rounds.map((round) => round[figure] ?? Number.NaN);
}

/**
 * @param {Results} results
 * @param {string} workload
 * @param {string} label
 * @param {FigureName} figure
 */
function medianOf(results, workload, label, figure) {
  return median(roundsOf(results, workload, label, figure));
}

/**
 * For each round, a figure of one client divided by that of another.
 *
 * @param {Results} results
 * @param {string} workload
 * @param {string} label
 * @param {string} other
 * @param {FigureName} [figure]
 */
function ratiosOf(results, workload, label, other, figure = 'rate') {
  const others = roundsOf(results, workload, other, figure);
  const own = roundsOf(results, workload, label, figure);
  return others.length > 0 ? own.map((value, round) => value / others[round]) : [];
}

/**
 * @param {Results} results
 * @param {string} name
 */
function limitOf({ limits }, name) {
  return limits.find((limit) => limit.name === name)?.figures ?? [];
}

module.exports = { roundsOf, medianOf, ratiosOf, limitOf };
