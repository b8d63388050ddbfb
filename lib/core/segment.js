'use strict';

const { LINE_FEED, ZERO } = require('../protocol/constants.js');
const {
  cutBuffers,
  cutText,
  endOfFirst,
  startOfLast,
  toBuffer,
} = require('../protocol/reply-text.js');

const NINE = 0x39;

/*
 * Replies come from the addon in segments of whole lines, already checked: a string where every byte is ASCII, the
 * bytes otherwise. Nothing is cut before it is asked for. A string that is cut from a segment keeps the whole segment
 * alive in V8; that is why segments are small, and why a reply too long for one comes apart (long-reply.js).
 */

/**
 * What was cut of a reply, to be given again.
 * @typedef {object} Cut
 * @property {number} ordinal  NONE before anything was
 * @property {import('../..').Text[]} values
 * @property {import('../..').Text[][] | null} rows
 */

const NONE = -1;

/** Some replies, each of which goes by its ordinal here. */
class Segment {
  #text;
  #bytes;
  #hasEscapes;
  /** Where the lines end in the text. */
  #ends;
  /** The same in the bytes. @type {number[] | undefined} */
  #endsInBytes;
  /**
   * What was cut last. Programs look at one reply after the other, and often several times at each: to remember one is as
   * quick for them as to remember all, and does not hold a million. @type {Cut}
   */
  #lastCut = { ordinal: NONE, values: [], rows: null };
  /** And what was cut of replies with several rows, which are looked at again and again. @type {Map<number, Cut> | null} */
  #cuts = null;

  /**
   * @param {string | Buffer} data
   * @param {string} address
   */
  constructor(data, address) {
    this.address = address;
    /** @type {Buffer | null} */
    this.#bytes = typeof data === 'string' ? null : data;
    // Bytes that are no UTF-8 become U+FFFD, and never swallow a TAB, a line end or an escape: those are ASCII.
    this.#text = typeof data === 'string' ? data : data.toString();
    this.#hasEscapes = this.#text.includes('\x01');
    this.#ends = findLineEnds(this.#text);
  }

  get count() {
    return this.#ends.length;
  }

  /** @param {number} ordinal */
  errorCode(ordinal) {
    return numberAt(this.#text, this.#start(ordinal));
  }

  /** @param {number} ordinal */
  columnCount(ordinal) {
    return numberAt(this.#text, nextToken(this.#text, this.#start(ordinal)));
  }

  /** @param {number} ordinal */
  rowCount(ordinal) {
    return this.values(ordinal).length / this.columnCount(ordinal) || 0;
  }

  /** @param {number} ordinal */
  values(ordinal) {
    return this.#cut(ordinal).values;
  }

  /** @param {number} ordinal */
  rows(ordinal) {
    const cut = this.#cut(ordinal);
    cut.rows ??= toRows(cut.values, this.columnCount(ordinal));
    return cut.rows;
  }

  /** @param {number} ordinal */
  buffers(ordinal) {
    const bytes = this.#bytes;
    if (bytes === null) return this.values(ordinal).map(toBuffer);
    // The error code and the number of columns are ASCII: as long in the bytes as in the text.
    const head = this.#valuesStart(ordinal) - this.#start(ordinal);
    this.#endsInBytes ??= findLineEndsInBytes(bytes);
    const start = ordinal === 0 ? 0 : this.#endsInBytes[ordinal - 1] + 1;
    return cutBuffers(bytes, start + head, this.#endsInBytes[ordinal]);
  }

  /**
   * @param {number} ordinal
   * @param {number} [_part]
   */
  takeBuffers(ordinal, _part) {
    return this.buffers(ordinal);
  }

  /** @param {number} ordinal */
  firstRow(ordinal) {
    const start = this.#valuesStart(ordinal);
    const end = endOfFirst(this.#text, start, this.#ends[ordinal], this.columnCount(ordinal));
    return this.#cutBetween(start, end, ordinal);
  }

  /**
   * The values of the last rows.
   * @param {number} ordinal
   * @param {number} rows
   */
  lastRows(ordinal, rows) {
    const end = this.#ends[ordinal];
    const count = rows * this.columnCount(ordinal);
    const start = startOfLast(this.#text, this.#valuesStart(ordinal), end, count);
    return this.#cutBetween(start, end, ordinal);
  }

  /**
   * The first row, null if there is none.
   * @param {number} ordinal
   * @param {import('./reply.js').RowMaker} maker
   */
  makeFirstRow(ordinal, maker) {
    const start = this.#valuesStart(ordinal);
    const end = this.#ends[ordinal];
    if (start > end) return null;
    if (!this.#hasEscapes) return maker.fromText(this.#text, start, end);
    return maker.fromValues(this.values(ordinal));
  }

  /** How many parts the rows can be made in. */
  get partCount() {
    return 1;
  }

  /**
   * Makes rows, and adds them to those given.
   * @param {number} ordinal
   * @param {number} _part
   * @param {import('./reply.js').RowMaker} maker
   * @param {import('./reply.js').Row[]} rows
   */
  makeRows(ordinal, _part, maker, rows) {
    const start = this.#valuesStart(ordinal);
    const end = this.#ends[ordinal];
    if (start > end) return;
    if (this.#hasEscapes) maker.addFromValues(this.values(ordinal), rows);
    else maker.addFromText(this.#text, start, end, rows);
  }

  /** @param {number} ordinal */
  #start(ordinal) {
    return ordinal === 0 ? 0 : this.#ends[ordinal - 1] + 1;
  }

  /**
   * Where the values begin: past the end if there are none.
   * @param {number} ordinal
   */
  #valuesStart(ordinal) {
    return nextToken(this.#text, nextToken(this.#text, this.#start(ordinal)));
  }

  /**
   * @param {number} ordinal
   * @returns {Cut}
   */
  #cut(ordinal) {
    if (this.#lastCut.ordinal === ordinal) return this.#lastCut;
    const known = this.#cuts?.get(ordinal);
    if (known !== undefined) return known;
    const values = this.#cutBetween(this.#valuesStart(ordinal), this.#ends[ordinal], ordinal);
    const cut = { ordinal, values, rows: null };
    if (values.length > this.columnCount(ordinal)) {
      this.#cuts ??= new Map();
      this.#cuts.set(ordinal, cut);
    } else {
      this.#lastCut = cut;
    }
    return cut;
  }

  /**
   * The values of whole rows: none if they end before they begin.
   * @param {number} start
   * @param {number} end
   * @param {number} ordinal  of their reply
   */
  #cutBetween(start, end, ordinal) {
    if (start > end) return [];
    return cutText(this.#text, start, end, this.columnCount(ordinal), this.#hasEscapes);
  }
}

/**
 * @param {readonly import('../..').Text[]} values
 * @param {number} columns
 */
function toRows(values, columns) {
  const rows = [];
  for (let i = 0; i < values.length; i += columns) rows.push(values.slice(i, i + columns));
  return rows;
}

/**
 * The number that begins at a place of a reply's head.
 * @param {string} text
 * @param {number} start
 */
function numberAt(text, start) {
  let number = 0;
  for (let at = start; isDigit(text.charCodeAt(at)); at++) {
    number = 10 * number + text.charCodeAt(at) - ZERO;
  }
  return number;
}

/**
 * Where the token begins that is behind the number at a place: past the line's end if none is.
 * @param {string} text
 * @param {number} start
 */
function nextToken(text, start) {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at + 1;
}

/** @param {number} code  NaN behind the text's end */
function isDigit(code) {
  return code >= ZERO && code <= NINE;
}

/** @param {string} text */
function findLineEnds(text) {
  const ends = [];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) ends.push(end);
  return ends;
}

/** @param {Buffer} bytes */
function findLineEndsInBytes(bytes) {
  const ends = [];
  let end = bytes.indexOf(LINE_FEED);
  for (; end !== -1; end = bytes.indexOf(LINE_FEED, end + 1)) ends.push(end);
  return ends;
}

module.exports = { Segment, nextToken, numberAt, toRows };
