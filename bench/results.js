'use strict';

/**
 * All that a run measured.
 *
 * @typedef {object} Results
 * @property {Record<string, string>} machine
 * @property {number} rounds
 * @property {number} seconds
 * @property {import('./compare.js').WorkFigures[]} works
 * @property {import('./limits.js').LimitFigures[]} limits
 * @property {string} sharding  Markdown; empty where it was not measured
 *
 * @typedef {import('./compare.js').ContenderFigures} ContenderFigures
 * @typedef {keyof import('./compare.js').RoundFigures} FigureName
 */

/**
 * A contender's figures of each round; none where the work was not done.
 *
 * @param {Results} results
 * @param {string} work
 * @param {string} label
 * @param {FigureName} figure
 */
function roundsOf({ works }, work, label, figure) {
  const done = works.find(({ name }) => name === work);
  if (done === undefined) return [];
  const contender = done.contenders.find((each) => each.label === label);
  if (contender === undefined) throw new Error(`"${work}" has no contender ${label}`);
  return contender.rounds.map((round) => round[figure]);
}

/**
 * Of each round: a figure of one, divided by that of another.
 *
 * @param {Results} results
 * @param {string} work
 * @param {string} label
 * @param {string} other
 * @param {FigureName} [figure]
 */
function ratiosOf(results, work, label, other, figure = 'rate') {
  const others = roundsOf(results, work, other, figure);
  const own = roundsOf(results, work, label, figure);
  return others.length > 0 ? own.map((value, round) => value / others[round]) : [];
}

/**
 * @param {Results} results
 * @param {string} name
 */
function limitOf({ limits }, name) {
  return limits.find((limit) => limit.name === name)?.figures ?? [];
}

module.exports = { roundsOf, ratiosOf, limitOf };
