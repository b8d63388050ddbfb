'use strict';

const { show } = require('../../util/show.js');

/**
 * A value of a type that the column does not take.
 * @param {Column} column
 * @param {string} argument
 * @param {string} expected
 * @param {unknown} value
 */
function wrongType(column, argument, expected, value) {
  return new TypeError(message(column, argument, expected, value));
}

/**
 * A value that the server would store as another one.
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
