'use strict';

const { nextToken, numberAt, toRows } = require('./segment.js');
const {
  copyOf,
  cutBuffers,
  cutParts,
  cutText,
  endOfFirst,
  startOfLast,
  toBuffer,
} = require('../protocol/reply-text.js');

/**
 * A long reply, which comes by itself, in parts of whole rows. None is longer than a segment, so that a value that is kept
 * keeps no more alive; a row that is longer by itself comes as its values.
 *
 * @typedef {import('../../native.js').RowsPart} RowsPart
 */
class LongReply {
  #head;
  #rowCount;
  /** @type {'ascii' | 'utf8'} */
  #encoding;
  #parts;
  /** @type {import('../..').Text[] | null} */
  #values = null;
  /** @type {import('../..').Text[][] | null} */
  #rows = null;

  /**
   * @param {import('../../native.js').LongReply} reply
   * @param {string} address
   */
  constructor({ head, rows, isAscii, parts }, address) {
    this.address = address;
    this.#head = head;
    this.#rowCount = rows;
    // To make text of the one takes a fraction of the other's time.
    this.#encoding = isAscii ? 'ascii' : 'utf8';
    this.#parts = parts;
  }

  get count() {
    return 1;
  }

  errorCode() {
    return numberAt(this.#head, 0);
  }

  columnCount() {
    return numberAt(this.#head, nextToken(this.#head, 0));
  }

  rowCount() {
    return this.#rowCount;
  }

  values() {
    this.#values ??= cutParts(this.#parts, (part) => this.#cut(part));
    return this.#values;
  }

  rows() {
    this.#rows ??= toRows(this.values(), this.columnCount());
    return this.#rows;
  }

  buffers() {
    return cutParts(this.#parts, (part) => this.#cutBuffers(part, copyOf));
  }

  /**
   * The buffers, or those of a part, for one who does not look at them again: long values are not copied.
   * @param {number} _ordinal
   * @param {number} [ofPart]
   */
  takeBuffers(_ordinal, ofPart) {
    const parts = ofPart === undefined ? this.#parts : [this.#parts[ofPart]];
    return cutParts(parts, (part) => this.#cutBuffers(part, (buffer) => buffer));
  }

  firstRow() {
    const [part] = this.#parts;
    if (typeof part !== 'string') return this.#cut(part).slice(0, this.columnCount());
    return this.#cutBetween(part, 0, endOfFirst(part, 0, part.length, this.columnCount()));
  }

  /**
   * The values of the last rows.
   * @param {number} _ordinal
   * @param {number} rows
   */
  lastRows(_ordinal, rows) {
    const wanted = rows * this.columnCount();
    /** @type {import('../..').Text[]} */
    let values = [];
    for (let i = this.#parts.length - 1; i >= 0 && values.length < wanted; i--) {
      values = [...this.#cutLast(this.#parts[i], wanted - values.length), ...values];
    }
    return values;
  }

  /**
   * The first row.
   * @param {number} _ordinal
   * @param {import('./reply.js').RowMaker} maker
   */
  makeFirstRow(_ordinal, maker) {
    return maker.fromValues(this.firstRow());
  }

  /** How many parts the rows can be made in. */
  get partCount() {
    return this.#parts.length;
  }

  /**
   * Makes the rows of a part, and adds them to those given.
   * @param {number} _ordinal
   * @param {number} ofPart
   * @param {import('./reply.js').RowMaker} maker
   * @param {import('./reply.js').Row[]} rows
   */
  makeRows(_ordinal, ofPart, maker, rows) {
    const part = this.#parts[ofPart];
    if (typeof part === 'string' && !part.includes('\x01')) {
      maker.addFromText(part, 0, part.length, rows);
    } else {
      maker.addFromValues(this.#cut(part), rows);
    }
  }

  /**
   * @param {RowsPart} part
   * @param {(buffer: Buffer) => Buffer} give  what is made of those that are there
   */
  #cutBuffers(part, give) {
    if (Array.isArray(part)) {
      return part.map((value) => (Buffer.isBuffer(value) ? give(value) : toBuffer(value ?? null)));
    }
    if (typeof part === 'string') return this.#cut(part).map(toBuffer);
    return cutBuffers(part, 0, part.length);
  }

  /** @param {RowsPart} part */
  #cut(part) {
    if (Array.isArray(part)) return part.map((value) => value?.toString(this.#encoding) ?? null);
    const text = part.toString();
    return this.#cutBetween(text, 0, text.length);
  }

  /**
   * So many values from the end on, or all if there are fewer.
   * @param {RowsPart} part
   * @param {number} count
   */
  #cutLast(part, count) {
    if (typeof part !== 'string') return this.#cut(part).slice(-count);
    return this.#cutBetween(part, startOfLast(part, 0, part.length, count), part.length);
  }

  /**
   * @param {string} part
   * @param {number} start
   * @param {number} end
   */
  #cutBetween(part, start, end) {
    return cutText(part, start, end, this.columnCount(), part.includes('\x01'));
  }
}

module.exports = { LongReply };
