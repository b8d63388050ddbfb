'use strict';

const { LINE_FEED, ZERO } = require('../protocol/constants.js');
const {
  findEndOfFirst,
  findStartOfLast,
  parseBuffers,
  parseValues,
  toBuffer,
} = require('../protocol/reply-text.js');

const NINE = 0x39;

/*
 * Replies come from the addon in segments of whole lines, already checked: as a string if every
 * byte is ASCII, as bytes otherwise. Nothing is parsed before it is asked for.
 *
 *   0 TAB 2 TAB a TAB b LF   0 TAB 1 TAB c LF
 *   └──── reply 0 ───────┘   └─── reply 1 ──┘     ordinals, with the line ends in #ends
 *
 * In V8 a slice of a string keeps the whole string alive. So segments are small, and a reply too
 * long for one comes in parts (long-reply.js).
 */

/**
 * The parsed values of a reply, to be returned again.
 * @typedef {object} Parsed
 * @property {number} ordinal  NONE before the first reply
 * @property {import('../..').Text[]} values
 * @property {import('../..').Text[][] | null} rows
 */

const NONE = -1;

/** Several replies, each identified by its ordinal. */
class Segment {
  #text;
  #bytes;
  #hasEscapes;
  /** Positions of the line ends in the text. */
  #ends;
  /** Positions of the line ends in the bytes. @type {number[] | undefined} */
  #endsInBytes;
  /**
   * The reply that was parsed last. Programs read one reply after the other, and each of them often
   * several times, so remembering one is as quick as remembering all of a million.
   * @type {Parsed}
   */
  #lastParsed = { ordinal: NONE, values: [], rows: null };
  /**
   * Replies with several rows, which are read again and again.
   * @type {Map<number, Parsed> | null}
   */
  #parsed = null;

  /**
   * @param {string | Buffer} data
   * @param {string} address
   */
  constructor(data, address) {
    this.address = address;
    /** @type {Buffer | null} */
    this.#bytes = typeof data === 'string' ? null : data;
    // Invalid UTF-8 becomes U+FFFD, and never consumes a TAB, a line end or an escape: those are
    // ASCII.
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
    return this.#parse(ordinal).values;
  }

  /** @param {number} ordinal */
  rows(ordinal) {
    const parsed = this.#parse(ordinal);
    parsed.rows ??= toRows(parsed.values, this.columnCount(ordinal));
    return parsed.rows;
  }

  /** @param {number} ordinal */
  buffers(ordinal) {
    const bytes = this.#bytes;
    if (bytes === null) return this.values(ordinal).map(toBuffer);
    // The error code and the number of columns are ASCII, so they are as long in the bytes as in
    // the text.
    const head = this.#valuesStart(ordinal) - this.#start(ordinal);
    this.#endsInBytes ??= findLineEndsInBytes(bytes);
    const start = ordinal === 0 ? 0 : this.#endsInBytes[ordinal - 1] + 1;
    return parseBuffers(bytes, start + head, this.#endsInBytes[ordinal]);
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
    const end = findEndOfFirst(this.#text, start, this.#ends[ordinal], this.columnCount(ordinal));
    return this.#parseBetween(start, end, ordinal);
  }

  /**
   * The values of the last rows.
   * @param {number} ordinal
   * @param {number} rows
   */
  lastRows(ordinal, rows) {
    const end = this.#ends[ordinal];
    const count = rows * this.columnCount(ordinal);
    const start = findStartOfLast(this.#text, this.#valuesStart(ordinal), end, count);
    return this.#parseBetween(start, end, ordinal);
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

  /** How many parts `makeRows` and `takeBuffers` have. */
  get partCount() {
    return 1;
  }

  /**
   * Adds the rows to `rows`.
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
   * Where the values begin; past the end if there are none.
   * @param {number} ordinal
   */
  #valuesStart(ordinal) {
    return nextToken(this.#text, nextToken(this.#text, this.#start(ordinal)));
  }

  /**
   * @param {number} ordinal
   * @returns {Parsed}
   */
  #parse(ordinal) {
    if (this.#lastParsed.ordinal === ordinal) return this.#lastParsed;
    const known = this.#parsed?.get(ordinal);
    if (known !== undefined) return known;
    const values = this.#parseBetween(this.#valuesStart(ordinal), this.#ends[ordinal], ordinal);
    const parsed = { ordinal, values, rows: null };
    if (values.length > this.columnCount(ordinal)) {
      this.#parsed ??= new Map();
      this.#parsed.set(ordinal, parsed);
    } else {
      this.#lastParsed = parsed;
    }
    return parsed;
  }

  /**
   * The values of whole rows; none if the end is before the start.
   * @param {number} start
   * @param {number} end
   * @param {number} ordinal  of their reply
   */
  #parseBetween(start, end, ordinal) {
    if (start > end) return [];
    return parseValues(this.#text, start, end, this.columnCount(ordinal), this.#hasEscapes);
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
 * The number that begins at a position in a reply's head.
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
 * Where the token after the number at a position begins; past the line's end if there is none.
 * @param {string} text
 * @param {number} start
 */
function nextToken(text, start) {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at + 1;
}

/** @param {number} code  NaN past the end of the text */
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
