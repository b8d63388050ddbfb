'use strict';

const { asBuffer, encodeValue } = require('./encode.js');
const { FIRST_PLAIN, LINE_FEED, TAB, ZERO } = require('./constants.js');

const MINUS = 0x2d;
const LAST_PLAIN = 0x7f;

const FIRST_CAPACITY = 256;
/** A loop copies strings up to this length faster than a call of Node.js does. */
const MAX_LOOP_LENGTH = 48;
/**
 * Numbers whose amount is below 2^31 have at most ten digits, and are written by 32-bit arithmetic.
 */
const MIN_INT32 = -(2 ** 31);
const MAX_INT32_DIGITS = 10;

/**
 * Writes commands one after the other into memory that grows as needed.
 *
 *   #bytes: [written .................][free ........]
 *                                      ▲ #length      ▲ capacity
 */
class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #length = 0;

  get length() {
    return this.#length;
  }

  /** Size of its memory, in bytes. */
  get capacity() {
    return this.#bytes.length;
  }

  /** A view of the written bytes, valid until more are written. */
  get bytes() {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Drops the bytes after this length.
   * @param {number} length
   */
  truncate(length) {
    this.#length = length;
  }

  /**
   * Writes a whole command, or throws a TypeError and writes nothing if a value cannot be sent.
   * @param {number} indexId
   * @param {InstanceType<typeof import('./command.js').Command>} command
   */
  command(indexId, { text, values, argument }) {
    const start = this.#length;
    try {
      this.#integer(indexId);
      this.byteString(text);
      for (let i = 0; i < values.length; i++) {
        this.#byte(TAB);
        this.#value(values[i], argument, i);
      }
    } catch (error) {
      this.#length = start;
      throw error;
    }
    this.#byte(LINE_FEED);
  }

  /**
   * Writes text or bytes without escapes.
   * @param {string | Uint8Array} data
   */
  raw(data) {
    const bytes = typeof data === 'string' ? Buffer.from(data) : asBuffer(data);
    this.#reserve(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  /** @param {string} text  a byte string (encode.js) */
  byteString(text) {
    const { length } = text;
    this.#reserve(length);
    const start = this.#length;
    if (length > MAX_LOOP_LENGTH) {
      this.#bytes.write(text, start, 'latin1');
    } else {
      const bytes = this.#bytes;
      for (let i = 0; i < length; i++) bytes[start + i] = text.charCodeAt(i);
    }
    this.#length = start + length;
  }

  /**
   * Writes a value as a token. Most values are written here; `encodeValue` writes those with
   * escapes and refuses others.
   * @param {unknown} value
   * @param {string} argument
   * @param {number} position
   */
  #value(value, argument, position) {
    if (typeof value === 'number' && (value | 0) === value && value > MIN_INT32) {
      if (value < 0) this.#byte(MINUS);
      this.#integer(Math.abs(value));
    } else if (typeof value !== 'string' || value.length > MAX_LOOP_LENGTH || !this.#plain(value)) {
      this.byteString(encodeValue(value, argument, position));
    }
  }

  /**
   * Writes a short ASCII text, unless it needs an escape.
   * @param {string} text
   * @returns {boolean} whether it was written
   */
  #plain(text) {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < FIRST_PLAIN || code > LAST_PLAIN) return false;
      bytes[start + i] = code;
    }
    this.#length = start + text.length;
    return true;
  }

  /** @param {number} value  from 0 to 2^31 - 1 */
  #integer(value) {
    this.#reserve(MAX_INT32_DIGITS);
    const bytes = this.#bytes;
    const end = this.#length + countDigits(value);
    let at = end;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      bytes[--at] = ZERO + rest - 10 * tenth;
      rest = tenth;
    } while (rest > 0);
    this.#length = end;
  }

  /** @param {number} byte */
  #byte(byte) {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** @param {number} more  bytes */
  #reserve(more) {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** @param {number} value  from 0 to 2^31 - 1 */
function countDigits(value) {
  if (value < 1e3) return value < 10 ? 1 : value < 100 ? 2 : 3;
  if (value < 1e6) return value < 1e4 ? 4 : value < 1e5 ? 5 : 6;
  if (value < 1e9) return value < 1e7 ? 7 : value < 1e8 ? 8 : 9;
  return MAX_INT32_DIGITS;
}

module.exports = { ByteWriter };
