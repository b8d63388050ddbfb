'use strict';

const {
  types: { isUint8Array },
} = require('node:util');
const { isUtf8 } = require('node:buffer');
const { asBuffer } = require('../../protocol/encode.js');
const { isWellFormed } = require('./charset.js');
const { outOfRange, wrongType } = require('./refuse.js');

/** json_valid() accepts no deeper nesting. */
const LARGEST_DEPTH = 31;

/**
 * Accepts whatever JSON can represent; strings and bytes are taken as JSON text and sent unchanged.
 * @param {Column} column
 * @returns {Codec}
 */
function jsonCodec(column) {
  const expected = `what JSON can say, or JSON text, at most ${LARGEST_DEPTH} levels deep`;
  return {
    encode: (value, argument) => {
      const given = isUint8Array(value) ? textOf(value) : value;
      const text = typeof given === 'string' ? given : stringify(given);
      if (text === undefined) throw wrongType(column, argument, expected, value);
      const isValid = isWellFormed(text) && (text !== given || parses(text));
      if (!isValid || hasHalfPairs(text) || depthOf(text) > LARGEST_DEPTH) {
        throw outOfRange(column, argument, expected, value);
      }
      return text;
    },
    decode: parse,
    least: '',
  };
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  const buffer = asBuffer(bytes);
  return isUtf8(buffer) ? buffer.toString() : '';
}

/** @param {unknown} value */
function stringify(value) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // circular, or contains a bigint
  }
}

/** @param {string} text */
function parses(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const PAIRS = /\\(?:\\|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})/g;
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Whether it escapes half a surrogate pair, which json_valid() refuses.
 * @param {string} text
 */
function hasHalfPairs(text) {
  return SURROGATE.test(text) && SURROGATE.test(text.replace(PAIRS, ''));
}

/**
 * How deep lists and objects are nested.
 * @param {string} text  valid JSON
 */
function depthOf(text) {
  if (text.length <= LARGEST_DEPTH) return 0;
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { jsonCodec };
