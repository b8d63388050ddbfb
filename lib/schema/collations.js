'use strict';

/*
 * What is known of the order and the equality of text, by the names of collations.
 */

/** The longest key part, in bytes, and so in characters at most. */
const LONGEST_PART = 3072;

/**
 * Whether text is filled up with spaces before it is compared: `'a'` equals `'a '`, and what goes on with a character
 * below a space comes before it. An index fills up CHAR, whatever the collation.
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
 * Whether text is compared by its bytes alone, so that equal text is the same text.
 * @param {Column} column
 */
function isBytewise({ type, charset, collation }) {
  return type !== 'char' && charset === 'utf8mb4' && collation === 'utf8mb4_nopad_bin';
}

/**
 * Whether equal texts have equally many characters, and what goes on after a text differs from it: no spaces are filled
 * up, no character is ignored, and none stands for two (`'ß'` for `'ss'`). `schema-charsets.test.js` asks the server.
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
 * As a key no text comes before it; undefined where it is not known.
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
  // Their weights have an order of their own.
  if (collation.endsWith('_czech_cs')) return undefined;
  if (!UNICODE.test(charset) || BY_CODE.test(collation)) return '\0';
  // CHAR: how many spaces follow a character that is ignored depends on the charset.
  if (!isPaddedBy(collation)) return undefined;
  return collation.includes('_persian_') ? '\u0653' : '\t';
}

/** @typedef {import('../../types/schema').ColumnSchema} Column */

module.exports = { comparesCharacters, isBytewise, leastText };
