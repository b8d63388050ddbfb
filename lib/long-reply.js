'use strict';

const { TAB } = require('./protocol.js');
const { nextToken, numberAt, toRows } = require('./segment.js');
const { cutBuffers, cutParts, cutText, endOfFirst, startOfLast, toBuffer } = require('./values.js');

/** The size that the addon cuts segments to (SEGMENT_BYTES in src/protocol/segment.rs). */
const SEGMENT_BYTES = 64 * 1024;

/**
 * A long reply, which comes by itself, in parts of whole rows. None is longer than a segment, so that a value that is kept
 * keeps no more alive; but for a row that is longer by itself, which comes as bytes.
 */
class LongReply {
  #head;
  #rowCount;
  /** @type {'ascii' | 'utf8'} */
  #encoding;
  #parts;
  /** @type {import('..').Text[] | null} */
  #values = null;
  /** @type {import('..').Text[][] | null} */
  #rows = null;

  /**
   * @param {import('../native.js').LongReply} reply
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
    return cutParts(this.#parts, (part) => {
      if (typeof part === 'string') return this.#cut(part).map(toBuffer);
      return cutBuffers(part, 0, part.length);
    });
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
    /** @type {import('..').Text[]} */
    let values = [];
    for (let i = this.#parts.length - 1; i >= 0 && values.length < wanted; i--) {
      values = [...this.#cutLast(this.#parts[i], wanted - values.length), ...values];
    }
    return values;
  }

  /**
   * The first row.
   * @param {number} _ordinal
   * @param {import('./client/row-maker.js').RowMaker} maker
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
   * @param {import('./client/row-maker.js').RowMaker} maker
   * @param {import('./client/row-maker.js').Row[]} rows
   */
  makeRows(_ordinal, ofPart, maker, rows) {
    const part = this.#parts[ofPart];
    if (typeof part === 'string' && !part.includes('\x01')) {
      maker.addFromText(part, 0, part.length, rows);
    } else {
      maker.addFromValues(this.#cut(part), rows);
    }
  }

  /** @param {string | Buffer} part */
  #cut(part) {
    if (typeof part !== 'string' && part.length > SEGMENT_BYTES) return this.#cutLongRow(part);
    const text = part.toString();
    return this.#cutBetween(text, 0, text.length);
  }

  /**
   * So many values from the end on, or all if there are fewer.
   * @param {string | Buffer} part
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

  /**
   * Long values one by one, so that none keeps another alive, and what is between them at once.
   * @param {Buffer} row
   */
  #cutLongRow(row) {
    /** @type {import('..').Text[]} */
    const values = [];
    for (let start = 0; start <= row.length; ) {
      // To the last TAB within a segment's size, or to the end of a value that is longer.
      let end = row.length;
      if (end - start > SEGMENT_BYTES) {
        end = row.lastIndexOf(TAB, start + SEGMENT_BYTES);
        if (end < start) end = row.indexOf(TAB, start + SEGMENT_BYTES);
        if (end === -1) end = row.length;
      }
      const text = row.toString(this.#encoding, start, end);
      values.push(...cutText(text, 0, text.length, 1, text.includes('\x01')));
      start = end + 1;
    }
    return values;
  }
}

module.exports = { LongReply };
