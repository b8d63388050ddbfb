'use strict';

/** @typedef {import('../index-knowledge').RowMatcher} RowMatcher */

/**
 * Matches rows by their key as the server shows it: equal keys have the same text, however they are
 * written.
 * @implements {RowMatcher}
 */
class ShownMatcher {
  #name;
  #toPart;
  #show;

  /**
   * @param {string} name  of the key's only column; rows hold its value as the codec decodes it
   * @param {(key: unknown, argument: string) => import('../../..').Bindable} toPart  checks a key and encodes it
   * @param {(encoded: import('../../..').Bindable) => string} show
   */
  constructor(name, toPart, show) {
    this.#name = name;
    this.#toPart = toPart;
    this.#show = show;
  }

  /** @param {readonly unknown[]} keys */
  partsOf(keys) {
    const parts = [];
    for (let i = 0; i < keys.length; i++) parts.push(this.#toPart(keys[i], `keys[${i}]`));
    return parts;
  }

  /**
   * @param {import('../../..').Reply} _reply
   * @param {readonly import('./row-maker.js').Row[]} rows
   */
  matchesOf(_reply, rows) {
    const shownAt = (/** @type {number} */ ordinal) => {
      return this.#show(this.#toPart(rows[ordinal][this.#name], 'key'));
    };
    return (/** @type {number} */ ordinal, /** @type {unknown} */ part) => {
      return shownAt(ordinal) === this.#show(/** @type {import('../../..').Bindable} */ (part));
    };
  }
}

module.exports = { ShownMatcher };
