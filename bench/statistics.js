'use strict';

/**
 * @param {ArrayLike<number>} figures
 * @param {number} share  0.5 is the median
 */
function quantile(figures, share) {
  const sorted = Float64Array.from(figures).sort();
  return sorted[Math.round((sorted.length - 1) * share)];
}

/** @param {ArrayLike<number>} figures */
function median(figures) {
  return quantile(figures, 0.5);
}

module.exports = { quantile, median };
