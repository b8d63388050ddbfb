'use strict';

const { schemaError } = require('./errors.js');
const { insertLimit } = require('./inserts.js');

/*
 * Splits an insert of more columns than the server takes: an insert of as many as it takes, then an
 * update of the same row by its primary key.
 */

/**
 * @typedef {object} Split  positions among the columns of the whole insert
 * @property {readonly string[]} names  of the columns that are inserted
 * @property {readonly number[]} first
 * @property {readonly string[]} restNames  of the columns that are updated
 * @property {readonly number[]} rest
 * @property {readonly number[]} key  the primary key's parts
 * @property {number} idPart  the key part that the server generates if it was not given; -1 if none
 *
 * @typedef {object} Rest  of a row that was inserted
 * @property {readonly string[]} names
 * @property {readonly Bindable[]} values
 * @property {readonly Bindable[]} key
 * @property {number} idPart
 */

/**
 * @param {import('../../types/schema').TableSchema} schema
 * @param {readonly string[]} names  of the columns to insert
 * @returns {Split | null} null if the server takes them all
 */
function planSplit(schema, names) {
  const limit = insertLimit(schema.server.version);
  if (names.length <= limit) return null;
  const { database, table, columns, indexes } = schema;
  const primary = indexes.find(({ name }) => name === 'PRIMARY');
  if (primary === undefined || primary.columns.some(({ prefix }) => prefix !== undefined)) {
    throw schemaError(
      `insert ${database}.${table}: the server takes ${limit} columns, and a row without a primary key of whole columns cannot be found again to set the others. Instead: insert by SQL`,
    );
  }
  const keyNames = primary.columns.map(({ name }) => name);
  // Columns that may be refused come first: if the update is refused, the row is already inserted.
  const uniqueNames = indexes.filter(({ unique }) => unique).flatMap((one) => one.columns);
  const order = new Set([...keyNames, ...uniqueNames.map(({ name }) => name), ...names]);
  const sent = [...order].filter((name) => names.includes(name));
  const [own, others] = [sent.slice(0, limit), sent.slice(limit)];
  const at = (/** @type {string} */ name) => names.indexOf(name);
  const idColumn = columns.find(({ autoIncrement }) => autoIncrement)?.name ?? '';
  return {
    names: own,
    first: own.map(at),
    restNames: others,
    rest: others.map(at),
    key: keyNames.map(at),
    idPart: keyNames.indexOf(idColumn),
  };
}

/**
 * @param {Split} split
 * @param {readonly Bindable[]} values  of all columns
 * @returns {{ names: readonly string[], values: readonly Bindable[], rest: Rest }}
 */
function splitValues({ names, first, restNames, rest, key, idPart }, values) {
  const pick = (/** @type {readonly number[]} */ positions) => positions.map((i) => values[i]);
  return {
    names,
    values: pick(first),
    rest: { names: restNames, values: pick(rest), key: pick(key), idPart },
  };
}

/** @typedef {import('../..').Bindable} Bindable */

module.exports = { planSplit, splitValues };
