'use strict';

const { show } = require('../util/show.js');
const { charsetOf } = require('./codecs/charset.js');
const { roundsOtherwise } = require('./codecs/numbers.js');
const { comparesCharacters, isBytewise } = require('./collations.js');

/*
 * Properties of an index: which keys find one row, how its rows are ordered, and which key comes
 * first.
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
 * Whether the index is a HASH. On MEMORY tables it is searched; on others it only keeps rows
 * unique.
 * @param {Schema} schema
 * @param {Index} index
 * @returns {'memory' | 'unique' | null}
 */
function isHash({ engine }, { algorithm }) {
  if (algorithm !== 'HASH') return null;
  return engine === 'MEMORY' ? 'memory' : 'unique';
}

/**
 * Whether a key with this many parts, none of them NULL, finds at most one row.
 * @param {Index} index
 * @param {number} parts
 */
function namesOneRow({ unique, withoutOverlaps, columns }, parts) {
  return unique && !withoutOverlaps && parts === columns.length;
}

/**
 * Whether a part of the index may be NULL. A key with NULL in it may find many rows.
 * @param {Schema} schema
 * @param {Index} index
 * @param {number} part
 */
function takesNull(schema, index, part) {
  return findColumn(schema, index.columns[part].name).nullable;
}

/**
 * Why any key on a prefix part would find other rows than SQL's comparison; null if it would not.
 * The index holds only the beginning of the text, and the server does not compare the rest.
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
 * Why a key on a prefix part would find every row that begins like it; null if it would not.
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
 * Whether even a short key finds more than SQL's comparison, because texts of different lengths are
 * equal: in an index of the first three characters, 'ab' finds 'ab x' if text is padded.
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
 * The first key of a scan over the whole index in its own order: `>=` and this key, of one part.
 *
 * undefined if no key is known to come first: for a descending column without a greatest value, and
 * for text in some collations. There, `<` and `>=` with any key together find all rows.
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
 * Compares two rows as the index orders them, by their JavaScript values; null if those do not
 * determine the order.
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
 * Whether the merged rows of several servers are in the order of the index.
 * @param {Schema} schema
 * @param {Index} index
 * @param {(column: Column) => Codec} codecOf
 */
function mergeIsExact(schema, index, codecOf) {
  return orderOf(schema, index, codecOf) !== null;
}

/**
 * Whether the text that the server shows for a column, sent as a key, finds the same rows.
 * @param {Column} column
 */
function findsByShown(column) {
  return column.type !== 'float' && !roundsOtherwise(column);
}

/**
 * Whether the key of a row, encoded again, is the key that found it. If so, a list of keys and the
 * rows found can be matched without sending each key by itself. This is false if different texts
 * are equal (`'a'` and `'A'`), or if the server shows less than it holds.
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
