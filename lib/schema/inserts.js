'use strict';

const { isAtLeast, partsOf } = require('./version.js');

/*
 * Fills the columns that an insert does not name, so that it stores the row that strict SQL would
 * store.
 */

/** The most values of an insert on servers that have a limit. */
const VALUES = 32;

/** By release series, the first release with the limit. MariaDB 10.5 never had it. */
const LIMITED_SINCE = new Map([
  ['10.11', 19],
  ['11.4', 13],
  ['11.8', 9],
  ['12.3', 3],
]);

/**
 * The most values that the server takes in an insert. Release series that were never tested count
 * as limited.
 * @param {string} version
 */
function insertLimit(version) {
  const [major, minor, patch] = partsOf(version);
  if (!isAtLeast(version, 10, 6)) return Infinity;
  const since = LIMITED_SINCE.get(`${major}.${minor}`);
  return since !== undefined && patch < since ? Infinity : VALUES;
}

/**
 * The columns that an insert sends: all except generated ones, unless it names them.
 * @param {import('../../types/schema').TableSchema} schema
 * @param {readonly string[]} named
 */
function insertedColumns(schema, named) {
  return schema.columns.filter(
    ({ name, generated }) => generated === undefined || named.includes(name),
  );
}

/**
 * The value that an insert sends for a column that it does not name.
 * @param {import('../../types/schema').ColumnSchema} column
 * @param {import('./codecs/codec.js').Codec} codec
 * @returns {{ value: import('../..').Bindable } | { required: string }}
 */
function unnamedValue(column, codec) {
  // NULL makes the server generate the next id.
  if (column.autoIncrement) return { value: null };
  const { default: given } = column;
  if (given === undefined) {
    return {
      required: `column '${column.name}' (${column.declared}) takes no NULL and has no default: the server would make it 0 or ''`,
    };
  }
  // Without allow: ['defaults'], the insert would have been refused.
  if ('expression' in given) return { value: null };
  if ('hex' in given) return { value: Buffer.from(given.hex, 'hex') };
  return { value: given.value === null ? null : defaultValue(column, codec, given.value) };
}

/**
 * @param {import('../../types/schema').ColumnSchema} column
 * @param {import('./codecs/codec.js').Codec} codec
 * @param {string} text
 */
function defaultValue(column, codec, text) {
  try {
    return codec.encode(column.type === 'bit' ? BigInt(text) : text, 'the default');
  } catch {
    // The default is a zero date or the like. NULL gives a NOT NULL column its default.
    return column.nullable ? text : null;
  }
}

module.exports = { insertLimit, insertedColumns, unnamedValue };
