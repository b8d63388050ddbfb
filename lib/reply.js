'use strict';

const { inspect } = require('node:util');
const { ServerError } = require('./errors.js');
const { Segment } = require('./segment.js');
const { TAB } = require('./values.js');

const ZERO = 0x30;

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
 * To the edges of a long reply, whose values need not all be cut yet.
 * @typedef {object} EdgeAccess
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
   * @param {InstanceType<typeof Segment>} segment
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
    return this.#valuesStart > this.#end ? [] : this.#segment.cutBuffers(this.#ordinal);
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
    const [errorCode, columnCount] = this.#segment.headOf(this.#start, this.#end).split('\t', 2);
    return { errorCode: Number(errorCode), columnCount: Number(columnCount) };
  }

  /** Where the line begins in the segment. */
  get #start() {
    return this.#segment.startOf(this.#ordinal);
  }

  /** Where it ends, the line end not counted. */
  get #end() {
    return this.#segment.ends[this.#ordinal];
  }

  /** Where the values begin: past the end if there are none. */
  get #valuesStart() {
    return this.#segment.valuesOf(this.#ordinal);
  }

  /** @param {MakeRow} make */
  #cutRow(make) {
    const { text, isLong, hasEscapes } = this.#segment;
    if (isLong || hasEscapes) return undefined;
    const start = this.#valuesStart;
    const end = this.#end;
    return start > end ? null : make(text, start, end);
  }

  #rowCount() {
    const start = this.#valuesStart;
    const end = this.#end;
    return start > end ? 0 : (this.#segment.countTabs(start, end) + 1) / this.columnCount;
  }

  /** @param {number} count */
  #firstValues(count) {
    const segment = this.#segment;
    const start = this.#valuesStart;
    const end = this.#end;
    let next = start;
    for (let i = 0; i < count && next <= end; i++) {
      const tab = segment.findTab(next);
      next = (tab === -1 || tab > end ? end : tab) + 1;
    }
    return start > end ? [] : segment.cut(start, next - 1);
  }

  /** @param {number} count */
  #lastValues(count) {
    const segment = this.#segment;
    const start = this.#valuesStart;
    const end = this.#end;
    let first = end + 1;
    for (let i = 0; i < count && first > start; i++) {
      first = Math.max(segment.findTabBefore(first - 2) + 1, start);
    }
    return start > end ? [] : segment.cut(first, end);
  }

  #cut() {
    const segment = this.#segment;
    const ordinal = this.#ordinal;
    if (segment.lastCut.ordinal === ordinal) return segment.lastCut;
    const known = segment.cuts.get(ordinal);
    if (known !== undefined) return known;
    const start = this.#valuesStart;
    const values = start > this.#end ? [] : segment.cut(start, this.#end);
    return segment.remember({ ordinal, values, rows: null }, this.columnCount);
  }
}

module.exports = { Reply, access, readReplies };
