'use strict';

const { median, medianInterval } = require('./statistics.js');

/**
 * Judges whether a version is better or worse than another, by two processes of each that took
 * turns.
 *
 * A figure of a round is divided by that of the other version in the same round, both as means of
 * two processes. A change counts if the 95% confidence interval of the median ratio lies farther
 * from 1 than the noise. The noise is the larger difference between a version's own two processes,
 * and at least LEAST_NOISE.
 *
 * @typedef {import('./results.js').FigureName} FigureName
 * @typedef {import('./rounds.js').RoundFigures} RoundFigures
 *
 * @typedef {object} Change
 * @property {string} workload
 * @property {FigureName} figure
 * @property {import('./statistics.js').Spread} ratio  of after to before: the interval of the
 *   median
 * @property {number} noise  0.05 is 5%
 * @property {'better' | 'worse' | ''} verdict
 */

const LEAST_NOISE = 0.03;

/**
 * The result is empty if a version failed at the workload.
 *
 * @param {import('./rounds.js').WorkloadFigures} figures  of the clients before, after, before
 *   again, after again
 * @returns {Change[]}
 */
function compareVersions({ name, comparesRates, clients }) {
  if (clients.some(({ failure }) => failure !== undefined)) return [];
  /** @type {FigureName[]} */
  const compared = [...(comparesRates ? RATES : LATENCIES), 'cpu', 'utilisation'];
  return compared.map((figure) => {
    const [before, after, beforeAgain, afterAgain] = clients.map(({ rounds }) =>
      rounds.map((round) => round[figure] ?? Number.NaN),
    );
    return { workload: name, figure, ...judge(figure, { before, after, beforeAgain, afterAgain }) };
  });
}

/** @type {FigureName[]} */
const RATES = ['rate'];
/** @type {FigureName[]} */
const LATENCIES = ['p50', 'p99'];

/**
 * @param {FigureName} figure
 * @param {Record<'before' | 'after' | 'beforeAgain' | 'afterAgain', number[]>} rounds
 * @returns {Pick<Change, 'ratio' | 'noise' | 'verdict'>}
 */
function judge(figure, { before, after, beforeAgain, afterAgain }) {
  const ratio = medianInterval(
    after.map((value, i) => (value + afterAgain[i]) / (before[i] + beforeAgain[i])),
  );
  const noise = Math.max(
    LEAST_NOISE,
    difference(before, beforeAgain),
    difference(after, afterAgain),
  );
  const rose = ratio.low > 1 + noise;
  const fell = ratio.high < 1 / (1 + noise);
  const [better, worse] = figure === 'rate' ? [rose, fell] : [fell, rose];
  return { ratio, noise, verdict: worse ? 'worse' : better ? 'better' : '' };
}

/**
 * @param {number[]} once
 * @param {number[]} again
 */
function difference(once, again) {
  const ratio = median(again.map((value, i) => value / once[i]));
  return Math.max(ratio, 1 / ratio) - 1;
}

module.exports = { compareVersions, judge };
