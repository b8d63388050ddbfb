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
 * How the values of a column go and come.
 * @typedef {object} Codec
 * @property {(value: unknown, argument: string) => Bindable} encode  what is sent as a value, a part of a key or a
 *   filter's value: what the column would hold as another value is refused by a TypeError or a RangeError
 * @property {((read: any) => unknown) | null} decode  the JavaScript form; undefined if it does not fit; null: as it is
 * @property {boolean} [fromBytes]  it is made of bytes, and not of text
 * @property {boolean} [counts]  increment and decrement are exact
 * @property {string} [unreadable]  why it has no JavaScript form but its raw text
 * @property {Bindable} [least]  as a key nothing comes before it but NULL
 * @property {Bindable} [greatest]  as a key nothing comes after it
 * @property {(a: any, b: any) => number} [compare]  JavaScript forms as the index orders them; left out where they do
 *   not tell
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
 * The codec of a column, with NULL where the column takes it.
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
 * A type that nobody tried, or text in a charset that is none: ENUM and SET can be CHARACTER SET binary.
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
