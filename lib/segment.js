'use strict';

const native = require('../native.js');
const { TAB, cutBuffers, cutLong, cutText, unescapeValue } = require('./values.js');

/*
 * Replies come from the addon in segments of whole lines, already checked: a string where every byte is ASCII, the
 * bytes otherwise. Nothing is cut before it is asked for. A string that is cut from a segment keeps the whole segment
 * alive in V8; that is why segments are small, and why a reply too long for one is cut by way of small windows.
 */

/** The size that the addon cuts segments to (SEGMENT_BYTES in src/protocol/reader.rs). */
const SEGMENT_BYTES = 64 * 1024;
/** The error code and the number of columns, ten digits each at most (the addon sees to it), and their TABs. */
const HEAD_BYTES = 22;

/** @type {Map<number, LastCut>} */
const NO_CUTS = new Map();

/**
 * What was cut of a reply, to be given again.
 * @typedef {object} LastCut
 * @property {number} ordinal  -1 before anything was
 * @property {import('..').Text[]} values
 * @property {import('..').Text[][] | null} rows
 */

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
     * quick for them as to remember all, and does not hold a million. @type {LastCut}
     */
    this.lastCut = { ordinal: -1, values: [], rows: null };
    /** And what was cut of replies with several rows, which are looked at again and again. @type {Map<number, LastCut>} */
    this.cuts = NO_CUTS;
  }

  /**
   * Where the line of this ordinal begins in the text.
   * @param {number} ordinal
   */
  startOf(ordinal) {
    return ordinal === 0 ? 0 : this.ends[ordinal - 1] + 1;
  }

  /**
   * The error code, the number of columns and perhaps more of the line between these places.
   * @param {number} start
   * @param {number} end
   */
  headOf(start, end) {
    return this.isLong
      ? this.#longBytes.toString('latin1', 0, HEAD_BYTES)
      : this.text.slice(start, Math.min(end, start + HEAD_BYTES));
  }

  /**
   * Where the values begin: past the end if there are none.
   * @param {number} ordinal
   */
  valuesOf(ordinal) {
    const start = this.startOf(ordinal);
    const end = this.ends[ordinal];
    if (!this.isLong) return skipHead(this.text, start, end);
    const head = this.headOf(start, end);
    return skipHead(head, 0, head.length);
  }

  /**
   * How many TABs there are between two places.
   * @param {number} start
   * @param {number} end
   */
  countTabs(start, end) {
    if (this.isLong) return native.countByte(this.#longBytes.subarray(start, end), TAB);
    let count = 0;
    for (let tab = this.text.indexOf('\t', start); tab !== -1 && tab < end; count++) {
      tab = this.text.indexOf('\t', tab + 1);
    }
    return count;
  }

  /**
   * Remembers what was cut of a reply of this many columns, and gives it.
   * @param {LastCut} cut
   * @param {number} columns
   */
  remember(cut, columns) {
    if (cut.values.length > columns) {
      if (this.cuts === NO_CUTS) this.cuts = new Map();
      this.cuts.set(cut.ordinal, cut);
    } else {
      this.lastCut = cut;
    }
    return cut;
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
  cut(start, end) {
    if (this.isLong) return cutLong(this.#longBytes, start, end);
    const values = cutText(this.text, start, end);
    return this.hasEscapes ? values.map(unescapeValue) : values;
  }

  /**
   * The same as bytes.
   * @param {number} ordinal  of their line
   */
  cutBuffers(ordinal) {
    if (this.bytes === null) {
      const values = this.cut(this.valuesOf(ordinal), this.ends[ordinal]);
      return values.map((value) => (value === null ? null : bytesOf(value)));
    }
    const [start, end] = this.isLong ? [0, this.ends[0]] : this.#lineInBytes(ordinal);
    return cutBuffers(this.bytes.subarray(start, end));
  }

  get #longBytes() {
    return /** @type {Buffer} */ (this.bytes);
  }

  /**
   * Where in the bytes the line of this ordinal begins and ends.
   * @param {number} ordinal
   * @returns {[number, number]}
   */
  #lineInBytes(ordinal) {
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
 * With memory of its own.
 * @param {string} text  ASCII
 */
function bytesOf(text) {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

/** @param {string} text */
function findLineEnds(text) {
  const ends = [];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) ends.push(end);
  return ends;
}

module.exports = { Segment };
