'use strict';

const { TYPES } = require('./types.js');

/**
 * The type that reads a column's values; null for text that is not converted.
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {import('../../schema/codecs/codec.js').Codec} codec
 * @param {string | undefined} declared  replaces the type that the codec reads
 * @returns {import('./types.js').Type | null}
 */
function readTypeOf(column, { decode, fromBytes }, declared) {
  if (declared === 'string' && !isText(column)) return null;
  if (declared !== undefined && declared !== 'string') {
    return TYPES[/** @type {keyof typeof TYPES} */ (declared)];
  }
  if (decode === null && !fromBytes) return null;
  const read = decode ?? asItIs;
  const type = { name: column.declared, fromText: read, advice: adviceFor(column) };
  return fromBytes ? { ...type, fromBytes: read } : type;
}

/**
 * The conversion of a caller's value before the codec encodes it, for a column that is declared as
 * another type than the database's.
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {string | undefined} declared
 */
function writeTypeOf({ type }, declared) {
  if (declared === 'json' && type !== 'json') return TYPES.json.toText;
  // The codecs of these types accept Dates themselves.
  const takesDates = ['date', 'datetime', 'timestamp'].includes(type);
  return declared === 'datetime' && !takesDates ? TYPES.datetime.toText : undefined;
}

/**
 * Whether the bytes of a column are text in a charset.
 * @param {import('../../../types/schema').ColumnSchema} column
 */
function isText({ type, charset }) {
  return charset !== undefined && type !== 'json';
}

/** @param {import('../../../types/schema').ColumnSchema} column */
function adviceFor({ name, type }) {
  const advice = ': the schema may be old';
  return type === 'boolean'
    ? `${advice}, or it holds other numbers: read them with types: { ${name}: 'number' }`
    : advice;
}

/**
 * @template T
 * @param {T} read
 */
function asItIs(read) {
  return read;
}

module.exports = { readTypeOf, writeTypeOf };
