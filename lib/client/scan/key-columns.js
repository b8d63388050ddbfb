'use strict';

const { showKind } = require('../../util/show.js');
const { isSame, keyAt } = require('../rows/rows.js');

/** How many rows each candidate has to find again. */
const SAMPLES = 4;
/** How many rows of a page are compared. More take long and tell little. */
const MAX_COMPARED = 1000;
/** The most leading columns that are tried as a key. */
const MAX_LEADING = 4;

/**
 * The positions of the columns that an index consists of. The protocol does not tell them: either
 * the user names them, or the first page of a scan determines them, as the columns whose values,
 * used as a key, find their own rows again.
 */
class KeyColumns {
  #count;
  #toSent;
  /**
   * undefined before the search, null if it found none.
   * @type {readonly number[] | null | undefined}
   */
  #positions;

  /**
   * @param {number} count  of all columns
   * @param {readonly number[] | null} [positions]  null if they cannot be known; if omitted, they
   *   are determined from the first page
   * @param {readonly (ToSent | null)[]} [toSent]  converts a row's value to the key part that finds
   *   it; null if they are the same
   */
  constructor(count, positions, toSent = []) {
    this.#count = count;
    this.#positions = positions;
    this.#toSent = toSent;
  }

  /**
   * The positions; null if they are unknown.
   * @param {import('../../..').Reply} reply  a page
   * @param {number} rows  how many of its rows to compare
   * @param {import('./scan.js').Find} find
   */
  async get(reply, rows, find) {
    const compared = Math.min(rows, MAX_COMPARED);
    if (this.#positions === undefined) this.#positions = await this.#search(reply, compared, find);
    return this.#positions;
  }

  /**
   * The key that finds a row.
   * @param {import('../../..').Reply} reply
   * @param {number} ordinal
   */
  keyAt(reply, ordinal) {
    const shown = keyAt(reply, ordinal, /** @type {readonly number[]} */ (this.#positions));
    if (this.#toSent.length === 0) return shown;
    return shown.map((value, i) => (value === null ? null : (this.#toSent[i]?.(value) ?? value)));
  }

  /**
   * @param {import('../../..').Reply} reply
   * @param {number} rows
   * @param {import('./scan.js').Find} find
   */
  async #search(reply, rows, find) {
    const step = Math.max(1, Math.floor(rows / SAMPLES));
    const samples = Array.from({ length: Math.min(SAMPLES, rows) }, (_, i) => i * step);
    /** @param {readonly number[]} columns */
    const isKey = async (columns) => {
      if (!areDifferent(reply, rows, columns)) return false;
      const found = samples.map((ordinal) => findsItself(reply, ordinal, columns, find));
      return (await Promise.all(found)).every(Boolean);
    };
    // All finds travel in one batch. Of several leading columns, the longest key counts. A single
    // column counts only if no other does: two that look alike on this page may differ later.
    const leading = Array.from({ length: Math.min(this.#count, MAX_LEADING) - 1 }, (_, i) => {
      return Array.from({ length: i + 2 }, (_, j) => j);
    }).reverse();
    const single = Array.from({ length: this.#count }, (_, i) => [i]);
    const [areLeading, areSingle] = await Promise.all([
      Promise.all(leading.map(isKey)),
      Promise.all(single.map(isKey)),
    ]);
    if (areLeading.includes(true)) return leading[areLeading.indexOf(true)];
    const candidates = single.filter((_, i) => areSingle[i]);
    return candidates.length === 1 ? candidates[0] : null;
  }
}

/**
 * @param {readonly string[]} names
 * @param {readonly string[]} given
 */
function positionsOf(names, given) {
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError(
      `target.keyColumns must be an array of column names, not ${showKind(given)}`,
    );
  }
  return Array.from(given, (name, i) => {
    const position = names.indexOf(name);
    if (position === -1) {
      throw new TypeError(`target.keyColumns[${i}] is not among target.columns`);
    }
    return position;
  });
}

/**
 * Whether these columns look like those of a unique index: no NULL, and no two rows with the same
 * text.
 * @param {import('../../..').Reply} reply
 * @param {number} rows
 * @param {readonly number[]} columns
 */
function areDifferent({ rows: page }, rows, columns) {
  const keys = page.slice(0, rows).map((row) => columns.map((column) => row[column]));
  if (keys.some((key) => key.includes(null))) return false;
  return new Set(keys.map((key) => JSON.stringify(key))).size === rows;
}

/**
 * Whether a row's values in these columns, used as a key, find this row and no other.
 * @param {import('../../..').Reply} reply
 * @param {number} ordinal
 * @param {readonly number[]} columns
 * @param {import('./scan.js').Find} find
 */
async function findsItself(reply, ordinal, columns, find) {
  try {
    const { rows } = await find('=', keyAt(reply, ordinal, columns), 2, 0);
    return rows.length === 1 && isSame(rows[0], reply.rows[ordinal]);
  } catch (error) {
    // The key has more parts than the index.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** @typedef {(shown: unknown) => import('../../..').Bindable} ToSent */

module.exports = { KeyColumns, positionsOf };
