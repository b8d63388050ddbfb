'use strict';

const { binaryCodec, bitCodec, bytesCodec, geometryCodec, vectorCodec } = require('./binary.js');
const { hasCharset } = require('./charset.js');
const { bigintCodec, booleanCodec, integerCodec } = require('./integers.js');
const { jsonCodec } = require('./json.js');
const { inet4Codec, inet6Codec, uuidCodec } = require('./network.js');
const { decimalCodec, floatCodec } = require('./numbers.js');
const { wrongType } = require('./refuse.js');
const { dateCodec, dateTimeCodec, timeCodec, timestampCodec, yearCodec } = require('./temporal.js');
const { enumCodec, setCodec, textCodec } = require('./text.js');

/**
 * Converts a column's values to and from the wire.
 * @typedef {object} Codec
 * @property {(value: unknown, argument: string) => Bindable} encode  what is sent for a value, a
 *   key part or a filter's value; throws a TypeError or RangeError for a value that the column
 *   would store as another
 * @property {((read: any) => unknown) | null} decode  returns the JavaScript form, or undefined if
 *   the value does not fit; null if it is not converted
 * @property {boolean} [fromBytes]  whether the value is made of bytes and not of text
 * @property {boolean} [counts]  whether increment and decrement are exact
 * @property {string} [unreadable]  why its values have no JavaScript form but their raw text
 * @property {Bindable} [least]  as a key, only NULL sorts before it
 * @property {Bindable} [greatest]  as a key, nothing sorts after it
 * @property {(a: any, b: any) => number} [compare]  orders JavaScript values as the index does;
 *   omitted if they do not determine the order
 */

/** @type {Readonly<Record<string, (column: Column, server: Server) => Codec>>} */
const CODECS = {
  tinyint: integerCodec,
  smallint: integerCodec,
  mediumint: integerCodec,
  int: integerCodec,
  bigint: bigintCodec,
  boolean: booleanCodec,
  decimal: decimalCodec,
  float: floatCodec,
  double: floatCodec,
  bit: bitCodec,
  year: yearCodec,
  date: dateCodec,
  time: timeCodec,
  datetime: dateTimeCodec,
  timestamp: timestampCodec,
  char: textCodec,
  varchar: textCodec,
  tinytext: textCodec,
  text: textCodec,
  mediumtext: textCodec,
  longtext: textCodec,
  binary: binaryCodec,
  varbinary: bytesCodec,
  tinyblob: bytesCodec,
  blob: bytesCodec,
  mediumblob: bytesCodec,
  longblob: bytesCodec,
  enum: enumCodec,
  set: setCodec,
  json: jsonCodec,
  uuid: uuidCodec,
  inet4: inet4Codec,
  inet6: inet6Codec,
  vector: vectorCodec,
  geometry: geometryCodec,
  point: geometryCodec,
  linestring: geometryCodec,
  polygon: geometryCodec,
  multipoint: geometryCodec,
  multilinestring: geometryCodec,
  multipolygon: geometryCodec,
  geometrycollection: geometryCodec,
};

/**
 * The codec of a column; it passes NULL if the column is nullable.
 * @param {Column} column
 * @param {Server} server
 * @returns {Codec}
 */
function compileCodec(column, server) {
  const { type, charset } = column;
  const isKnown = Object.hasOwn(CODECS, type) && (charset === undefined || hasCharset(charset));
  const codec = isKnown ? CODECS[type](column, server) : unknownCodec(column);
  const { encode } = codec;
  if (column.nullable) {
    codec.encode = (value, argument) => (value === null ? null : encode(value, argument));
  } else {
    codec.encode = (value, argument) => {
      if (value === null) throw wrongType(column, argument, 'no NULL', value);
      return encode(value, argument);
    };
  }
  return codec;
}

/**
 * Refuses values of unknown types and charsets (ENUM and SET can be CHARACTER SET binary); only
 * their raw text can be read.
 * @param {Column} column
 * @returns {Codec}
 */
function unknownCodec(column) {
  const charset = column.charset === undefined ? '' : ` in the charset ${column.charset}`;
  const reason = `column '${column.name}' has the type ${column.declared}${charset}, which this package does not know`;
  return {
    encode: (value, argument) => {
      throw wrongType(column, argument, 'no value, as this package does not know its type', value);
    },
    decode: null,
    unreadable: `${reason}. Read its text with types: { ${column.name}: 'string' }`,
  };
}

/**
 * @typedef {import('../../..').Bindable} Bindable
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('../../../types/schema').ServerSchema} Server
 */

module.exports = { compileCodec };
