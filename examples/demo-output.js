'use strict';

/* How the demo prints. */

/** @param {string} text */
function title(text) {
  console.log(`\n${text}`);
}

/** @param {string} text */
function print(text) {
  console.log(`  ${text}`);
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString('en-US');
}

/**
 * @param {number} rows
 * @param {number} ms
 */
function rate(rows, ms) {
  return `${count(Math.round((1000 * rows) / ms)).padStart(7)} rows a second`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

module.exports = { count, print, rate, seconds, title };
