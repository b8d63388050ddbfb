'use strict';

const {
  inspect,
  types: { isUint8Array },
} = require('node:util');
const { checkOneOf, checkOptions } = require('../check.js');
const { checkBindable, show } = require('../encode.js');
const { HandlerSocketError } = require('../errors.js');
const { access } = require('../reply.js');
const { rowMakerOf } = require('./row-maker.js');
const { TYPES, toDateTime } = require('./types.js');

/** The columns of an index, and how rows and values go by their names. */
class Columns {
  #names;
  #rowMaker;
  /** How each column's value is made of what came; null for text as it is. @type {(Type | null)[]} */
  #types;
  #isPlain;
  #takesBytes;
  #table;

  /**
   * @param {readonly string[]} names
   * @param {Readonly<Record<string, string>>} types
   * @param {string} table  for errors
   */
  constructor(names, types, table) {
    this.#names = checkColumns(names);
    checkOptions(types, 'target.types');
    for (const name of Object.keys(types)) {
      if (!names.includes(name)) {
        throw new TypeError(`target.types names '${name}', which is not among target.columns`);
      }
    }
    this.#rowMaker = rowMakerOf(this.#names);
    this.#types = names.map((name) => {
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      if (type === undefined || type === 'string') return null;
      checkOneOf(type, `target.types.${name}`, TYPE_NAMES);
      return TYPES[/** @type {keyof typeof TYPES} */ (type)];
    });
    this.#isPlain = this.#types.every((type) => type === null);
    this.#takesBytes = this.#types.some((type) => type?.fromBytes !== undefined);
    this.#table = table;
  }

  get names() {
    return this.#names;
  }

  /**
   * Those of the given names, which are among these.
   * @param {readonly string[]} names
   */
  only(names) {
    const types = names.map((name) => [
      name,
      this.#types[this.#names.indexOf(name)]?.name ?? 'string',
    ]);
    return new Columns(names, Object.fromEntries(types), this.#table);
  }

  /**
   * The first row of a reply.
   * @param {import('../..').Reply} reply
   */
  firstRow(reply) {
    if (this.#isPlain) {
      const row = access.cutRow(reply, this.#rowMaker.fromText);
      if (row !== undefined) return row;
    }
    const { count, readRow } = this.reader(reply);
    return count === 0 ? null : readRow(0);
  }

  /**
   * The rows of an IN list by its values, null for those without one; undefined if the rows do not tell which they are.
   * The server gives them in the order of the list.
   * @param {import('../..').Reply} reply
   * @param {readonly string[]} list
   * @param {number} column  that the list is of
   */
  rowsOfList(reply, list, column) {
    const { values } = reply;
    const width = this.#names.length;
    const { readRow } = this.reader(reply);
    let found = 0;
    const rows = list.map((text) => {
      return values[found * width + column] === text ? readRow(found++) : null;
    });
    return found * width === values.length ? rows : undefined;
  }

  /** @param {import('../..').Reply} reply */
  rows(reply) {
    const { count, readRow } = this.reader(reply);
    return Array.from({ length: count }, (_, i) => readRow(i));
  }

  /**
   * How many rows a reply has, and what gives them by their ordinals.
   * @param {import('../..').Reply} reply
   */
  reader(reply) {
    // Each look at either cuts it anew, and text of what is no text takes long to make.
    const buffers = this.#takesBytes ? reply.buffers : null;
    const values = buffers === null ? reply.values : [];
    const width = this.#names.length;
    /** @param {number} ordinal */
    const readRow = (ordinal) => this.#toRow(values, buffers, ordinal * width);
    return { count: (buffers ?? values).length / width, readRow };
  }

  /**
   * @param {readonly import('../..').Text[]} values
   * @param {readonly (Buffer | null)[] | null} buffers  in place of the values
   * @param {number} start  of the row among them
   */
  #toRow(values, buffers, start) {
    if (this.#isPlain) return this.#rowMaker.fromValues(values, start);
    const read = this.#names.map((name, i) => {
      const type = this.#types[i];
      if (buffers === null) {
        const value = values[start + i];
        return value === null ? null : this.#toValue(type, value, name);
      }
      const bytes = buffers[start + i];
      if (bytes === null || type?.fromBytes) return bytes;
      return this.#toValue(type, bytes.toString(), name);
    });
    return this.#rowMaker.fromValues(read, 0);
  }

  /**
   * @param {Type | null} type
   * @param {string} text
   * @param {string} name
   */
  #toValue(type, text, name) {
    if (type === null) return text;
    const value = type.fromText(text);
    if (value !== undefined) return value;
    throw new HandlerSocketError(
      'ERR_HS_VALUE',
      `column '${name}' of ${this.#table} holds ${shorten(text)}, which does not fit the declared type '${type.name}'${type.advice}`,
    );
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
      return { names: this.#names, values: this.#fromArray(given, argument) };
    }
    const named = this.#checkNamed(given, argument);
    const names = this.#names.filter((name) => Object.hasOwn(named, name));
    if (names.length === 0) throw new TypeError(`${argument} must name at least one column`);
    const values = names.map((name) => {
      return this.#toBindable(named[name], this.#names.indexOf(name), argument);
    });
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
    const takesDate = value instanceof Date && type === TYPES.datetime;
    return takesDate ? toDateTime(value, argument) : checkBindable(value, argument);
  }

  /**
   * The protocol does not tell which columns a key has, so a Date may stand in it if any column is declared to hold one.
   * @param {unknown} part
   * @param {string} argument
   */
  toKeyPart(part, argument) {
    const takesDate = part instanceof Date && this.#types.includes(TYPES.datetime);
    return takesDate ? toDateTime(part, argument) : checkBindable(part, argument);
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
    return Array.from(given, (value, i) => this.#toBindable(value, i, argument));
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  #checkNamed(given, argument) {
    if (!isRecord(given)) {
      throw new TypeError(
        `${argument} must be an object of values by column, or an array, not ${show(given)}`,
      );
    }
    for (const name of Object.keys(given)) {
      if (!this.#names.includes(name)) {
        throw new TypeError(
          `${argument} names '${name}', which is not among the index's columns: ${this.#names.join(', ')}`,
        );
      }
    }
    return /** @type {Record<string, unknown>} */ (given);
  }

  /**
   * What the protocol's encoder takes: it refuses what is no Bindable, by the name given here.
   * @param {unknown} value
   * @param {number} column
   * @param {string} argument
   */
  #toBindable(value, column, argument) {
    const type = this.#types[column];
    const name = `${argument}.${this.#names[column]}`;
    if (type?.toText && value !== null) return type.toText(value, name);
    return checkBindable(value, name);
  }
}

/**
 * Whether it is an object of values: a plain one, or one of a class that has some. A Date, a Map or a promise that was not
 * awaited has none.
 * @param {unknown} value
 * @returns {value is object}
 */
function isRecord(value) {
  if (typeof value !== 'object' || value === null || isUint8Array(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.keys(value).length > 0;
}

const TYPE_NAMES = new Set(['string', ...Object.keys(TYPES)]);

/** @param {readonly string[]} names */
function checkColumns(names) {
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(`target.columns must be an array of column names, not ${show(names)}`);
  }
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new TypeError(`target.columns has '${repeated}' twice: a row can hold it only once`);
  }
  return [...names];
}

/** @param {string} text */
function shorten(text) {
  return inspect(text, { maxStringLength: 60 });
}

/** @typedef {import('./types.js').Type} Type */

module.exports = { Columns };
