'use strict';

const net = require('node:net');
const {
  types: { isUint8Array },
} = require('node:util');
const { outOfRange, wrongType } = require('./refuse.js');

const UUID_SIZE = 16;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/**
 * UUID, INET4 and INET6 are read as text and sent as bytes: the server reads text as NULL.
 * @param {Column} column
 * @param {number} size
 * @param {string} expected
 * @param {(text: string) => Buffer | undefined} toBytes
 * @returns {Codec}
 */
function addressCodec(column, size, expected, toBytes) {
  const all = `${expected}, or ${size} bytes`;
  return {
    encode: (value, argument) => {
      const isBytes = isUint8Array(value);
      if (!isBytes && typeof value !== 'string') throw wrongType(column, argument, all, value);
      const bytes = isBytes ? value : toBytes(value);
      if (bytes?.length !== size) throw outOfRange(column, argument, all, value);
      return bytes;
    },
    decode: null,
    least: Buffer.alloc(size),
    greatest: Buffer.alloc(size, 0xff),
  };
}

/** @param {Column} column @returns {Codec} */
function uuidCodec(column) {
  const expected = "a UUID as '01234567-89ab-…'";
  const codec = addressCodec(column, UUID_SIZE, expected, (text) =>
    UUID.test(text) ? Buffer.from(withoutDashes(text), 'hex') : undefined,
  );
  const encode = (/** @type {unknown} */ value, /** @type {string} */ argument) => {
    const bytes = /** @type {Buffer} */ (codec.encode(value, argument));
    if (!becomesAnother(bytes)) return bytes;
    throw outOfRange(
      column,
      argument,
      `${expected} that it can tell from one with its parts in another order`,
      value,
    );
  };
  // No `compare`: the index orders by other parts first.
  return { ...codec, encode };
}

/** @param {string} uuid */
function withoutDashes(uuid) {
  return (
    uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
  );
}

/**
 * The server reorders the parts of some UUIDs, which these two bytes identify. It also reorders
 * some values that are not UUIDs of version 1 to 7; SQL refuses those.
 * @param {Uint8Array} bytes
 */
function becomesAnother(bytes) {
  return bytes[6] >= 0x80 && bytes[8] >= 1 && bytes[8] <= 0x80;
}

/** @param {Column} column @returns {Codec} */
function inet4Codec(column) {
  const codec = addressCodec(column, 4, "an address as '192.0.2.1'", inet4Bytes);
  return { ...codec, compare: (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) };
}

/** @param {Column} column @returns {Codec} */
function inet6Codec(column) {
  const codec = addressCodec(column, 16, "an address as '2001:db8::1'", inet6Bytes);
  return { ...codec, compare: (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) };
}

/** @param {string} address */
function bytesOf(address) {
  return inet4Bytes(address) ?? inet6Bytes(address) ?? Buffer.alloc(0);
}

/** @param {string} text */
function inet4Bytes(text) {
  return net.isIPv4(text) ? Buffer.from(text.split('.').map(Number)) : undefined;
}

/** @param {string} text */
function inet6Bytes(text) {
  if (!net.isIPv6(text) || text.includes('%')) return undefined;
  const [, groups, dotted] = /^(.*?)((?:\d+\.){3}\d+)?$/.exec(text) ?? [];
  const tail = dotted === undefined ? '' : (inet4Bytes(dotted)?.toString('hex') ?? '');
  const plain = `${groups}${tail === '' ? '' : `${tail.slice(0, 4)}:${tail.slice(4)}`}`;
  const [head, rest] = plain
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const missing = rest === undefined ? 0 : 8 - head.length - rest.length;
  const all = [...head, ...Array(missing).fill('0'), ...(rest ?? [])];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { inet4Codec, inet6Codec, uuidCodec };
