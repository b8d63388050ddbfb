'use strict';

const {
  types: { isUint8Array },
} = require('node:util');
const { asBuffer } = require('../../protocol/encode.js');
const { isWellFormed } = require('./charset.js');
const { isGeometry } = require('./geometry.js');
const { compareNumbers } = require('./integers.js');
const { outOfRange, wrongType } = require('./refuse.js');

/**
 * VARBINARY and BLOBs: bytes, or a string for its UTF-8 bytes.
 * @param {Column} column
 * @returns {Codec}
 */
function bytesCodec(column) {
  const { length = 0 } = column;
  const expected = `at most ${length} bytes`;
  return {
    encode: (value, argument) => {
      const isText = typeof value === 'string';
      if (!isText && !isUint8Array(value)) throw wrongType(column, argument, expected, value);
      const size = isText ? Buffer.byteLength(value) : value.length;
      if (size > length || (isText && !isWellFormed(value))) {
        throw outOfRange(column, argument, expected, value);
      }
      return value;
    },
    ...BYTES,
    least: '',
  };
}

/**
 * BINARY(n): n bytes, because the server pads shorter values.
 * @param {Column} column
 * @returns {Codec}
 */
function binaryCodec(column) {
  const { length = 0 } = column;
  const expected = `exactly ${length} bytes`;
  return {
    encode: (value, argument) => {
      const isText = typeof value === 'string';
      if (!isText && !isUint8Array(value)) throw wrongType(column, argument, expected, value);
      const size = isText ? Buffer.byteLength(value) : value.length;
      if (size !== length || (isText && !isWellFormed(value))) {
        throw outOfRange(column, argument, expected, value);
      }
      return value;
    },
    ...BYTES,
    least: Buffer.alloc(length),
    greatest: Buffer.alloc(length, 0xff),
  };
}

/**
 * BIT(n): a bigint, or as many bytes as the column has.
 * @param {Column} column
 * @returns {Codec}
 */
function bitCodec(column) {
  const { length: bits = 1 } = column;
  const size = Math.ceil(bits / 8);
  const last = 2n ** BigInt(bits) - 1n;
  const expected = `bigints from 0 to ${last}, or ${size} bytes`;
  const toBytes = (/** @type {bigint} */ value) =>
    Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
  return {
    encode: (value, argument) => {
      const isBytes = isUint8Array(value);
      const number = isBytes ? fromBytes(asBuffer(value)) : bitsOf(value);
      if (number === undefined) throw wrongType(column, argument, expected, value);
      if (number < 0n || number > last || (isBytes && value.length !== size)) {
        throw outOfRange(column, argument, expected, value);
      }
      return isBytes ? value : toBytes(number);
    },
    decode: fromBytes,
    fromBytes: true,
    least: toBytes(0n),
    greatest: toBytes(last),
    compare: compareNumbers,
  };
}

/** @param {unknown} value */
function bitsOf(value) {
  if (typeof value === 'bigint') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value)
    ? BigInt(/** @type {number | boolean} */ (value))
    : undefined;
}

/** @param {Buffer} bytes */
function fromBytes(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

/**
 * VECTOR(n): n floats.
 * @param {Column} column
 * @returns {Codec}
 */
function vectorCodec(column) {
  const { length = 0 } = column;
  const expected = `a Float32Array of ${length} finite numbers`;
  return {
    encode: (value, argument) => {
      if (!(value instanceof Float32Array)) throw wrongType(column, argument, expected, value);
      if (value.length !== length || !value.every(Number.isFinite)) {
        throw outOfRange(column, argument, expected, value);
      }
      const bytes = Buffer.allocUnsafe(4 * length);
      for (const [i, number] of value.entries()) bytes.writeFloatLE(number, 4 * i);
      return bytes;
    },
    decode: (/** @type {Buffer} */ bytes) =>
      Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)),
    fromBytes: true,
  };
}

/**
 * POINT and the like: the number of the reference system (4 bytes, little-endian) and the shape as
 * WKB.
 * @param {Column} column
 * @returns {Codec}
 */
function geometryCodec(column) {
  const expected = `a ${column.type} as its SRID in 4 bytes and its WKB, both little-endian`;
  return {
    encode: (value, argument) => {
      if (!isUint8Array(value)) throw wrongType(column, argument, expected, value);
      if (!isGeometry(asBuffer(value), column.type)) {
        throw outOfRange(column, argument, expected, value);
      }
      return value;
    },
    ...BYTES,
    least: '',
  };
}

/** @type {{ decode: null, fromBytes: true, compare: Codec['compare'] }} */
const BYTES = { decode: null, fromBytes: true, compare: Buffer.compare };

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { binaryCodec, bitCodec, bytesCodec, geometryCodec, vectorCodec };
