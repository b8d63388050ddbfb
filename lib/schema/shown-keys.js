'use strict';

const net = require('node:net');
const {
  types: { isUint8Array },
} = require('node:util');
const { asBuffer, toByteString } = require('../protocol/encode.js');

/*
 * Keys as the server shows them: equal keys have the same text, however they are written (`1.5` and
 * `1.50`, a UUID and its bytes).
 */

/**
 * Returns the function that makes that text of a column's keys.
 * @param {import('../../types/schema').ColumnSchema} column
 * @returns {(encoded: Bindable) => string} a byte string: each character stands for one byte
 */
function shownKeyOf({ type, scale = 0, decimals = 0 }) {
  switch (type) {
    case 'decimal':
      return (encoded) => shownDecimal(String(encoded), scale);
    case 'time':
      return (encoded) => shownTime(String(encoded), decimals);
    case 'datetime':
    case 'timestamp':
      return (encoded) => shownMoment(String(encoded), decimals);
    case 'uuid':
      return (encoded) => bytesOf(encoded).toString('hex').replace(UUID_PARTS, '$1-$2-$3-$4-$5');
    case 'inet4':
      return (encoded) => bytesOf(encoded).join('.');
    case 'inet6':
      return (encoded) => shownAddress(bytesOf(encoded));
    default:
      return shownBytes;
  }
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.*)$/;

/** @param {Bindable} encoded */
function bytesOf(encoded) {
  return asBuffer(/** @type {Uint8Array} */ (encoded));
}

/** @param {Bindable} encoded */
function shownBytes(encoded) {
  return isUint8Array(encoded)
    ? asBuffer(encoded).toString('latin1')
    : toByteString(String(encoded));
}

/**
 * @param {string} text
 * @param {number} scale
 */
function shownDecimal(text, scale) {
  const [whole, decimals = ''] = text.replace('-', '').split('.');
  const digits = whole.replace(/^0+/, '') || '0';
  const shown = scale === 0 ? digits : `${digits}.${decimals.slice(0, scale).padEnd(scale, '0')}`;
  return text.startsWith('-') && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

/**
 * @param {string} text
 * @param {number} decimals
 */
function shownTime(text, decimals) {
  return shownMoment(text.replace(/^(-?)0(\d\d:)/, '$1$2'), decimals);
}

/**
 * @param {string} text
 * @param {number} decimals
 */
function shownMoment(text, decimals) {
  const [seconds, fraction = ''] = text.split('.');
  return decimals === 0 ? seconds : `${seconds}.${fraction.padEnd(decimals, '0')}`;
}

/** @param {Buffer} bytes */
function shownAddress(bytes) {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new net.SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** @typedef {import('../..').Bindable} Bindable */

module.exports = { shownKeyOf };
