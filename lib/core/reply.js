'use strict';

const { inspect } = require('node:util');
const { ServerError } = require('../errors/index.js');
const { LongReply } = require('./long-reply.js');
const { Segment } = require('./segment.js');

/**
 * Makes the replies of a batch.
 * @param {readonly import('../../native.js').ReplySegment[]} segments
 * @param {string} address
 * @returns {Reply[]}
 */
function readReplies(segments, address) {
  /** @type {Reply[]} */
  const replies = [];
  for (const data of segments) {
    const isShort = typeof data === 'string' || Buffer.isBuffer(data);
    const source = isShort ? new Segment(data, address) : new LongReply(data, address);
    const { count } = source;
    for (let ordinal = 0; ordinal < count; ordinal++) replies.push(new Reply(source, ordinal));
  }
  return replies;
}

/**
 * The package's own access to a reply: to parts of it, without parsing all of it, and to rows as
 * objects.
 * @typedef {object} Access
 * @property {(reply: import('../..').Reply) => string} address  of the server
 * @property {(reply: import('../..').Reply) => number} rowCount
 * @property {(reply: import('../..').Reply) => import('../..').Text[]} firstRow
 * @property {(reply: import('../..').Reply, rows: number) => import('../..').Text[]} lastRows  the
 *   values of the last rows, in one list
 * @property {(reply: import('../..').Reply, maker: RowMaker) => Row | null} makeFirstRow  null if
 *   there is none
 * @property {(reply: import('../..').Reply, part?: number) => (Buffer | null)[]} takeBuffers  the
 *   buffers of one part or all, which must not be taken twice
 * @property {(reply: import('../..').Reply) => number} partCount  how many parts `makeRows` and
 *   `takeBuffers` have
 * @property {(reply: import('../..').Reply, part: number, maker: RowMaker, rows: Row[]) => void}
 *   makeRows adds the rows of a part to `rows`
 *
 * @typedef {Record<string, unknown>} Row
 *
 * Makes objects of rows. The client provides it.
 * @typedef {object} RowMaker
 * @property {(text: string, start: number, end: number) => Row} fromText
 *   the first row in this part of a text, which has whole rows of values separated by TABs
 * @property {(text: string, start: number, end: number, rows: Row[]) => void} addFromText  adds all
 *   rows of it
 * @property {(values: readonly any[]) => Row} fromValues  the first row
 * @property {(values: readonly any[], rows: Row[]) => void} addFromValues  adds all rows
 */

/** @type {Access} */
let access;

/** See index.d.ts. A position in a Segment or a LongReply, which parses on demand. */
class Reply {
  static {
    /** @param {import('../..').Reply} reply */
    const own = (reply) => /** @type {Reply} */ (reply);
    access = {
      address: (reply) => own(reply).#source.address,
      rowCount: (reply) => own(reply).#source.rowCount(own(reply).#ordinal),
      firstRow: (reply) => own(reply).#source.firstRow(own(reply).#ordinal),
      lastRows: (reply, rows) => own(reply).#source.lastRows(own(reply).#ordinal, rows),
      makeFirstRow: (reply, maker) => own(reply).#source.makeFirstRow(own(reply).#ordinal, maker),
      takeBuffers: (reply, part) => own(reply).#source.takeBuffers(own(reply).#ordinal, part),
      partCount: (reply) => own(reply).#source.partCount,
      makeRows: (reply, part, maker, rows) => {
        own(reply).#source.makeRows(own(reply).#ordinal, part, maker, rows);
      },
    };
  }

  #source;
  /** Number of the reply in its source. */
  #ordinal;

  /**
   * @param {InstanceType<typeof Segment> | InstanceType<typeof LongReply>} source
   * @param {number} ordinal
   */
  constructor(source, ordinal) {
    this.#source = source;
    this.#ordinal = ordinal;
  }

  get ok() {
    return this.errorCode === 0;
  }

  get errorCode() {
    return this.#source.errorCode(this.#ordinal);
  }

  get columnCount() {
    return this.#source.columnCount(this.#ordinal);
  }

  get values() {
    return this.#source.values(this.#ordinal);
  }

  get rows() {
    return this.#source.rows(this.#ordinal);
  }

  get buffers() {
    return this.#source.buffers(this.#ordinal);
  }

  get error() {
    if (this.ok) return null;
    return new ServerError(this.errorCode, this.values[0] ?? '', { address: this.#source.address });
  }

  [Symbol.iterator]() {
    return this.values[Symbol.iterator]();
  }

  [inspect.custom]() {
    const { ok, errorCode, columnCount, values } = this;
    return `Reply ${inspect({ ok, errorCode, columnCount, values })}`;
  }
}

module.exports = { Reply, access, readReplies };
