'use strict';

/**
 * @typedef {object} Spread
 * @property {number} low  the lower quartile
 * @property {number} median
 * @property {number} high  the upper quartile
 */

/**
 * @param {ArrayLike<number>} figures
 * @param {number} share  0.5 is the median
 */
function quantile(figures, share) {
  const [only] = quantiles(figures, [share]);
  return only;
}

/**
 * Interpolates linearly between two figures.
 *
 * @param {ArrayLike<number>} figures
 * @param {readonly number[]} shares
 */
function quantiles(figures, shares) {
  const sorted = Float64Array.from(figures).sort();
  return shares.map((share) => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)];
    const above = sorted[Math.ceil(place)];
    return below + (above - below) * (place % 1);
  });
}

/** @param {ArrayLike<number>} figures */
function median(figures) {
  return quantile(figures, 0.5);
}

/**
 * @param {ArrayLike<number>} figures
 * @returns {Spread}
 */
function spread(figures) {
  const [low, middle, high] = quantiles(figures, [0.25, 0.5, 0.75]);
  return { low, median: middle, high };
}

/**
 * The 95% confidence interval of the median, which assumes only that each figure is as likely to be
 * above the true median as below it.
 *
 * @param {ArrayLike<number>} figures
 * @returns {Spread}
 */
function medianInterval(figures) {
  const sorted = Float64Array.from(figures).sort();
  const last = sorted.length - 1;
  let outside = 0; // the lowest so many are left out, and the highest
  let chance = 2 * 0.5 ** sorted.length; // that all figures are on one side of the median
  let term = chance;
  while (chance <= 0.05 && outside < last / 2) {
    outside++;
    term *= (sorted.length - outside + 1) / outside;
    chance += term;
  }
  const left = Math.max(0, outside - 1);
  return { low: sorted[left], median: median(sorted), high: sorted[last - left] };
}

/**
 * Rotates the order each time, so that none always follows the same one.
 *
 * @template T
 * @param {readonly T[]} clients
 * @param {number} round
 */
function inTurn(clients, round) {
  const first = round % clients.length;
  return [...clients.slice(first), ...clients.slice(0, first)];
}

module.exports = { quantile, quantiles, median, spread, medianInterval, inTurn };
