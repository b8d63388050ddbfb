'use strict';

const { checkArray, checkNames, checkOptions, checkString } = require('../util/check.js');
const { show } = require('../util/show.js');

/** Sent for the key part that an IN list replaces. */
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
 * The position of a column within a key.
 * @param {string} column  of an IN list
 * @param {readonly string[]} names  the columns of the index
 * @param {number} partCount  of the key
 * @param {string} source  where the names come from, for the error
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
