'use strict';

const { spread } = require('./statistics.js');

const MIB = 1024 * 1024;

/**
 * @typedef {import('./statistics.js').Spread} Spread
 * @typedef {import('./limits.js').LimitFigures['unit']} Unit
 */

/**
 * A figure with three significant digits, and its unit.
 *
 * @param {number} figure
 * @param {Unit} unit
 */
function formatFigure(figure, unit) {
  switch (unit) {
    case 'bytes':
      return `${formatNumber(figure / MIB)} MiB`;
    case 'times':
      return figure.toFixed(2);
    default:
      return `${formatNumber(figure)} ${unit}`.trimEnd();
  }
}

/** @param {number} figure */
function formatNumber(figure) {
  return figure.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/**
 * The median, with the quartiles if there are any.
 *
 * @param {Spread} spread
 * @param {(figure: number) => string} format
 */
function formatSpread({ low, median, high }, format) {
  const quartiles = low === high ? '' : ` (${format(low)} to ${format(high)})`;
  return `${format(median)}${quartiles}`;
}

/** @param {number[]} ratios  or differences, one for each round */
function formatRatios(ratios) {
  const { low, median, high } = spread(ratios);
  return `**${median.toFixed(2)}** (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/**
 * Rows a second, or bytes a second for large values.
 *
 * @param {number} rate  in rows a second
 * @param {number} valueBytes
 */
function formatRate(rate, valueBytes) {
  return countsBytes(valueBytes) ? formatNumber((rate * valueBytes) / MIB) : formatNumber(rate);
}

/** @param {number} valueBytes */
function rateUnit(valueBytes) {
  return countsBytes(valueBytes) ? 'MiB/s' : 'rows/s';
}

/** @param {number} valueBytes */
function countsBytes(valueBytes) {
  return valueBytes >= MIB;
}

module.exports = { formatFigure, formatNumber, formatSpread, formatRatios, formatRate, rateUnit };
