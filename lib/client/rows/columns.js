'use strict';

const {
  types: { isDate },
} = require('node:util');
const { checkArray, checkOneOf, checkOptions } = require('../../util/check.js');
const { checkBindable, isBindable } = require('../../protocol/encode.js');
const { show, showKind } = require('../../util/show.js');
const { valuesOf } = require('./row-object.js');
const { TYPES, toDateTime } = require('./types.js');

/** The columns of an index, and how the values that callers give go by their names. */
class Columns {
  #names;
  /** Null for text as it is. @type {readonly (Type | null)[]} */
  #types;
  /** Which are never NULL. @type {ReadonlySet<string>} */
  #notNull;

  /**
   * @param {readonly string[]} names
   * @param {Readonly<Record<string, string>>} types
   * @param {readonly string[]} [notNull]
   */
  constructor(names, types, notNull = []) {
    this.#names = checkColumns(names);
    this.#notNull = checkNotNull(notNull, this.#names);
    checkOptions(types, 'target.types');
    const unknown = Object.keys(types).findIndex((name) => !names.includes(name));
    if (unknown !== -1) {
      throw new TypeError(
        `target.types must name target.columns only: its name ${unknown} is none`,
      );
    }
    this.#types = names.map((name) => {
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      if (type === undefined || type === 'string') return null;
      checkOneOf(type, `target.types.${name}`, TYPE_NAMES);
      return TYPES[/** @type {keyof typeof TYPES} */ (type)];
    });
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

  /**
   * The values to insert: all columns, null for those that are not named.
   * @param {unknown} given
   * @param {string} argument
   * @returns {readonly unknown[]}
   */
  toInsert(given, argument) {
    if (Array.isArray(given)) return this.#fromArray(given, argument);
    const values = this.#checkNamed(given, argument);
    return this.#names.map((name, i) => {
      return Object.hasOwn(values, name) ? this.#toBindable(values[name], i, argument) : null;
    });
  }

  /**
   * The columns to change, in the index's order, and their values.
   * @param {unknown} given
   * @param {string} argument
   * @returns {{ names: readonly string[], values: readonly unknown[] }}
   */
  toUpdate(given, argument) {
    if (Array.isArray(given)) {
      const values = this.#fromArray(given, argument);
      for (const [i, name] of this.#names.entries()) {
        if (values[i] === null) this.#checkNullable(name, argument);
      }
      return { names: this.#names, values };
    }
    const named = this.#checkNamed(given, argument);
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
   * A filter's value, or what else is compared with the column of that name.
   * @param {unknown} value
   * @param {string} name
   * @param {string} argument
   */
  toCompared(value, name, argument) {
    const type = this.#types[this.#names.indexOf(name)];
    const takesDate = isDate(value) && type === TYPES.datetime;
    return takesDate ? toDateTime(value, argument) : checkBindable(value, argument);
  }

  /**
   * The protocol does not tell which columns a key has, so a Date may stand in it if any column is declared to hold one.
   * @param {unknown} part
   * @param {string} argument
   */
  toKeyPart(part, argument) {
    const takesDate = isDate(part) && this.#types.includes(TYPES.datetime);
    return takesDate ? toDateTime(part, argument) : checkBindable(part, argument);
  }

  /**
   * The server leaves a NOT NULL column as it is where it is to become NULL, and says nothing.
   * @param {string} name  of a column that is to be set to null
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
    if (given.length !== length) {
      throw new TypeError(
        `${argument} must have a value for each of the ${length} columns, not ${given.length} values`,
      );
    }
    const values = [];
    for (let i = 0; i < length; i++) values.push(this.#toBindable(given[i], i, argument));
    return values;
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  #checkNamed(given, argument) {
    const values = valuesOf(given, this.#names);
    if (values === null) {
      throw new TypeError(
        `${argument} must be an object of values by column, or an array, not ${show(given)}`,
      );
    }
    for (const name of Object.keys(/** @type {object} */ (given))) {
      if (!this.#names.includes(name)) {
        throw new TypeError(
          `${argument} names '${name}', which is not among the index's columns: ${this.#names.join(', ')}`,
        );
      }
    }
    return values;
  }

  /**
   * What the protocol's encoder takes: it refuses what is no Bindable, by the name given here.
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

const TYPE_NAMES = new Set(['string', ...Object.keys(TYPES)]);

/** @param {readonly string[]} names */
function checkColumns(names) {
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(`target.columns must be an array of column names, not ${showKind(names)}`);
  }
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated !== -1) {
    throw new TypeError(
      `target.columns[${repeated}] is the same as another: a row can hold a column only once`,
    );
  }
  return [...names];
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

module.exports = { Columns };
