'use strict';

const { show } = require('../../util/show.js');

/**
 * The error for a value whose type the column does not accept.
 * @param {Column} column
 * @param {string} argument
 * @param {string} expected
 * @param {unknown} value
 */
function wrongType(column, argument, expected, value) {
  return new TypeError(message(column, argument, expected, value));
}

/**
 * The error for a value that the server would store as another.
 * @param {Column} column
 * @param {string} argument
 * @param {string} expected
 * @param {unknown} value
 */
function outOfRange(column, argument, expected, value) {
  return new RangeError(message(column, argument, expected, value));
}

/**
 * @param {Column} column
 * @param {string} argument
 * @param {string} expected
 * @param {unknown} value
 */
function message({ name, declared }, argument, expected, value) {
  return `${argument}: column '${name}' (${declared}) takes ${expected}, not ${show(value)}`;
}

/** @typedef {import('../../../types/schema').ColumnSchema} Column */

module.exports = { outOfRange, wrongType };
