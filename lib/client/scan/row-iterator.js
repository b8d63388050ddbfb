'use strict';

const { AbortError } = require('../../errors/index.js');
const { setImmediate } = require('../../runtime/clock.js');
const { ownError } = require('../pipeline/outcomes.js');
const turn = require('../../runtime/turn.js');

const NEVER = -1;

/** After so many rows given without a turn of the event loop, the clock is asked. */
const ROWS_A_LOOK = 512;

/**
 * @template Row
 * @typedef {object} RowPage
 * @property {number} end  how many rows it has
 * @property {() => Row | undefined} readRow  gives them in turn, as many as there are
 */

/**
 * The rows of pages, one at a time. An async generator would take two more promises for each row.
 * @template Row
 * @implements {AsyncIterableIterator<Row>}
 */
class RowIterator {
  #pages;
  #readsAhead;
  #signal;
  /** @type {RowPage<Row> | null} */
  #page = null;
  /** How many of its rows were given. */
  #given = 0;
  /** Before which of its rows the next page is asked for. */
  #aheadAt = NEVER;
  /** Before which of its rows the clock is asked: rows that are there are given without a turn of the event loop. */
  #lookAt = ROWS_A_LOOK;
  /** The next page, where it was asked for. @type {Promise<IteratorResult<RowPage<Row>, void>> | null} */
  #ahead = null;
  /** What is not there yet was asked for last. @type {Promise<unknown> | null} */
  #reading = null;
  /** How often what is not there yet was asked for. */
  #readings = 0;
  #isOver = false;

  /**
   * @param {AsyncGenerator<RowPage<Row>, void, undefined>} pages
   * @param {boolean} readsAhead  whether a page is asked for before the rows of the one before are given
   * @param {AbortSignal} [signal]  ends it; pages that are on their way end by themselves
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
    // Not awaited: a page may be on its way.
    this.#pages.return().catch(() => {});
    return { value: undefined, done: true };
  }

  /**
   * Nothing but its caller waits for what it gives: of a promise with two that wait V8 shows neither
   * in the stack of an error.
   * @param {Promise<unknown> | null} before  what was asked for first
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
        else await this.#giveWay();
      }
    } finally {
      if (ordinal === this.#readings) this.#reading = null;
    }
  }

  /**
   * The next row, if it is there and nothing is to be done before.
   * @returns {IteratorResult<Row, undefined> | null}
   */
  #take() {
    if (this.#isOver) return { value: undefined, done: true };
    const page = this.#page;
    if (page !== null && this.#signal?.aborted) throw this.#abort(this.#signal);
    if (page === null || this.#given === page.end || this.#given === this.#aheadAt) return null;
    if (this.#given === this.#lookAt) return null;
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
    // Whoever comes so far hears of it.
    this.#ahead.catch(() => {});
    // Requests leave at the end of a turn, and rows that are there are given without one.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #giveWay() {
    this.#lookAt = this.#given + ROWS_A_LOOK;
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
      this.#lookAt = ROWS_A_LOOK;
      // Many look at the first few rows only.
      if (this.#readsAhead) this.#aheadAt = isFirst ? page.end >> 1 : 0;
    } catch (error) {
      this.#isOver = true;
      // Made anew here, where its stack shows who walks: the page may have failed before it was awaited.
      throw ownError(error);
    }
  }
}

module.exports = { RowIterator };
