'use strict';

const { checkArray, checkNames, checkOptions } = require('../util/check.js');
const { show } = require('../util/show.js');
const { DeclaredShape } = require('./declared-shape.js');
const { checkColumns } = require('./rows/column-names.js');
const { DeclaredColumns } = require('./rows/declared-columns.js');

/*
 * Reads the target of openIndex.
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
  'schema',
  'allow',
];

/**
 * @typedef {object} IndexDescription
 * @property {Omit<import('../..').IndexTarget, 'columns'>} place
 * @property {import('./index-knowledge').Columns} columns
 * @property {import('./index-knowledge').IndexShape} shape
 * @property {import('../../types/schema').TableSchema} [schema]
 */

/**
 * @param {Target} target
 * @returns {IndexDescription}
 */
function describeIndex(target) {
  checkOptions(target, 'target');
  checkNames(target, 'target', TARGET_OPTIONS);
  return target.schema === undefined ? describeDeclared(target) : describeBySchema(target);
}

/**
 * @param {any} target
 * @returns {IndexDescription}
 */
function describeDeclared(target) {
  const { database, table, index, filterColumns, types = {}, notNull, keyColumns } = target;
  if (target.allow !== undefined) {
    throw new TypeError('target.allow goes with target.schema only: without it nothing is refused');
  }
  const columns = new DeclaredColumns(target.columns, types, notNull);
  const shape = new DeclaredShape(index, columns, keyColumns);
  return { place: { database, table, index, filterColumns }, columns, shape };
}

/**
 * @param {any} target
 * @returns {IndexDescription}
 */
function describeBySchema(target) {
  // Loaded here, because most programs have no schema.
  const { Guard } = require('../schema/guard.js');
  const { SchemaColumns } = require('./rows/schema-columns.js');
  const { SchemaShape } = require('./schema-shape.js');
  const { schema, index, filterColumns, types = {}, allow } = target;
  for (const name of ['keyColumns', 'notNull']) {
    if (target[name] === undefined) continue;
    throw new TypeError(`target.${name} cannot be given beside target.schema, which says it`);
  }
  checkOptions(types, 'target.types');
  const opened = target.columns === undefined ? undefined : checkColumns(target.columns);
  const guard = new Guard({ schema, index, columns: opened, types, allow });
  const { database, table } = schema;
  checkSame(target.database, database, 'target.database');
  checkSame(target.table, table, 'target.table');
  if (filterColumns !== undefined) {
    checkArray(filterColumns, 'target.filterColumns');
    for (const name of filterColumns) guard.columnOf(name);
  }
  const columns = new SchemaColumns(guard, types);
  const shape = new SchemaShape(guard, columns, types);
  const place = { database, table, index: guard.index.name, filterColumns };
  return { place, columns, shape, schema };
}

/**
 * @param {unknown} given
 * @param {string} known
 * @param {string} argument
 */
function checkSame(given, known, argument) {
  if (given === undefined || given === known) return;
  throw new TypeError(`${argument} must be that of target.schema, ${show(known)}: leave it out`);
}

/**
 * @typedef {import('../..').OpenIndexTarget<readonly string[], Record<string, string>> & { schema?: object, allow?: readonly string[] }} Target
 */

module.exports = { TARGET_OPTIONS, describeIndex };
