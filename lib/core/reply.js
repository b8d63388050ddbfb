'use strict';

const { inspect } = require('node:util');
const { ServerError } = require('../errors/index.js');
const { LongReply } = require('./long-reply.js');
const { Segment } = require('./segment.js');

/**
 * The replies of a batch.
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
 * The package's own access to a reply: to its edges, where not all of it need be cut, and to rows as objects.
 * @typedef {object} Access
 * @property {(reply: import('../..').Reply) => string} address  of the server
 * @property {(reply: import('../..').Reply) => number} rowCount
 * @property {(reply: import('../..').Reply) => import('../..').Text[]} firstRow
 * @property {(reply: import('../..').Reply, rows: number) => import('../..').Text[]} lastRows  all their values
 * @property {(reply: import('../..').Reply, maker: RowMaker) => Row | null} makeFirstRow  null if there is none
 * @property {(reply: import('../..').Reply, part?: number) => (Buffer | null)[]} takeBuffers  those of one who does not look again; of a part, or all
 * @property {(reply: import('../..').Reply) => number} partCount  how many parts `makeRows` and `takeBuffers` can be called for
 * @property {(reply: import('../..').Reply, part: number, maker: RowMaker, rows: Row[]) => void} makeRows  adds to `rows`
 *
 * @typedef {Record<string, unknown>} Row
 *
 * Makes rows as objects of reply text. The caller provides it.
 * @typedef {object} RowMaker
 * @property {(text: string, start: number, end: number) => Row} fromText
 *   the first row of whole rows between two places of a text: values separated by TABs
 * @property {(text: string, start: number, end: number, rows: Row[]) => void} addFromText  adds all of them
 * @property {(values: readonly any[]) => Row} fromValues  the first row
 * @property {(values: readonly any[], rows: Row[]) => void} addFromValues  adds all of them
 */

/** @type {Access} */
let access;

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
  /** Which reply of it. */
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
