'use strict';

const { TYPES } = require('./types.js');

/**
 * How a column's values are read; null for text as it is.
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {import('../../schema/codecs/codec.js').Codec} codec
 * @param {string | undefined} declared  in place of what the codec makes of it
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
 * What a value that the caller gives is made into first: for a column that is read as something else than the database
 * says.
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {string | undefined} declared
 */
function writeTypeOf({ type }, declared) {
  if (declared === 'json' && type !== 'json') return TYPES.json.toText;
  // Their codecs take Dates, too.
  const takesDates = ['date', 'datetime', 'timestamp'].includes(type);
  return declared === 'datetime' && !takesDates ? TYPES.datetime.toText : undefined;
}

/**
 * Whether its bytes are text in a charset.
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
