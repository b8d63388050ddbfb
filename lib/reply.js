'use strict';

const { inspect } = require('node:util');
const native = require('../native.js');
const { ServerError } = require('./errors.js');

/*
 * Replies come from the addon in segments of whole lines, already checked: a string where every byte is ASCII, the
 * bytes otherwise. Nothing is cut before it is asked for. A string that is cut from a segment keeps the whole segment
 * alive in V8; that is why segments are small, and why a reply too long for one is cut by way of small windows.
 */

const TAB = 0x09;
const ESCAPE = 0x01;
const ZERO = 0x30;
const NULL = '\0';
const ESCAPED = /\x01./gs;
const ESCAPE_OFFSET = 0x40;

/** What is kept of a buffer is worth a copy if it is less than this share of it. */
const MOSTLY = 0.9;

/** In characters. */
const LONG_VALUE = 4096;
/** How much of a long reply is decoded at once, in bytes. */
const WINDOW_BYTES = 32 * 1024;
/** The error code and the number of columns, ten digits each at most (the addon sees to it), and their TABs. */
const HEAD_BYTES = 22;

/**
 * The replies of a batch.
 * @param {(string | Buffer)[]} segments
 * @param {string} address
 * @returns {Reply[]}
 */
function readReplies(segments, address) {
  /** @type {Reply[]} */
  const replies = [];
  for (const data of segments) {
    const segment = new Segment(data, address);
    for (let ordinal = 0; ordinal < segment.ends.length; ordinal++) {
      replies.push(new Reply(segment, ordinal));
    }
  }
  return replies;
}

/** What the replies of one segment have in common. */
class Segment {
  /** @type {number[] | undefined} */
  #lineStarts;

  /**
   * @param {string | Buffer} data
   * @param {string} address
   */
  constructor(data, address) {
    this.address = address;
    /** @type {Buffer | null} */
    this.bytes = typeof data === 'string' ? null : data;
    /** One reply that is longer than a segment: decoded piece by piece. */
    this.isLong = this.bytes !== null && this.bytes.length > SEGMENT_BYTES;
    // Bytes that are no UTF-8 become U+FFFD, and never swallow a TAB, a line end or an escape: those are ASCII.
    this.text = typeof data === 'string' ? data : this.isLong ? '' : data.toString();
    this.hasEscapes = this.text.includes('\x01');
    /** Where the lines end in the text; that of a long reply in the bytes. */
    this.ends = this.isLong ? [data.length - 1] : findLineEnds(this.text);
    /**
     * What was cut last. Programs look at one reply after the other, and often several times at each: to remember one is as
     * quick for them as to remember all, and does not hold a million. @type {Cut}
     */
    this.cut = { reply: null, values: [], rows: null };
  }

  /** @param {number} from */
  findTab(from) {
    return this.isLong ? this.#longBytes.indexOf(TAB, from) : this.text.indexOf('\t', from);
  }

  /** @param {number} from */
  findTabBefore(from) {
    return this.isLong ? this.#longBytes.lastIndexOf(TAB, from) : this.text.lastIndexOf('\t', from);
  }

  /**
   * The values between two places.
   * @param {number} start
   * @param {number} end
   */
  cutBetween(start, end) {
    const text = this.isLong ? this.#longBytes.toString('utf8', start, end) : this.text;
    const values = this.isLong ? cutText(text, 0, text.length) : cutText(text, start, end);
    const hasEscapes = this.isLong ? text.includes('\x01') : this.hasEscapes;
    return hasEscapes ? values.map(unescapeValue) : values;
  }

  get #longBytes() {
    return /** @type {Buffer} */ (this.bytes);
  }

  /**
   * Where in the bytes the line of this ordinal begins and ends.
   * @param {number} ordinal
   * @returns {[number, number]}
   */
  lineInBytes(ordinal) {
    const bytes = /** @type {Buffer} */ (this.bytes);
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0];
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, end + 1)) {
        this.#lineStarts.push(end + 1);
      }
    }
    return [this.#lineStarts[ordinal], this.#lineStarts[ordinal + 1] - 1];
  }
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function countTabs(text, start, end) {
  let count = 0;
  for (let tab = text.indexOf('\t', start); tab !== -1 && tab < end; count++) {
    tab = text.indexOf('\t', tab + 1);
  }
  return count;
}

/** @param {string} text */
function findLineEnds(text) {
  const ends = [];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) ends.push(end);
  return ends;
}

/**
 * What was cut of a reply, to be given again.
 * @typedef {object} Cut
 * @property {Reply | null} reply
 * @property {import('..').Text[]} values
 * @property {import('..').Text[][] | null} rows
 */

/** The size that the addon cuts segments to (SEGMENT_BYTES in src/protocol/reader.rs). */
const SEGMENT_BYTES = 64 * 1024;

/**
 * The package's own access to a reply.
 * @typedef {object} Access
 * @property {(reply: import('..').Reply, make: MakeRow) => Record<string, unknown> | null | undefined} cutRow
 *   the first row as `make` gives it, null if there is none; undefined if only `values` can tell
 *
 * @callback MakeRow
 * @param {string} text
 * @param {number} start  where the row begins in the text
 * @param {number} end  where the reply ends
 * @returns {Record<string, unknown> | undefined}
 */

/**
 * @typedef {object} EdgeAccess  to a long reply whose values need not all be cut yet
 * @property {(reply: import('..').Reply) => number} rowCount
 * @property {(reply: import('..').Reply) => import('..').Text[]} firstRow
 * @property {(reply: import('..').Reply, rows: number) => import('..').Text[]} lastRows  all their values
 */

/** @type {Access & EdgeAccess} */
let access;

class Reply {
  static {
    access = {
      cutRow: (reply, make) => /** @type {Reply} */ (reply).#cutRow(make),
      rowCount: (reply) => /** @type {Reply} */ (reply).#rowCount(),
      firstRow: (reply) => /** @type {Reply} */ (reply).#firstValues(reply.columnCount),
      lastRows: (reply, rows) => /** @type {Reply} */ (reply).#lastValues(rows * reply.columnCount),
    };
  }

  #segment;
  /** Which line of the segment. */
  #ordinal;

  /**
   * @param {Segment} segment
   * @param {number} ordinal
   */
  constructor(segment, ordinal) {
    this.#segment = segment;
    this.#ordinal = ordinal;
  }

  get ok() {
    const { text } = this.#segment;
    const start = this.#start;
    const isPlainZero = text.charCodeAt(start) === ZERO && text.charCodeAt(start + 1) === TAB;
    return isPlainZero || this.errorCode === 0;
  }

  get errorCode() {
    return this.#head().errorCode;
  }

  get columnCount() {
    return this.#head().columnCount;
  }

  get values() {
    return this.#cut().values;
  }

  get rows() {
    const cut = this.#cut();
    if (cut.rows === null) {
      const { columnCount } = this;
      cut.rows = [];
      for (let i = 0; i < cut.values.length; i += columnCount) {
        cut.rows.push(cut.values.slice(i, i + columnCount));
      }
    }
    return cut.rows;
  }

  get buffers() {
    const segment = this.#segment;
    if (segment.bytes === null) {
      return this.#cutValues().map((value) =>
        value === null ? null : Buffer.from(value, 'latin1'),
      );
    }
    const [start, end] = segment.isLong ? [0, this.#end] : segment.lineInBytes(this.#ordinal);
    return cutBuffers(segment.bytes.subarray(start, end));
  }

  get error() {
    if (this.ok) return null;
    return new ServerError(this.errorCode, this.values[0] ?? '', {
      address: this.#segment.address,
    });
  }

  [Symbol.iterator]() {
    return this.values[Symbol.iterator]();
  }

  [inspect.custom]() {
    const { ok, errorCode, columnCount, values } = this;
    return `Reply ${inspect({ ok, errorCode, columnCount, values })}`;
  }

  /** The error code and the number of columns. */
  #head() {
    const segment = this.#segment;
    const head = segment.isLong
      ? /** @type {Buffer} */ (segment.bytes).toString('latin1', 0, HEAD_BYTES)
      : segment.text.slice(this.#start, Math.min(this.#end, this.#start + HEAD_BYTES));
    const [errorCode, columnCount] = head.split('\t', 2);
    return { errorCode: Number(errorCode), columnCount: Number(columnCount) };
  }

  /** Where the line begins in the segment's text. */
  get #start() {
    return this.#ordinal === 0 ? 0 : this.#segment.ends[this.#ordinal - 1] + 1;
  }

  /** Where it ends, the line end not counted. */
  get #end() {
    return this.#segment.ends[this.#ordinal];
  }

  /** @param {MakeRow} make */
  #cutRow(make) {
    const { text, isLong, hasEscapes } = this.#segment;
    if (isLong || hasEscapes) return undefined;
    const end = this.#end;
    const start = skipHead(text, this.#start, end);
    return start > end ? null : make(text, start, end);
  }

  #rowCount() {
    const { segment, start, end } = this.#place();
    if (start > end) return 0;
    const tabs = segment.isLong
      ? native.countByte(/** @type {Buffer} */ (segment.bytes).subarray(start, end), TAB)
      : countTabs(segment.text, start, end);
    return (tabs + 1) / this.columnCount;
  }

  /** @param {number} count */
  #firstValues(count) {
    const { segment, start, end } = this.#place();
    let next = start;
    for (let i = 0; i < count && next <= end; i++) {
      const tab = segment.findTab(next);
      next = (tab === -1 || tab > end ? end : tab) + 1;
    }
    return start > end ? [] : segment.cutBetween(start, next - 1);
  }

  /** @param {number} count */
  #lastValues(count) {
    const { segment, start, end } = this.#place();
    let first = end + 1;
    for (let i = 0; i < count && first > start; i++) {
      first = Math.max(segment.findTabBefore(first - 2) + 1, start);
    }
    return start > end ? [] : segment.cutBetween(first, end);
  }

  /** Where the values begin and end in the segment: the beginning is past the end if there are none. */
  #place() {
    const segment = this.#segment;
    const end = this.#end;
    if (!segment.isLong) return { segment, start: skipHead(segment.text, this.#start, end), end };
    const head = /** @type {Buffer} */ (segment.bytes).toString('latin1', 0, HEAD_BYTES);
    return { segment, start: skipHead(head, 0, head.length), end };
  }

  /** @returns {Cut} */
  #cut() {
    const { cut } = this.#segment;
    if (cut.reply === this) return cut;
    cut.reply = this;
    cut.values = this.#cutValues();
    cut.rows = null;
    return cut;
  }

  #cutValues() {
    const { segment, start, end } = this.#place();
    if (start > end) return [];
    if (segment.isLong) return cutLong(/** @type {Buffer} */ (segment.bytes), start, end);
    return segment.cutBetween(start, end);
  }
}

/**
 * Where the values begin: past the end if there are none.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function skipHead(text, start, end) {
  let at = start;
  for (let tabs = 0; tabs < 2 && at < end; at++) if (text.charCodeAt(at) === TAB) tabs++;
  return at === end && text.charCodeAt(at - 1) !== TAB ? at + 1 : at;
}

/**
 * Cuts at the TABs. Escapes are left as they are.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function cutText(text, start, end) {
  // The search for a TAB is quicker in a string of its own.
  const line = text.slice(start, end);
  /** @type {import('..').Text[]} */
  const values = [];
  let valueStart = 0;
  for (;;) {
    const tab = line.indexOf('\t', valueStart);
    const value = tab === -1 ? line.slice(valueStart) : line.slice(valueStart, tab);
    values.push(value === NULL ? null : value);
    if (tab === -1) return values;
    valueStart = tab + 1;
  }
}

/**
 * The values of a reply that is longer than a segment: a window at a time, so that a value which is kept keeps no more
 * than its window alive.
 * @param {Buffer} bytes
 * @param {number} first  where they begin
 * @param {number} end
 */
function cutLong(bytes, first, end) {
  let start = first;
  /** @type {import('..').Text[]} */
  const values = [];
  while (start <= end) {
    // To the last TAB within the window, or to the end of a value that is longer than one.
    let stop = end;
    if (end - start > WINDOW_BYTES) {
      stop = bytes.lastIndexOf(TAB, start + WINDOW_BYTES);
      if (stop < start) stop = bytes.indexOf(TAB, start + WINDOW_BYTES);
      if (stop === -1 || stop > end) stop = end;
    }
    const text = bytes.toString('utf8', start, stop);
    const hasEscapes = text.includes('\x01');
    for (const value of cutText(text, 0, text.length)) {
      values.push(hasEscapes ? unescapeValue(value) : value);
    }
    start = stop + 1;
  }
  return values;
}

/**
 * The values of a reply's line as bytes, each with memory of its own.
 * @param {Buffer} line
 */
function cutBuffers(line) {
  const columns = line.indexOf(TAB) + 1;
  let start = line.indexOf(TAB, columns) + 1;
  /** @type {(Buffer | null)[]} */
  const values = [];
  if (start === 0) return values;
  for (;;) {
    const tab = line.indexOf(TAB, start);
    const end = tab === -1 ? line.length : tab;
    values.push(
      end - start === 1 && line[start] === 0 ? null : unescapeBytes(line.subarray(start, end)),
    );
    if (tab === -1) return values;
    start = tab + 1;
  }
}

/** @param {import('..').Text} value */
function unescapeValue(value) {
  if (value === null || !value.includes('\x01')) return value;
  // A call for each escape is the quickest way for few, and slow for a million.
  if (value.length > LONG_VALUE) return unescapeBytes(Buffer.from(value)).toString();
  return value.replace(ESCAPED, (pair) => String.fromCharCode(pair.charCodeAt(1) - ESCAPE_OFFSET));
}

/** @param {Buffer} escaped */
function unescapeBytes(escaped) {
  const bytes = Buffer.allocUnsafeSlow(escaped.length);
  if (!escaped.includes(ESCAPE)) {
    escaped.copy(bytes);
    return bytes;
  }
  const end = native.unescape(escaped, bytes);
  if (end > MOSTLY * bytes.length) return bytes.subarray(0, end);
  const exact = Buffer.allocUnsafeSlow(end);
  bytes.copy(exact, 0, 0, end);
  return exact;
}

module.exports = { Reply, access, readReplies };
