'use strict';

const native = require('../native.js');

/*
 * Reply text and bytes cut into values. What comes here was checked by the addon.
 */

const TAB = 0x09;
const ESCAPE = 0x01;
const NULL = '\0';
const ESCAPED = /\x01./gs;
const ESCAPE_OFFSET = 0x40;

/** What is kept of a buffer is worth a copy if it is less than this share of it. */
const MOSTLY = 0.9;

/** In characters. */
const LONG_VALUE = 4096;
/** How much of a long reply is decoded at once, in bytes. */
const WINDOW_BYTES = 32 * 1024;

/**
 * Cuts at the TABs. Escapes are left as they are.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function cutText(text, start, end) {
  // The search for a TAB is quicker in a string of its own.
  const line = text.slice(start, end);
  /** @type {import('..').Text[]} */
  const values = [];
  let valueStart = 0;
  for (;;) {
    const tab = line.indexOf('\t', valueStart);
    const value = tab === -1 ? line.slice(valueStart) : line.slice(valueStart, tab);
    values.push(value === NULL ? null : value);
    if (tab === -1) return values;
    valueStart = tab + 1;
  }
}

/**
 * The values of a reply that is longer than a segment: a window at a time, so that a value which is kept keeps no more
 * than its window alive.
 * @param {Buffer} bytes
 * @param {number} first  where they begin
 * @param {number} end
 */
function cutLong(bytes, first, end) {
  let start = first;
  /** @type {import('..').Text[]} */
  const values = [];
  while (start <= end) {
    // To the last TAB within the window, or to the end of a value that is longer than one.
    let stop = end;
    if (end - start > WINDOW_BYTES) {
      stop = bytes.lastIndexOf(TAB, start + WINDOW_BYTES);
      if (stop < start) stop = bytes.indexOf(TAB, start + WINDOW_BYTES);
      if (stop === -1 || stop > end) stop = end;
    }
    const text = bytes.toString('utf8', start, stop);
    const hasEscapes = text.includes('\x01');
    for (const value of cutText(text, 0, text.length)) {
      values.push(hasEscapes ? unescapeValue(value) : value);
    }
    start = stop + 1;
  }
  return values;
}

/**
 * The values of a reply's line as bytes, each with memory of its own.
 * @param {Buffer} line
 */
function cutBuffers(line) {
  const columns = line.indexOf(TAB) + 1;
  let start = line.indexOf(TAB, columns) + 1;
  /** @type {(Buffer | null)[]} */
  const values = [];
  if (start === 0) return values;
  for (;;) {
    const tab = line.indexOf(TAB, start);
    const end = tab === -1 ? line.length : tab;
    values.push(
      end - start === 1 && line[start] === 0 ? null : unescapeBytes(line.subarray(start, end)),
    );
    if (tab === -1) return values;
    start = tab + 1;
  }
}

/** @param {import('..').Text} value */
function unescapeValue(value) {
  if (value === null || !value.includes('\x01')) return value;
  // A call for each escape is the quickest way for few, and slow for a million.
  if (value.length > LONG_VALUE) return unescapeBytes(Buffer.from(value)).toString();
  return value.replace(ESCAPED, (pair) => String.fromCharCode(pair.charCodeAt(1) - ESCAPE_OFFSET));
}

/** @param {Buffer} escaped */
function unescapeBytes(escaped) {
  const bytes = Buffer.allocUnsafeSlow(escaped.length);
  if (!escaped.includes(ESCAPE)) {
    escaped.copy(bytes);
    return bytes;
  }
  const end = native.unescape(escaped, bytes);
  if (end > MOSTLY * bytes.length) return bytes.subarray(0, end);
  const exact = Buffer.allocUnsafeSlow(end);
  bytes.copy(exact, 0, 0, end);
  return exact;
}

module.exports = { TAB, cutBuffers, cutLong, cutText, unescapeValue };
