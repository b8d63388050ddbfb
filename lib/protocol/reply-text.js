'use strict';

const native = require('../util/native.js');
const { ESCAPE, ESCAPE_OFFSET, NULL, TAB } = require('./constants.js');

/*
 * Reply text and bytes cut into values. What comes here was checked by the addon.
 */

const ESCAPED = /\x01./gs;

/** What is kept of a buffer is worth a copy if it is less than this share of it. */
const MOSTLY = 0.9;

/** In characters. */
const LONG_VALUE = 4096;

/**
 * The values between two places of a text, without their escapes.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} expected  how many there are, at least: of fewer, holes would be left
 * @param {boolean} hasEscapes  whether the text has any
 */
function cutText(text, start, end, expected, hasEscapes) {
  // As long as it will be: at the first push V8 makes room for 17.
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
 * Where the first of the values between two places end.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} count
 */
function endOfFirst(text, start, end, count) {
  let found = start - 1;
  for (let i = 0; i < count && found < end; i++) {
    found = text.indexOf('\t', found + 1);
    if (found === -1 || found > end) found = end;
  }
  return found;
}

/**
 * Where the last of them begin.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} count
 */
function startOfLast(text, start, end, count) {
  let found = end + 1;
  for (let i = 0; i < count && found > start; i++) {
    // A negative place would be taken for the first.
    found = found < 2 ? start : Math.max(text.lastIndexOf('\t', found - 2) + 1, start);
  }
  return found;
}

/**
 * What is made of each part of something, in one list. (V8 has no quick way for flatMap.)
 * @template Part, Value
 * @param {readonly Part[]} parts
 * @param {(part: Part) => readonly Value[]} cut
 */
function cutParts(parts, cut) {
  /** @type {Value[]} */
  const all = [];
  for (const part of parts) for (const value of cut(part)) all.push(value);
  return all;
}

/**
 * The values of a reply's line, or of rows of it, as bytes, each with memory of its own.
 * @param {Buffer} bytes
 * @param {number} first  where they begin; past the end if there are none
 * @param {number} end
 */
function cutBuffers(bytes, first, end) {
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
 * With memory of its own.
 * @param {import('../..').Text} value  ASCII
 */
function toBuffer(value) {
  if (value === null) return null;
  const bytes = Buffer.allocUnsafeSlow(value.length);
  bytes.write(value, 'latin1');
  return bytes;
}

/**
 * With memory of its own.
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
  // A call for each escape is the quickest way for few, and slow for a million.
  if (value.length > LONG_VALUE) return unescapeBytes(Buffer.from(value)).toString();
  return value.replace(ESCAPED, (pair) => String.fromCharCode(pair.charCodeAt(1) - ESCAPE_OFFSET));
}

/** @param {Buffer} escaped */
function unescapeBytes(escaped) {
  if (!escaped.includes(ESCAPE)) return copyOf(escaped);
  const bytes = Buffer.allocUnsafeSlow(escaped.length);
  const end = native.unescape(escaped, bytes);
  const value = bytes.subarray(0, end);
  return end > MOSTLY * bytes.length ? value : copyOf(value);
}

module.exports = { copyOf, cutBuffers, cutParts, cutText, endOfFirst, startOfLast, toBuffer };
