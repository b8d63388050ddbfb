'use strict';

const { nextToken, numberAt, toRows } = require('./segment.js');
const {
  copyOf,
  findEndOfFirst,
  findStartOfLast,
  flatMap,
  parseBuffers,
  parseValues,
  toBuffer,
} = require('../protocol/reply-text.js');

/**
 * A long reply. It crosses from the addon by itself, in parts of whole rows. Each part is no longer
 * than a segment, so that a value keeps no more text alive than a segment does. A row that is
 * longer than that crosses as its values. This class has the methods of Segment, for one reply.
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
    // Decoding ASCII takes a fraction of the time of UTF-8.
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
    this.#values ??= flatMap(this.#parts, (part) => this.#parse(part));
    return this.#values;
  }

  rows() {
    this.#rows ??= toRows(this.values(), this.columnCount());
    return this.#rows;
  }

  buffers() {
    return flatMap(this.#parts, (part) => this.#parseBuffers(part, copyOf));
  }

  /**
   * The buffers of a part or of all parts. Long values are not copied, so they must not be taken
   * twice.
   * @param {number} _ordinal
   * @param {number} [ofPart]
   */
  takeBuffers(_ordinal, ofPart) {
    const parts = ofPart === undefined ? this.#parts : [this.#parts[ofPart]];
    return flatMap(parts, (part) => this.#parseBuffers(part, (buffer) => buffer));
  }

  firstRow() {
    const [part] = this.#parts;
    if (typeof part !== 'string') return this.#parse(part).slice(0, this.columnCount());
    return this.#parseBetween(part, 0, findEndOfFirst(part, 0, part.length, this.columnCount()));
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
      values = [...this.#parseLast(this.#parts[i], wanted - values.length), ...values];
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

  /** How many parts `makeRows` and `takeBuffers` have. */
  get partCount() {
    return this.#parts.length;
  }

  /**
   * Adds the rows of a part to `rows`.
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
      maker.addFromValues(this.#parse(part), rows);
    }
  }

  /**
   * @param {RowsPart} part
   * @param {(buffer: Buffer) => Buffer} give  copies buffers that exist already, or not
   */
  #parseBuffers(part, give) {
    if (Array.isArray(part)) {
      return part.map((value) => (Buffer.isBuffer(value) ? give(value) : toBuffer(value ?? null)));
    }
    if (typeof part === 'string') return this.#parse(part).map(toBuffer);
    return parseBuffers(part, 0, part.length);
  }

  /** @param {RowsPart} part */
  #parse(part) {
    if (Array.isArray(part)) return part.map((value) => value?.toString(this.#encoding) ?? null);
    const text = part.toString();
    return this.#parseBetween(text, 0, text.length);
  }

  /**
   * The last values, or all if there are fewer.
   * @param {RowsPart} part
   * @param {number} count
   */
  #parseLast(part, count) {
    if (typeof part !== 'string') return this.#parse(part).slice(-count);
    return this.#parseBetween(part, findStartOfLast(part, 0, part.length, count), part.length);
  }

  /**
   * @param {string} part
   * @param {number} start
   * @param {number} end
   */
  #parseBetween(part, start, end) {
    return parseValues(part, start, end, this.columnCount(), part.includes('\x01'));
  }
}

module.exports = { LongReply };
