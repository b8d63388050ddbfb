'use strict';

const native = require('../util/native.js');
const { ESCAPE, ESCAPE_OFFSET, NULL, TAB } = require('./constants.js');

/*
 * Parses reply text and bytes into values. The addon has checked both already.
 */

const ESCAPED = /\x01./gs;

/** An unescaped value that fills less of its buffer than this share is copied to a smaller one. */
const MIN_FILLED = 0.9;

/** In characters. A longer value is unescaped by the addon. */
const LONG_VALUE = 4096;

/**
 * The values between two positions of a text, unescaped.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} expected  no more than there are values, since the list would have holes
 * @param {boolean} hasEscapes  whether the text has any
 */
function parseValues(text, start, end, expected, hasEscapes) {
  // Made at its full length, since V8 reserves room for 17 values at the first push.
  /** @type {import('../..').Text[]} */
  const values = new Array(expected);
  let count = 0;
  let valueStart = start;
  for (;;) {
    const tab = text.indexOf('\t', valueStart);
    const valueEnd = tab === -1 || tab > end ? end : tab;
    const value = text.slice(valueStart, valueEnd);
    values[count++] = value === NULL ? null : hasEscapes ? unescapeValue(value) : value;
    if (valueEnd === end) return values;
    valueStart = valueEnd + 1;
  }
}

/**
 * Where the first values between two positions end.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} count
 */
function findEndOfFirst(text, start, end, count) {
  let found = start - 1;
  for (let i = 0; i < count && found < end; i++) {
    found = text.indexOf('\t', found + 1);
    if (found === -1 || found > end) found = end;
  }
  return found;
}

/**
 * Where the last values between two positions begin.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} count
 */
function findStartOfLast(text, start, end, count) {
  let found = end + 1;
  for (let i = 0; i < count && found > start; i++) {
    // lastIndexOf treats a negative position as 0.
    found = found < 2 ? start : Math.max(text.lastIndexOf('\t', found - 2) + 1, start);
  }
  return found;
}

/**
 * Array.prototype.flatMap, which V8 does not optimise.
 * @template Part, Value
 * @param {readonly Part[]} parts
 * @param {(part: Part) => readonly Value[]} valuesOf
 */
function flatMap(parts, valuesOf) {
  /** @type {Value[]} */
  const all = [];
  for (const part of parts) for (const value of valuesOf(part)) all.push(value);
  return all;
}

/**
 * The values between two positions of a reply's bytes, each with memory of its own.
 * @param {Buffer} bytes
 * @param {number} first  past the end if there are none
 * @param {number} end
 */
function parseBuffers(bytes, first, end) {
  /** @type {(Buffer | null)[]} */
  const values = [];
  for (let start = first; start <= end; ) {
    const tab = bytes.indexOf(TAB, start);
    const valueEnd = tab === -1 || tab > end ? end : tab;
    const isNull = valueEnd - start === 1 && bytes[start] === 0;
    values.push(isNull ? null : unescapeBytes(bytes.subarray(start, valueEnd)));
    start = valueEnd + 1;
  }
  return values;
}

/**
 * A value's bytes, with memory of their own.
 * @param {import('../..').Text} value  ASCII
 */
function toBuffer(value) {
  if (value === null) return null;
  const bytes = Buffer.allocUnsafeSlow(value.length);
  bytes.write(value, 'latin1');
  return bytes;
}

/**
 * A copy with memory of its own, which no other value shares.
 * @param {Buffer} buffer
 */
function copyOf(buffer) {
  const bytes = Buffer.allocUnsafeSlow(buffer.length);
  buffer.copy(bytes);
  return bytes;
}

/** @param {string} value */
function unescapeValue(value) {
  if (!value.includes('\x01')) return value;
  // Calling a function for each escape is quickest for a few escapes, and slow for a million.
  if (value.length > LONG_VALUE) return unescapeBytes(Buffer.from(value)).toString();
  return value.replace(ESCAPED, (pair) => String.fromCharCode(pair.charCodeAt(1) - ESCAPE_OFFSET));
}

/** @param {Buffer} escaped */
function unescapeBytes(escaped) {
  if (!escaped.includes(ESCAPE)) return copyOf(escaped);
  const bytes = Buffer.allocUnsafeSlow(escaped.length);
  const end = native.unescape(escaped, bytes);
  const value = bytes.subarray(0, end);
  return end > MIN_FILLED * bytes.length ? value : copyOf(value);
}

module.exports = {
  copyOf,
  findEndOfFirst,
  findStartOfLast,
  flatMap,
  parseBuffers,
  parseValues,
  toBuffer,
};
