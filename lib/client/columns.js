'use strict';

const {
  inspect,
  types: { isUint8Array },
} = require('node:util');
const { checkOneOf, checkOptions } = require('../check.js');
const { checkBindable, isBindable, show } = require('../encode.js');
const { HandlerSocketError } = require('../errors.js');
const { access } = require('../reply.js');
const { rowMakerOf } = require('./row-maker.js');
const { TYPES, toDateTime } = require('./types.js');

/** The columns of an index, and how rows and values go by their names. */
class Columns {
  #names;
  /** How each column's value is made of what came; null for text as it is. @type {(Type | null)[]} */
  #types;
  /** Of text; where bytes are taken, of values that are ready. */
  #rowMaker;
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
    this.#types = names.map((name) => {
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      if (type === undefined || type === 'string') return null;
      checkOneOf(type, `target.types.${name}`, TYPE_NAMES);
      return TYPES[/** @type {keyof typeof TYPES} */ (type)];
    });
    this.#takesBytes = this.#types.some((type) => type?.fromBytes !== undefined);
    this.#table = table;
    this.#rowMaker = this.#makeRowMaker();
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
    this.#checkWidth(reply);
    if (!this.#takesBytes) return access.makeFirstRow(reply, this.#rowMaker);
    const [row] = this.#rowsOfBuffers(reply);
    return row ?? null;
  }

  /**
   * The rows of an IN list by its values, null for those without one; undefined if the rows do not tell which they are.
   * The server gives them in the order of the list.
   * @param {import('../..').Reply} reply
   * @param {readonly unknown[]} list
   * @param {number} column  that the list is of
   */
  rowsOfList(reply, list, column) {
    const found = this.rows(reply);
    const texts = this.#textsOf(reply, found, column);
    const rows = [];
    let next = 0;
    for (const value of list) {
      const isFound = next < found.length && isTextOf(texts(next), value);
      rows.push(isFound ? found[next++] : null);
    }
    return next === found.length ? rows : undefined;
  }

  /** @param {import('../..').Reply} reply */
  rows(reply) {
    this.#checkWidth(reply);
    if (this.#takesBytes) return this.#rowsOfBuffers(reply);
    /** @type {Row[]} */
    const rows = [];
    const parts = access.partCount(reply);
    for (let part = 0; part < parts; part++) access.makeRows(reply, part, this.#rowMaker, rows);
    return rows;
  }

  /**
   * The rows of a reply one after the other. Not all of them are made at once; one that cannot be made is an error in its
   * turn.
   * @param {import('../..').Reply} reply
   * @returns {() => Row | undefined}
   */
  rowReader(reply) {
    this.#checkWidth(reply);
    const parts = this.#takesBytes ? 1 : access.partCount(reply);
    let nextPart = 0;
    /** @type {Row[]} */
    let rows = [];
    let given = 0;
    /** @type {unknown} */
    let error = null;
    const makePart = () => {
      rows = [];
      given = 0;
      try {
        if (this.#takesBytes) this.#addRowsOfBuffers(reply, rows);
        else access.makeRows(reply, nextPart, this.#rowMaker, rows);
      } catch (caught) {
        error = caught;
      }
      nextPart++;
    };
    return () => {
      while (given === rows.length) {
        if (error !== null) throw error;
        if (nextPart === parts) return undefined;
        makePart();
      }
      return rows[given++];
    };
  }

  /** @param {import('../..').Reply} reply */
  #checkWidth({ columnCount }) {
    const { length } = this.#names;
    if (columnCount === length) return;
    throw new HandlerSocketError(
      'ERR_HS_PROTOCOL',
      `the server gave rows of ${columnCount} columns of ${this.#table}, where ${length} are open`,
    );
  }

  #makeRowMaker() {
    const types = this.#types.map((type) => (this.#takesBytes ? null : type));
    const converters = types.map((type, i) => {
      return type === null ? null : (/** @type {string} */ text) => this.#toValue(type, text, i);
    });
    const isPlain = types.every((type) => type === null);
    const typeNames = types.map((type) => type?.name);
    const key = isPlain ? [this.#names] : [this.#names, typeNames, this.#table];
    return rowMakerOf(this.#names, converters, JSON.stringify(key));
  }

  /**
   * What gives the text of a column of each row.
   * @param {import('../..').Reply} reply
   * @param {readonly Row[]} rows  those of the reply
   * @param {number} column
   * @returns {(ordinal: number) => unknown}
   */
  #textsOf(reply, rows, column) {
    if (this.#types[column] === null) {
      const name = this.#names[column];
      return (ordinal) => rows[ordinal][name];
    }
    const { values } = reply;
    return (ordinal) => values[ordinal * this.#names.length + column];
  }

  /** @param {import('../..').Reply} reply */
  #rowsOfBuffers(reply) {
    /** @type {Row[]} */
    const rows = [];
    this.#addRowsOfBuffers(reply, rows);
    return rows;
  }

  /**
   * Rows that have columns of bytes.
   * @param {import('../..').Reply} reply
   * @param {Row[]} rows  to add to
   */
  #addRowsOfBuffers(reply, rows) {
    // Each look at them cuts them anew.
    const { buffers } = reply;
    for (let start = 0; start < buffers.length; start += this.#names.length) {
      const values = this.#names.map((_, i) => {
        const bytes = buffers[start + i];
        const type = this.#types[i];
        if (bytes === null || type?.fromBytes) return bytes;
        return type === null ? bytes.toString() : this.#toValue(type, bytes.toString(), i);
      });
      rows.push(this.#rowMaker.fromValues(values, 0));
    }
  }

  /**
   * @param {Type} type
   * @param {string} text
   * @param {number} column
   */
  #toValue(type, text, column) {
    const value = type.fromText(text);
    if (value !== undefined) return value;
    throw new HandlerSocketError(
      'ERR_HS_VALUE',
      `column '${this.#names[column]}' of ${this.#table} holds ${shorten(text)}, which does not fit the declared type '${type.name}'${type.advice}`,
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
    const names = [];
    const values = [];
    for (const [i, name] of this.#names.entries()) {
      if (!Object.hasOwn(named, name)) continue;
      names.push(name);
      values.push(this.#toBindable(named[name], i, argument));
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
    const values = [];
    for (let i = 0; i < length; i++) values.push(this.#toBindable(given[i], i, argument));
    return values;
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
    const isTaken = type?.toText === undefined || value === null;
    if (isTaken && isBindable(value)) return value;
    const name = `${argument}.${this.#names[column]}`;
    return isTaken ? checkBindable(value, name) : type.toText?.(value, name);
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

const ZERO = 0x30;
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Whether a text is what a value is written as. To make a number's digits takes less time than to make a string of it.
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

/**
 * @typedef {import('./types.js').Type} Type
 * @typedef {import('./row-maker.js').Row} Row
 */

module.exports = { Columns };
