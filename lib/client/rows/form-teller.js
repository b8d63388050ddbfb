'use strict';

/** @typedef {import('../index-knowledge').KeyTeller} KeyTeller */

/**
 * Tells rows by the form of their key, which is the same for all ways to write it.
 * @implements {KeyTeller}
 */
class FormTeller {
  #name;
  #toPart;
  #formOf;

  /**
   * @param {string} name  of the key's one column, which rows have as its codec makes it
   * @param {(key: unknown, argument: string) => import('../../..').Bindable} toPart  checks a key and encodes it
   * @param {(encoded: import('../../..').Bindable) => string} formOf
   */
  constructor(name, toPart, formOf) {
    this.#name = name;
    this.#toPart = toPart;
    this.#formOf = formOf;
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
  matcher(_reply, rows) {
    const formOfRow = (/** @type {number} */ ordinal) => {
      return this.#formOf(this.#toPart(rows[ordinal][this.#name], 'key'));
    };
    return (/** @type {number} */ ordinal, /** @type {unknown} */ part) => {
      return formOfRow(ordinal) === this.#formOf(/** @type {import('../../..').Bindable} */ (part));
    };
  }
}

module.exports = { FormTeller };
