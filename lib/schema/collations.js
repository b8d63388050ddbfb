'use strict';

/*
 * Facts about the order and the equality of text, derived from the names of collations.
 */

/** The longest key part, in bytes, and so in characters at most. */
const LONGEST_PART = 3072;

/**
 * Whether text is padded with spaces for a comparison: `'a'` equals `'a '`, and text that continues
 * with a character below a space sorts before it. An index pads CHAR under every collation.
 * @param {Column} column
 */
function isPadded({ type, collation = '' }) {
  return type === 'char' || isPaddedBy(collation);
}

/** @param {string} collation */
function isPaddedBy(collation) {
  return collation !== 'binary' && !/nopad|_0900_/.test(collation);
}

/**
 * Whether text is compared by its bytes alone, so that only identical texts are equal.
 * @param {Column} column
 */
function isBytewise({ type, charset, collation }) {
  return type !== 'char' && charset === 'utf8mb4' && collation === 'utf8mb4_nopad_bin';
}

/**
 * Whether equal texts always have the same number of characters: no text is padded with spaces, no
 * character is ignored, and none equals two others (`'ß'` and `'ss'`). schema-charsets.test.js
 * compares this with the server.
 * @param {Column} column
 */
function comparesCharacters(column) {
  const { charset = '', collation = '' } = column;
  if (isPadded(column)) return false;
  if (collation.endsWith('_nopad_bin')) return true;
  return UNICODE.test(charset)
    ? collation.endsWith('_general_nopad_ci')
    : charset !== 'tis620' && collation.endsWith('_nopad_ci');
}

/**
 * A key before which no text sorts; undefined if none is known.
 * @param {Column} column
 * @param {import('./codecs/charset.js').Charset} charset
 */
function leastText(column, charset) {
  if (!isPadded(column)) return '';
  const character = leastCharacter(column);
  if (character === undefined) return undefined;
  const text = character.repeat(Math.min(column.length ?? LONGEST_PART, LONGEST_PART));
  return charset.encode(text) ?? text;
}

const UNICODE = /^(?:utf|ucs)/;
const BY_CODE = /_bin$|_general/;

/** @param {Column} column */
function leastCharacter({ charset = '', collation = '' }) {
  // The weights of these collations have an order of their own.
  if (collation.endsWith('_czech_cs')) return undefined;
  if (!UNICODE.test(charset) || BY_CODE.test(collation)) return '\0';
  // Only CHAR comes here. How it is padded after ignored characters depends on the charset.
  if (!isPaddedBy(collation)) return undefined;
  return collation.includes('_persian_') ? '\u0653' : '\t';
}

/** @typedef {import('../../types/schema').ColumnSchema} Column */

module.exports = { comparesCharacters, isBytewise, leastText };
