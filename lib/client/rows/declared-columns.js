'use strict';

const {
  types: { isDate },
} = require('node:util');
const { checkArray } = require('../../util/check.js');
const { checkBindable, isBindable } = require('../../protocol/encode.js');
const { checkAmount } = require('./amounts.js');
const { checkColumns } = require('./column-names.js');
const { checkValueCount, onlyValuesOf } = require('./row-object.js');
const { TYPES, checkTypes, toDateTime } = require('./types.js');

/** @typedef {import('../index-knowledge').Columns} Columns */

/**
 * The columns of an index as its caller declares them (index-knowledge.d.ts).
 * @implements {Columns}
 */
class DeclaredColumns {
  #names;
  /** null for text that is not converted. @type {readonly (Type | null)[]} */
  #types;
  /** Names of columns that are never NULL. @type {ReadonlySet<string>} */
  #notNull;

  /**
   * @param {readonly string[]} names
   * @param {Readonly<Record<string, string>>} types
   * @param {readonly string[]} [notNull]
   */
  constructor(names, types, notNull = []) {
    this.#names = checkColumns(names);
    this.#notNull = checkNotNull(notNull, this.#names);
    this.#types = checkTypes(types, this.#names);
  }

  get names() {
    return this.#names;
  }

  get types() {
    return this.#types;
  }

  get notNull() {
    return this.#notNull;
  }

  get notNullReason() {
    return 'is declared notNull';
  }

  /**
   * All columns, with null for those that are not named.
   * @param {unknown} given
   * @param {string} argument
   */
  toInsert(given, argument) {
    const names = this.#names;
    if (Array.isArray(given)) return { names, values: this.#fromArray(given, argument) };
    const named = onlyValuesOf(given, names, argument);
    const values = names.map((name, i) => {
      return Object.hasOwn(named, name) ? this.#toBindable(named[name], i, argument) : null;
    });
    return { names, values };
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  toUpdate(given, argument) {
    if (Array.isArray(given)) {
      const values = this.#fromArray(given, argument);
      for (const [i, name] of this.#names.entries()) {
        if (values[i] === null) this.#checkNullable(name, argument);
      }
      return { names: this.#names, values };
    }
    const named = onlyValuesOf(given, this.#names, argument);
    const names = [];
    const values = [];
    for (const [i, name] of this.#names.entries()) {
      if (!Object.hasOwn(named, name)) continue;
      const value = this.#toBindable(named[name], i, argument);
      if (value === null) this.#checkNullable(name, argument);
      names.push(name);
      values.push(value);
    }
    if (names.length === 0) throw new TypeError(`${argument} must name at least one column`);
    return { names, values };
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  toIncrement(given, argument) {
    const amounts = this.toUpdate(given, argument);
    for (const [i, value] of amounts.values.entries()) {
      checkAmount(value, `${argument}.${amounts.names[i]}`);
    }
    return amounts;
  }

  /**
   * @param {unknown} value
   * @param {string} name
   * @param {string} argument
   */
  toFilter(value, name, argument) {
    const type = this.#types[this.#names.indexOf(name)];
    const takesDate = isDate(value) && type === TYPES.datetime;
    return takesDate ? toDateTime(value, argument) : checkBindable(value, argument);
  }

  /**
   * The server silently leaves a NOT NULL column unchanged when it is set to NULL.
   * @param {string} name  of a column to be set to null
   * @param {string} argument
   */
  #checkNullable(name, argument) {
    if (!this.#notNull.has(name)) return;
    throw new TypeError(
      `${argument}.${name} must not be null: the column is declared notNull, and the server would leave it as it is`,
    );
  }

  /**
   * @param {readonly unknown[]} given
   * @param {string} argument
   */
  #fromArray(given, argument) {
    const { length } = this.#names;
    checkValueCount(given, length, argument);
    const values = [];
    for (let i = 0; i < length; i++) values.push(this.#toBindable(given[i], i, argument));
    return values;
  }

  /**
   * Converts a value for the protocol's encoder, and refuses one that is not a Bindable by its
   * column's name.
   * @param {unknown} value
   * @param {number} column
   * @param {string} argument
   */
  #toBindable(value, column, argument) {
    const type = this.#types[column];
    const isTaken = type?.toText === undefined || value === null;
    if (isTaken && isBindable(value)) return value;
    const name = `${argument}.${this.#names[column]}`;
    return isTaken ? checkBindable(value, name) : type.toText?.(value, name);
  }
}

/**
 * @param {readonly string[]} given
 * @param {readonly string[]} names
 */
function checkNotNull(given, names) {
  checkArray(given, 'target.notNull');
  const unknown = given.findIndex((name) => !names.includes(name));
  if (unknown === -1) return new Set(given);
  throw new TypeError(`target.notNull[${unknown}] is not among target.columns`);
}

/** @typedef {import('./types.js').Type} Type */

module.exports = { DeclaredColumns };
