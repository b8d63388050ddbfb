'use strict';

const { AbortError } = require('../../errors/index.js');
const { setImmediate } = require('../../runtime/clock.js');
const { ownError } = require('../pipeline/outcomes.js');
const turn = require('../../runtime/turn.js');

const NEVER = -1;

/** How many rows are returned without a turn of the event loop before the clock is checked. */
const ROWS_A_CHECK = 512;

/**
 * @template Row
 * @typedef {object} RowPage
 * @property {number} end  how many rows it has
 * @property {() => Row | undefined} readRow  returns the next row; undefined after the last
 */

/**
 * Iterates over the rows of pages. An async generator would make two more promises for each row.
 *
 *   next() ──► #take: the row is there ──────────────► resolves at once
 *                └─► #read: end of the page ──► #turnPage
 *                           half of the page ──► #readAhead (asks for the next page)
 *                           after every N rows  ──► #yieldTurn (lets the event loop run)
 * @template Row
 * @implements {AsyncIterableIterator<Row>}
 */
class RowIterator {
  #pages;
  #readsAhead;
  #signal;
  /** @type {RowPage<Row> | null} */
  #page = null;
  /** How many rows of the page were returned. */
  #given = 0;
  /** The next page is asked for before this row of the page. */
  #aheadAt = NEVER;
  /**
   * The clock is checked before this row of the page, because rows in memory are returned without a
   * turn of the event loop.
   */
  #checkAt = ROWS_A_CHECK;
  /**
   * The next page, once it was requested.
   * @type {Promise<IteratorResult<RowPage<Row>, void>> | null}
   */
  #ahead = null;
  /** The last `next()` that had to wait. @type {Promise<unknown> | null} */
  #reading = null;
  /** How many `next()` calls had to wait. */
  #readings = 0;
  #isOver = false;

  /**
   * @param {AsyncGenerator<RowPage<Row>, void, undefined>} pages
   * @param {boolean} readsAhead  whether to request the next page before all rows of this one are
   *   returned
   * @param {AbortSignal} [signal]  ends the iteration; pages in flight end by themselves
   */
  constructor(pages, readsAhead, signal) {
    this.#pages = pages;
    this.#readsAhead = readsAhead;
    this.#signal = signal;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<Row, undefined>>} */
  next() {
    if (this.#reading === null) {
      try {
        const result = this.#take();
        if (result !== null) return Promise.resolve(result);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const reading = this.#read(this.#reading, ++this.#readings);
    this.#reading = reading;
    return reading;
  }

  /** @returns {Promise<IteratorReturnResult<undefined>>} */
  async return() {
    this.#isOver = true;
    this.#page = null;
    // Not awaited, since a page may be in flight.
    this.#pages.return().catch(() => {});
    return { value: undefined, done: true };
  }

  /**
   * Only the caller awaits the result: if two await a promise, V8 shows neither of them in the
   * stack of an error.
   * @param {Promise<unknown> | null} before  the `next()` before this one
   * @param {number} ordinal
   * @returns {Promise<IteratorResult<Row, undefined>>}
   */
  async #read(before, ordinal) {
    await before?.catch(() => {});
    try {
      for (;;) {
        const result = this.#take();
        if (result !== null) return result;
        if (this.#given === this.#aheadAt) await this.#readAhead();
        else if (this.#page?.end === this.#given || this.#page === null) await this.#turnPage();
        else await this.#yieldTurn();
      }
    } finally {
      if (ordinal === this.#readings) this.#reading = null;
    }
  }

  /**
   * The next row, if it is in memory and nothing has to be done first; null otherwise.
   * @returns {IteratorResult<Row, undefined> | null}
   */
  #take() {
    if (this.#isOver) return { value: undefined, done: true };
    const page = this.#page;
    if (page !== null && this.#signal?.aborted) throw this.#abort(this.#signal);
    if (page === null || this.#given === page.end || this.#given === this.#aheadAt) return null;
    if (this.#given === this.#checkAt) return null;
    try {
      this.#given++;
      return { value: /** @type {Row} */ (page.readRow()), done: false };
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  /** @param {AbortSignal} signal */
  #abort({ reason }) {
    this.#isOver = true;
    return new AbortError({ outcome: 'unknown', cause: reason });
  }

  async #readAhead() {
    this.#aheadAt = NEVER;
    this.#ahead = this.#pages.next();
    // #turnPage awaits the same promise later and throws its error. Until then Node.js must not
    // take the rejection for an unhandled one.
    this.#ahead.catch(() => {});
    // Requests are sent at the end of a turn, and rows in memory are returned without one.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #yieldTurn() {
    this.#checkAt = this.#given + ROWS_A_CHECK;
    if (turn.isOver()) await turn.next();
  }

  async #turnPage() {
    const isFirst = this.#page === null;
    try {
      const { value: page, done } = await (this.#ahead ?? this.#pages.next());
      this.#ahead = null;
      if (done || this.#isOver) {
        this.#isOver = true;
        return;
      }
      this.#page = page;
      this.#given = 0;
      this.#checkAt = ROWS_A_CHECK;
      // Many callers read the first few rows only, so the second page waits for half of the first.
      if (this.#readsAhead) this.#aheadAt = isFirst ? page.end >> 1 : 0;
    } catch (error) {
      this.#isOver = true;
      // A new error, whose stack shows the caller of the scan: the page may have failed before it
      // was awaited.
      throw ownError(error);
    }
  }
}

module.exports = { RowIterator };
