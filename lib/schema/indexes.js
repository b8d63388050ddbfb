'use strict';

const { show } = require('../util/show.js');
const { charsetOf } = require('./codecs/charset.js');
const { roundsOtherwise } = require('./codecs/numbers.js');
const { comparesCharacters, isBytewise } = require('./collations.js');

/*
 * What an index is: which keys name one row, in which order its rows come, where it begins.
 */

/**
 * @param {Schema} schema
 * @param {string} [name]
 * @returns {Index}
 */
function findIndex(schema, name = 'PRIMARY') {
  const index = schema.indexes.find((one) => one.name === name);
  if (index !== undefined) return index;
  const names = schema.indexes.map((one) => show(one.name)).join(', ');
  throw new TypeError(
    `${schema.database}.${schema.table} has no index ${show(name)}: it has ${names || 'none'}`,
  );
}

/**
 * @param {Schema} schema
 * @param {string} name
 * @returns {Column}
 */
function findColumn(schema, name) {
  const column = schema.columns.find((one) => one.name === name);
  if (column !== undefined) return column;
  const names = schema.columns.map((one) => one.name).join(', ');
  throw new TypeError(
    `${schema.database}.${schema.table} has no column ${show(name)}: it has ${names}`,
  );
}

/**
 * Whether the index is a HASH: of MEMORY tables one that is searched by, else one that only keeps rows unique.
 * @param {Schema} schema
 * @param {Index} index
 * @returns {'memory' | 'unique' | null}
 */
function isHash({ engine }, { algorithm }) {
  if (algorithm !== 'HASH') return null;
  return engine === 'MEMORY' ? 'memory' : 'unique';
}

/**
 * Whether a key with so many parts, none of them NULL, names at most one row.
 * @param {Index} index
 * @param {number} parts
 */
function namesOneRow({ unique, withoutOverlaps, columns }, parts) {
  return unique && !withoutOverlaps && parts === columns.length;
}

/**
 * Whether a part of the index may be NULL, so that a key that has NULL there names many rows.
 * @param {Schema} schema
 * @param {Index} index
 * @param {number} part
 */
function takesNull(schema, index, part) {
  return findColumn(schema, index.columns[part].name).nullable;
}

/**
 * Why every key on a part that has the beginning of text only would find other rows than SQL's comparison, or null: nobody
 * looks at the rest of the text.
 * @param {Column} column
 * @param {number | undefined} prefix
 */
function prefixRefusal(column, prefix) {
  const { name, type, charset, collation } = column;
  if (prefix === undefined || charset === undefined || comparesCharacters(column)) return null;
  const compared = type === 'char' ? 'CHAR' : collation;
  return `the index has the first ${prefix} characters of column '${name}' only, and text of different lengths is equal in it (${compared}): a key finds other rows than SQL does. Use an index of the whole column, or VARCHAR and a collation such as utf8mb4_nopad_bin`;
}

/**
 * Why a key would find every row that begins like it, or null.
 * @param {Column} column
 * @param {number | undefined} prefix
 * @param {import('../..').Bindable} encoded  by the column's codec
 */
function prefixLengthRefusal({ name, charset }, prefix, encoded) {
  if (prefix === undefined || encoded === null) return null;
  const bytes = Buffer.from(/** @type {string | Uint8Array} */ (encoded));
  const characters = charset === undefined ? undefined : charsetOf(charset).count(bytes);
  const length = characters ?? bytes.length;
  if (length < prefix) return null;
  const unit = charset === undefined ? 'bytes' : 'characters';
  return `the index has the first ${prefix} ${unit} of column '${name}' only: a key of ${length} finds every row that begins like it. Use an index of the whole column, or a shorter key`;
}

/**
 * Whether even a short key finds more than SQL's comparison, as text of different lengths is equal: by the first three
 * characters, 'ab' finds 'ab x' where spaces are filled up.
 * @param {Schema} schema
 * @param {Index} index
 * @param {number} parts
 */
function hasPaddedPrefix(schema, index, parts) {
  return index.columns
    .slice(0, parts)
    .some(({ name, prefix }) => prefixRefusal(findColumn(schema, name), prefix) !== null);
}

/**
 * Where a walk over the whole index begins, in its own order: `>=` and this key, of one part.
 *
 * Undefined where nothing is known to come first: of a column in descending order that has no greatest value, and of
 * text in some collations. There, all rows are those of `<` and those of `>=`, with any key.
 * @param {Schema} schema
 * @param {Index} index
 * @param {(column: Column) => Codec} codecOf
 * @returns {import('../..').Bindable | undefined}
 */
function firstKey(schema, index, codecOf) {
  const [{ name, prefix, descending }] = index.columns;
  const column = findColumn(schema, name);
  if (descending) return codecOf(column).greatest;
  if (column.nullable) return null;
  const length = prefix ?? column.length;
  return codecOf(length === undefined ? column : { ...column, length }).least;
}

/**
 * Compares two rows, as the index orders them, by the JavaScript forms of its columns; null where those do not tell.
 * @param {Schema} schema
 * @param {Index} index
 * @param {(column: Column) => Codec} codecOf
 * @returns {((a: readonly unknown[], b: readonly unknown[]) => number) | null}
 */
function orderOf(schema, index, codecOf) {
  /** @type {((a: unknown, b: unknown) => number)[]} */
  const comparers = [];
  for (const { name, prefix, descending } of index.columns) {
    const { compare } = codecOf(findColumn(schema, name));
    if (compare === undefined || prefix !== undefined) return null;
    comparers.push(
      descending ? (a, b) => nullsFirst(compare, b, a) : (a, b) => nullsFirst(compare, a, b),
    );
  }
  if (isHash(schema, index) !== null) return null;
  return (a, b) => {
    for (let i = 0; i < comparers.length; i++) {
      const order = comparers[i](a[i], b[i]);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/**
 * @param {(a: any, b: any) => number} compare
 * @param {unknown} a
 * @param {unknown} b
 */
function nullsFirst(compare, a, b) {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compare(a, b);
}

/**
 * Whether a merge of several servers' rows is in the order of the index.
 * @param {Schema} schema
 * @param {Index} index
 * @param {(column: Column) => Codec} codecOf
 */
function mergeIsExact(schema, index, codecOf) {
  return orderOf(schema, index, codecOf) !== null;
}

/**
 * Whether the text that the server shows of a column finds the same rows again.
 * @param {Column} column
 */
function findsByShown(column) {
  return column.type !== 'float' && !roundsOtherwise(column);
}

/**
 * Whether a row's key, encoded again, is the key that found it and no other's: then a list of keys and the rows that it
 * found can be matched without asking again. Not so where different text is equal (`'a'` and `'A'`), and where the
 * server shows less than it holds.
 * @param {Schema} schema
 * @param {Index} index
 */
function keysTellRows(schema, index) {
  return index.columns.every(({ name, prefix }) => {
    const column = findColumn(schema, name);
    if (prefix !== undefined || !findsByShown(column)) return false;
    const isText = column.charset !== undefined && !['enum', 'set'].includes(column.type);
    return !isText || isBytewise(column);
  });
}

/**
 * @typedef {import('../../types/schema').TableSchema} Schema
 * @typedef {import('../../types/schema').IndexSchema} Index
 * @typedef {import('../../types/schema').ColumnSchema} Column
 * @typedef {import('./codecs/codec.js').Codec} Codec
 */

module.exports = {
  findColumn,
  findIndex,
  findsByShown,
  firstKey,
  hasPaddedPrefix,
  isHash,
  keysTellRows,
  mergeIsExact,
  namesOneRow,
  orderOf,
  prefixLengthRefusal,
  prefixRefusal,
  takesNull,
};
