'use strict';

const { inspect } = require('node:util');
const { HandlerSocketError } = require('../../errors/index.js');
const { ZERO } = require('../../protocol/constants.js');
const { access } = require('../../core/reply.js');
const { unexpectedReply } = require('./results.js');
const { rowMakerOf } = require('./row-maker.js');

/** Makes rows of replies: objects by the columns' names, with values of the declared types. */
class RowReader {
  #names;
  /** How each column's value is made of what came; null for text as it is. */
  #types;
  /** It converts what is text; where some columns are bytes, all values are made before. */
  #rowMaker;
  #takesBytes;
  #table;
  #notNull;

  /**
   * @param {readonly string[]} names
   * @param {readonly (Type | null)[]} types
   * @param {string} table  for errors
   * @param {ReadonlySet<string>} notNull  columns in which NULL is an error
   */
  constructor(names, types, table, notNull) {
    this.#names = names;
    this.#types = types;
    this.#table = table;
    this.#notNull = notNull;
    this.#takesBytes = types.some((type) => type?.fromBytes !== undefined);
    this.#rowMaker = this.#makeRowMaker();
  }

  /**
   * A reader of rows that have only these of the columns.
   * @param {readonly string[]} names
   */
  only(names) {
    const types = names.map((name) => this.#types[this.#names.indexOf(name)]);
    return new RowReader(names, types, this.#table, this.#notNull);
  }

  /**
   * A reply, checked to have rows of as many columns as are read. Its rows may be looked at in other ways then.
   * @param {import('../../..').Reply} reply
   */
  checkWidth(reply) {
    const { length } = this.#names;
    if (reply.columnCount === length) return reply;
    throw unexpectedReply(
      reply,
      `rows of ${reply.columnCount} columns of ${this.#table}, where ${length} are open`,
    );
  }

  /**
   * The first row of a reply.
   * @param {import('../../..').Reply} reply
   */
  first(reply) {
    this.checkWidth(reply);
    if (!this.#takesBytes) return access.makeFirstRow(reply, this.#rowMaker);
    const [row] = this.#rowsOfBuffers(reply);
    return row ?? null;
  }

  /**
   * The rows of an IN list by its values, null for those without one; undefined if the rows do not tell which they are.
   * The server gives them in the order of the list.
   * @param {import('../../..').Reply} reply
   * @param {readonly unknown[]} list
   * @param {number} column  that the list is of
   * @param {Row[]} [found]  the rows of the reply
   */
  ofList(reply, list, column, found = this.all(reply)) {
    const texts = this.#textsOf(reply, found, column);
    const rows = [];
    let next = 0;
    for (const value of list) {
      const isFound = next < found.length && isTextOf(texts(next), value);
      rows.push(isFound ? found[next++] : null);
    }
    return next === found.length ? rows : undefined;
  }

  /** @param {import('../../..').Reply} reply */
  all(reply) {
    this.checkWidth(reply);
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
   * @param {import('../../..').Reply} reply
   * @returns {() => Row | undefined}
   */
  inTurn(reply) {
    this.checkWidth(reply);
    const parts = access.partCount(reply);
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
        if (this.#takesBytes) this.#addRowsOfBuffers(reply, nextPart, rows);
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

  #makeRowMaker() {
    const types = this.#types.map((type) => (this.#takesBytes ? null : type));
    const converters = types.map((type, i) => {
      return type === null ? null : (/** @type {string} */ text) => this.#toValue(type, text, i);
    });
    const refusers = this.#names.map((name) => (this.#notNull.has(name) ? this.#refuseNull : null));
    const isPlain = types.every((type) => type === null) && this.#notNull.size === 0;
    const typeNames = types.map((type) => type?.name);
    const notNull = [...this.#notNull];
    const key = isPlain ? [this.#names] : [this.#names, typeNames, this.#table, notNull];
    return rowMakerOf(this.#names, converters, refusers, JSON.stringify(key));
  }

  /** @param {string} name */
  #refuseNull = (name) => {
    throw new HandlerSocketError(
      'ERR_HS_VALUE',
      `column '${name}' of ${this.#table} holds NULL, and is declared notNull`,
    );
  };

  /**
   * What gives the text of a column of each row.
   * @param {import('../../..').Reply} reply
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

  /** @param {import('../../..').Reply} reply */
  #rowsOfBuffers(reply) {
    /** @type {Row[]} */
    const rows = [];
    const parts = access.partCount(reply);
    for (let part = 0; part < parts; part++) this.#addRowsOfBuffers(reply, part, rows);
    return rows;
  }

  /**
   * Rows that have columns of bytes.
   * @param {import('../../..').Reply} reply
   * @param {number} part
   * @param {Row[]} rows  to add to
   */
  #addRowsOfBuffers(reply, part, rows) {
    // Once: each look at them cuts them anew.
    const buffers = access.takeBuffers(reply, part);
    for (let start = 0; start < buffers.length; start += this.#names.length) {
      const values = this.#names.map((_, i) => {
        const bytes = buffers[start + i];
        const type = this.#types[i];
        if (bytes === null || type?.fromBytes) return bytes;
        return type === null ? bytes.toString() : this.#toValue(type, bytes.toString(), i);
      });
      rows.push(this.#rowMaker.fromValues(values));
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
}

/** @param {string} text */
function shorten(text) {
  return inspect(text, { maxStringLength: 60 });
}

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

module.exports = { RowReader };
