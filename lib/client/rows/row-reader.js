'use strict';

const { inspect } = require('node:util');
const { HandlerSocketError } = require('../../errors/index.js');
const { access } = require('../../core/reply.js');
const { unexpectedReply } = require('./results.js');
const { rowMakerOf } = require('./row-maker.js');

/** Makes rows of replies: objects with the columns' names and typed values. */
class RowReader {
  #columns;
  #table;
  /**
   * Converts text values; if any column holds bytes, #addRowsOfBuffers has converted them already.
   */
  #rowMaker;
  #takesBytes;

  /**
   * @param {RowColumns} columns
   * @param {string} table  for errors
   */
  constructor(columns, table) {
    this.#columns = columns;
    this.#table = table;
    this.#takesBytes = columns.types.some((type) => type?.fromBytes !== undefined);
    this.#rowMaker = this.#makeRowMaker();
  }

  /**
   * A reader of rows that have only these columns.
   * @param {readonly string[]} names
   */
  only(names) {
    const { types, notNull, notNullReason } = this.#columns;
    const own = names.map((name) => types[this.#columns.names.indexOf(name)]);
    return new RowReader({ names, types: own, notNull, notNullReason }, this.#table);
  }

  /**
   * Returns the reply if its rows have as many columns as this reader reads. Other code may then
   * read them too.
   * @param {import('../../..').Reply} reply
   */
  checkWidth(reply) {
    const { length } = this.#columns.names;
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
   * The rows of an IN list in the order of its values, null for values without a row; undefined if
   * the rows do not tell which value each belongs to. The server returns them in the order of the
   * list.
   * @param {import('../../..').Reply} reply
   * @param {readonly unknown[]} list
   * @param {import('../index-knowledge').RowMatcher} matcher
   * @param {Row[]} [found]  the rows of the reply
   */
  ofList(reply, list, matcher, found = this.all(reply)) {
    const belongsTo = matcher.matchesOf(reply, found);
    const rows = [];
    let next = 0;
    for (const part of list) {
      const isFound = next < found.length && belongsTo(next, part);
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
   * The rows of a reply one after the other, a part of the reply at a time. If a row cannot be
   * made, its turn throws the error.
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
    const { names, notNull, notNullReason } = this.#columns;
    const types = this.#columns.types.map((type) => (this.#takesBytes ? null : type));
    const converters = types.map((type, i) => {
      return type === null ? null : (/** @type {string} */ text) => this.#toValue(type, text, i);
    });
    const refusers = names.map((name) => (notNull.has(name) ? this.#refuseNull : null));
    const isPlain = types.every((type) => type === null) && notNull.size === 0;
    const typeNames = types.map((type) => type?.name);
    const key = isPlain ? [names] : [names, typeNames, this.#table, [...notNull], notNullReason];
    return rowMakerOf(names, converters, refusers, JSON.stringify(key));
  }

  /** @param {string} name */
  #refuseNull = (name) => {
    throw new HandlerSocketError(
      'ERR_HS_VALUE',
      `column '${name}' of ${this.#table} holds NULL, and ${this.#columns.notNullReason}`,
    );
  };

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
    // Take the buffers once: each access cuts them again.
    const buffers = access.takeBuffers(reply, part);
    const { names, types } = this.#columns;
    for (let start = 0; start < buffers.length; start += names.length) {
      const values = types.map((type, i) => {
        const bytes = buffers[start + i];
        if (bytes === null) return null;
        if (type === null) return bytes.toString();
        return this.#toValue(type, type.fromBytes === undefined ? bytes.toString() : bytes, i);
      });
      rows.push(this.#rowMaker.fromValues(values));
    }
  }

  /**
   * @param {Type} type
   * @param {any} given  the text or the bytes, as the type expects
   * @param {number} column
   */
  #toValue(type, given, column) {
    const value = type.fromBytes === undefined ? type.fromText(given) : type.fromBytes(given);
    if (value !== undefined) return value;
    throw new HandlerSocketError(
      'ERR_HS_VALUE',
      `column '${this.#columns.names[column]}' of ${this.#table} holds ${shorten(given)}, which does not fit the declared type '${type.name}'${type.advice}`,
    );
  }
}

/** @param {string | Buffer} given */
function shorten(given) {
  return inspect(given, { maxStringLength: 60 });
}

/**
 * @typedef {import('../index-knowledge').RowColumns} RowColumns
 * @typedef {import('./types.js').Type} Type
 * @typedef {import('./row-maker.js').Row} Row
 */

module.exports = { RowReader };
