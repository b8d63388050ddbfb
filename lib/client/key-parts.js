'use strict';

const { checkArray, checkNames, checkOptions, checkString } = require('../util/check.js');
const { show } = require('../util/show.js');

/** What is sent for a part of a key that an IN list takes the place of. */
const REPLACED = '';

/**
 * @param {unknown} key
 * @param {string} argument
 * @returns {readonly unknown[]}
 */
function partsOf(key, argument) {
  const parts = Array.isArray(key) ? key : [key];
  if (parts.length === 0) throw new TypeError(`${argument} must have at least one part`);
  return parts;
}

/** @param {unknown} given */
function readInOption(given) {
  const list = checkOptions(given, 'options.in');
  checkNames(list, 'options.in', ['column', 'values']);
  const column = checkString(list.column, 'options.in.column');
  checkArray(list.values, 'options.in.values');
  return { column, values: /** @type {readonly unknown[]} */ (list.values) };
}

/**
 * Which part of a key a column is.
 * @param {string} column  of an IN list
 * @param {readonly string[]} names  the columns of the index
 * @param {number} partCount  of the key
 * @param {string} source  what says the names
 */
function positionOf(column, names, partCount, source) {
  const position = names.indexOf(column);
  if (position !== -1 && position < partCount) return position;
  throw new TypeError(
    position === -1
      ? `options.in.column ${show(column)} is not among ${source}: ${names.join(', ')}`
      : `options.in.column ${show(column)} is part ${position} of the key, which has ${partCount}: give null in its place`,
  );
}

module.exports = { REPLACED, partsOf, positionOf, readInOption };
