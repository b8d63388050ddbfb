'use strict';

const { TYPES } = require('./types.js');

/**
 * The types that columns can be read as, such that every value read can be written again.
 * @type {readonly [types: RegExp, readings: readonly string[]][]}
 */
const READINGS = [
  [/^(?:tiny|small|medium|big)?int$|^year/, ['string', 'number', 'bigint']],
  [/^boolean$/, ['string', 'number', 'bigint', 'boolean']],
  [/^decimal$/, ['string', 'number', 'bigint']],
  [/^(?:float|double)$/, ['string', 'number']],
  [/^bit$/, ['bigint', 'boolean', 'buffer']],
  [/^date|^timestamp$/, ['string', 'datetime']],
  [/^(?:time|enum|set|uuid|inet[46])$/, ['string']],
  [/char$|text$/, ['string', 'buffer', 'json', 'datetime']],
  [/binary$|blob$/, ['string', 'buffer', 'json']],
  [/^json$/, ['string', 'buffer', 'json']],
  [/^geometry|point$|linestring$|polygon$/, ['buffer']],
];
/** The same for columns that have no JavaScript form. */
const RAW = ['string', 'buffer'];

/**
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {import('../../schema/codecs/codec.js').Codec} codec
 * @param {string} declared
 */
function checkReading({ name, type, declared: sqlType, length }, { unreadable }, declared) {
  const known = READINGS.find(([types]) => types.test(type))?.[1] ?? [];
  const readings = (unreadable === undefined ? known : RAW).filter(
    (one) => type !== 'bit' || one !== 'boolean' || length === 1,
  );
  if (readings.includes(declared)) return;
  const others = readings.map((one) => `'${one}'`).join(', ');
  throw new TypeError(
    `target.types.${name}: column '${name}' (${sqlType}) cannot be read as '${declared}' and written again; ${others === '' ? 'leave it out' : `expected ${others}, or nothing`}`,
  );
}

/**
 * The type that reads a column's values; null for text that is not converted.
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {import('../../schema/codecs/codec.js').Codec} codec
 * @param {string | undefined} declared  replaces the type that the codec reads
 * @returns {import('./types.js').Type | null}
 */
function readTypeOf(column, codec, declared) {
  if (declared !== undefined) checkReading(column, codec, declared);
  const { decode, fromBytes } = codec;
  if (declared === 'string' && !isText(column)) return null;
  // The codec of BIT makes bigints of bytes, and TYPES.bigint of digits.
  const isOwn = declared === 'string' || (declared === 'bigint' && column.type === 'bit');
  if (declared !== undefined && !isOwn) {
    const type = declaredType(column, declared);
    if (!isText(column) || decode === null || type.fromBytes !== undefined) return type;
    return { ...type, fromBytes: (bytes) => type.fromText(/** @type {string} */ (decode(bytes))) };
  }
  if (decode === null && !fromBytes) return null;
  const read = decode ?? asItIs;
  const type = { name: column.declared, fromText: read, advice: adviceFor(column) };
  return fromBytes ? { ...type, fromBytes: read } : type;
}

/**
 * @param {import('../../../types/schema').ColumnSchema} column
 * @param {string} declared
 * @returns {import('./types.js').Type}
 */
function declaredType({ name }, declared) {
  const type = TYPES[/** @type {keyof typeof TYPES} */ (declared)];
  if (declared !== 'datetime') return type;
  const fromText = (/** @type {string} */ text) =>
    MICROSECONDS.test(text) ? undefined : type.fromText(text);
  return {
    ...type,
    fromText,
    advice: `: read zero dates and microseconds with types: { ${name}: 'string' }`,
  };
}

/** A Date holds milliseconds only. */
const MICROSECONDS = /\.\d{3}\d*[1-9]/;

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
  if (type === 'timestamp') {
    return `${advice}, or it is a zero date: read those with types: { ${name}: 'string' }`;
  }
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
