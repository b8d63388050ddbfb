'use strict';

const { isDate, isSharedArrayBuffer, isUint8Array } = require('node:util').types;
const { show, showKind } = require('../util/show.js');
const { ESCAPE, ESCAPE_OFFSET, FIRST_PLAIN, NULL } = require('./constants.js');

/*
 * Encodes values as tokens of the protocol, in byte strings: strings in which each character
 * (U+0000 to U+00FF) stands for one byte.
 */

/** Text that is its own byte string and needs no escape. */
const PLAIN = /^[\x10-\x7f]*$/;
/** Text that is its own byte string. */
const ASCII = /^[\x00-\x7f]*$/;

/** In characters. */
const LONG_TEXT = 1024;

/**
 * Encodes a value as a token.
 * @param {unknown} value
 * @param {string} argument  name of the value in errors
 * @param {number} [position]
 * @returns {string} a byte string
 */
function encodeValue(value, argument, position) {
  switch (typeof value) {
    case 'string':
      return isPlain(value) ? value : escapeBytes(Buffer.from(value, 'utf8'));
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? '1' : '0';
    case 'object':
      if (value === null) return NULL;
      if (isUint8Array(value)) return escapeBytes(value);
  }
  throw notBindable(value, argument, position);
}

/** @param {string} text */
function isPlain(text) {
  const result = PLAIN.test(text);
  // V8 keeps the last text that a regular expression was tested on, so another one replaces it.
  if (text.length > LONG_TEXT) PLAIN.test('');
  return result;
}

/**
 * Throws a TypeError for values that `encodeValue` refuses.
 * @param {unknown} value
 * @param {string} argument
 * @param {number} [position]
 * @returns {import('../..').Bindable}
 */
function checkBindable(value, argument, position) {
  if (!isBindable(value)) throw notBindable(value, argument, position);
  return value;
}

/**
 * Whether `encodeValue` accepts a value.
 * @param {unknown} value
 * @returns {value is import('../..').Bindable}
 */
function isBindable(value) {
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    default:
      return value === null || isUint8Array(value);
  }
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {number} [position]
 */
function notBindable(value, argument, position) {
  const name = position === undefined ? argument : `${argument}[${position}]`;
  const advice = isDate(value) ? ": a Date goes where a column is declared as 'datetime'" : '';
  const error = new TypeError(
    `${name} must be a string, a finite number, a bigint, a boolean, a Uint8Array or null, not ${show(value)}${advice}`,
  );
  // A stack has ten frames, and the caller's must be one of them.
  Error.captureStackTrace(error, notBindable);
  return error;
}

/**
 * Encodes values as tokens, each after a TAB.
 * @param {readonly unknown[]} values
 * @param {string} argument
 * @returns {string}
 */
function encodeValues(values, argument) {
  checkValues(values, argument);
  let tokens = '';
  for (let i = 0; i < values.length; i++) tokens += `\t${encodeValue(values[i], argument, i)}`;
  return tokens;
}

/**
 * @param {readonly unknown[]} values
 * @param {string} argument
 */
function checkValues(values, argument) {
  if (!Array.isArray(values)) {
    throw new TypeError(`${argument} must be an array of values, not ${show(values)}`);
  }
}

/**
 * Copies bytes, since the caller may change the original. Other values are returned as they are.
 * @template Value
 * @param {Value} value
 * @returns {Value}
 */
function copyBytes(value) {
  return isUint8Array(value) ? /** @type {any} */ (Buffer.from(value)) : value;
}

/**
 * Converts text to a byte string, without escapes.
 * @param {string} text
 * @returns {string} a byte string
 */
function toByteString(text) {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Encodes the name of a database, table, index or column. The server reads names as raw bytes,
 * without escapes.
 * @param {unknown} name
 * @param {string} argument
 * @param {RegExp} [forbidden]
 */
function encodeName(name, argument, forbidden = /[\x00-\x0f]/) {
  if (typeof name !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${showKind(name)}`);
  }
  const found = forbidden.exec(name);
  if (found) {
    throw new TypeError(
      `${argument} cannot be opened: HandlerSocket has no way to write ${show(found[0])} in a name`,
    );
  }
  return toByteString(name);
}

/** @param {Uint8Array} given */
function escapeBytes(given) {
  // Another thread may write to shared memory between the count of escapes and the copy.
  const bytes = isSharedArrayBuffer(given.buffer) ? Buffer.from(given) : given;
  let escapes = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] < FIRST_PLAIN) escapes++;
  if (escapes === 0) return asBuffer(bytes).toString('latin1');
  const escaped = Buffer.allocUnsafe(bytes.length + escapes);
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < FIRST_PLAIN) {
      escaped[end++] = ESCAPE;
      escaped[end++] = byte + ESCAPE_OFFSET;
    } else {
      escaped[end++] = byte;
    }
  }
  return escaped.toString('latin1');
}

/** @param {Uint8Array} bytes */
function asBuffer(bytes) {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

module.exports = {
  encodeValue,
  encodeValues,
  encodeName,
  isBindable,
  checkBindable,
  checkValues,
  copyBytes,
  toByteString,
  asBuffer,
};
