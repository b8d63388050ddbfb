'use strict';

const { ZERO } = require('../../protocol/constants.js');

const MAX_INT32 = 2 ** 31 - 1;

/** @typedef {import('../index-knowledge').RowMatcher} RowMatcher */

/**
 * Matches rows by the text of a column. A key may find a row with another text (`'A'` and `'a'`).
 * The rows then do not tell which key they belong to, and each key is sent again by itself.
 * @implements {RowMatcher}
 */
class TextMatcher {
  #columns;
  #position;

  /**
   * @param {import('../index-knowledge').RowColumns} columns
   * @param {number} position  of the column
   */
  constructor(columns, position) {
    this.#columns = columns;
    this.#position = position;
  }

  /** @param {readonly unknown[]} keys */
  partsOf(keys) {
    const parts = [];
    for (const key of keys) {
      const part = Array.isArray(key) && key.length === 1 ? key[0] : key;
      if (!hasOneText(part)) return null;
      parts.push(part);
    }
    return parts;
  }

  /**
   * @param {import('../../..').Reply} reply
   * @param {readonly import('./row-maker.js').Row[]} rows  those of the reply
   */
  matchesOf(reply, rows) {
    const textOf = this.#textsOf(reply, rows);
    return (/** @type {number} */ ordinal, /** @type {unknown} */ part) => {
      return isTextOf(textOf(ordinal), part);
    };
  }

  /**
   * @param {import('../../..').Reply} reply
   * @param {readonly import('./row-maker.js').Row[]} rows
   * @returns {(ordinal: number) => unknown}
   */
  #textsOf(reply, rows) {
    const { names, types } = this.#columns;
    if (types[this.#position] === null) {
      const name = names[this.#position];
      return (ordinal) => rows[ordinal][name];
    }
    const { values } = reply;
    return (ordinal) => values[ordinal * names.length + this.#position];
  }
}

/**
 * Whether the server usually returns this value as the same text.
 * @param {unknown} part
 * @returns {part is string | bigint | number}
 */
function hasOneText(part) {
  return typeof part === 'string' || typeof part === 'bigint' || Number.isFinite(part);
}

/**
 * Whether a text is how a value is written. Making the digits of a number takes less time than
 * making a string of it.
 * @param {unknown} text
 * @param {unknown} value
 */
function isTextOf(text, value) {
  if (typeof value === 'string' || typeof text !== 'string') return text === value;
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_INT32) || value % 1 !== 0) {
    return text === String(value);
  }
  let rest = value;
  let at = text.length;
  do {
    const tenth = (rest / 10) | 0;
    if (text.charCodeAt(--at) !== ZERO + rest - 10 * tenth) return false;
    rest = tenth;
  } while (rest > 0);
  return at === 0;
}

module.exports = { TextMatcher };
