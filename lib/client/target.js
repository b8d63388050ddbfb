'use strict';

const { checkNames, checkOptions } = require('../util/check.js');
const { DeclaredShape } = require('./declared-shape.js');
const { DeclaredColumns } = require('./rows/declared-columns.js');

/*
 * What openIndex is given.
 */

const TARGET_OPTIONS = [
  'database',
  'table',
  'index',
  'columns',
  'filterColumns',
  'types',
  'keyColumns',
  'notNull',
];

/**
 * @typedef {object} IndexDescription
 * @property {Omit<import('../..').IndexTarget, 'columns'>} place
 * @property {import('./index-knowledge').Columns} columns
 * @property {import('./index-knowledge').IndexShape} shape
 */

/**
 * @param {import('../..').OpenIndexTarget<readonly string[], Record<string, string>>} target
 * @returns {IndexDescription}
 */
function describeIndex(target) {
  checkOptions(target, 'target');
  checkNames(target, 'target', TARGET_OPTIONS);
  const { database, table, index, filterColumns, types = {}, notNull, keyColumns } = target;
  const columns = new DeclaredColumns(target.columns, types, notNull);
  const shape = new DeclaredShape(index, columns, keyColumns);
  return { place: { database, table, index, filterColumns }, columns, shape };
}

module.exports = { describeIndex };
