'use strict';

const { access } = require('../reply.js');
const turn = require('./turn.js');
const { afterWrite, combineOutcome, isUnsent, ownError } = require('./outcomes.js');
const { mergeRows } = require('./results.js');

/*
 * Values that take long to make, as the rows of a long reply. They are made a step at a time, so
 * that the event loop has its turns in between.
 */

/**
 * A value that is made a step at a time, by a generator that yields between the steps and returns
 * it.
 */
class Steps {
  /** @param {Generator<void, any, void>} generator */
  constructor(generator) {
    this.generator = generator;
  }
}

/** A value of a call that is being made. */
class Making {
  #generator;
  #resolve;
  #reject;

  /**
   * @param {Steps} steps
   * @param {(value: any) => Making | null} resolve  takes the value, and gives what is to be made
   *   next
   * @param {(error: unknown) => Making | null} reject
   */
  constructor({ generator }, resolve, reject) {
    this.#generator = generator;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /**
   * Does a step.
   * @returns {Making | null} what is to be made next: itself if there are more steps
   */
  advance() {
    let step;
    try {
      step = this.#generator.next();
    } catch (error) {
      return this.#reject(error);
    }
    return step.done ? this.#resolve(step.value) : this;
  }
}

/** How many rows make a step. */
const ROWS_A_STEP = 500;

/**
 * The rows of a reply: in steps where it is so long that it came in parts.
 * @param {RowReader} reader
 * @param {import('../..').Reply} reply
 */
function rowsOf(reader, reply) {
  return access.partCount(reply) === 1 ? reader.all(reply) : new Steps(makeRows(reader, reply));
}

/**
 * The rows of an IN list, in the same way: see RowReader.ofList.
 * @param {RowReader} reader
 * @param {import('../..').Reply} reply
 * @param {readonly unknown[]} list
 * @param {number} column
 */
function listRowsOf(reader, reply, list, column) {
  if (access.partCount(reply) === 1) return reader.ofList(reply, list, column);
  return new Steps(makeListRows(reader, reply, list, column));
}

/**
 * @param {RowReader} reader
 * @param {import('../..').Reply} reply
 * @returns {Generator<void, Row[], void>}
 */
function* makeRows(reader, reply) {
  const readRow = reader.inTurn(reply);
  const rows = [];
  for (let row = readRow(); row !== undefined; row = readRow()) {
    rows.push(row);
    if (rows.length % ROWS_A_STEP === 0) yield;
  }
  return rows;
}

/**
 * @param {RowReader} reader
 * @param {import('../..').Reply} reply
 * @param {readonly unknown[]} list
 * @param {number} column
 * @returns {Generator<void, (Row | null)[] | undefined, void>}
 */
function* makeListRows(reader, reply, list, column) {
  const rows = yield* makeRows(reader, reply);
  return reader.ofList(reply, list, column, rows);
}

/**
 * What mergeRows gives, in steps where the rows are many.
 * @param {Row[]} found
 * @param {Row[]} changed
 */
function mergeInSteps(found, changed) {
  const areFew = found.length <= ROWS_A_STEP || found.length !== changed.length;
  return areFew ? mergeRows(found, changed) : new Steps(makeMerged(found, changed));
}

/**
 * @param {Row[]} found
 * @param {Row[]} changed
 * @returns {Generator<void, Row[], void>}
 */
function* makeMerged(found, changed) {
  const rows = [];
  for (let start = 0; start < found.length; start += ROWS_A_STEP) {
    const end = start + ROWS_A_STEP;
    rows.push(...mergeRows(found.slice(start, end), changed.slice(start, end)));
    yield;
  }
  return rows;
}

/**
 * What an operation makes of its requests' outcomes, where no call of a client makes it.
 * @param {import('./table-index.js').Operation} operation
 * @param {readonly import('./call.js').Outcome[]} outcomes
 */
async function readOutcomes({ isWrite, read, finish }, outcomes) {
  const values = [];
  try {
    for (const [position, outcome] of outcomes.entries()) {
      const value = read(outcome, position);
      values.push(value instanceof Steps ? await make(value) : value);
      if (turn.isOver()) await turn.next();
    }
  } catch (error) {
    const told = isWrite ? afterWrite(error) : error;
    throw ownError(combineOutcome(told, outcomes.every(isUnsent)));
  }
  if (finish === undefined) return values[0];
  const result = finish(values);
  return result instanceof Steps ? make(result) : result;
}

/** @param {Steps} steps */
async function make({ generator }) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
    if (turn.isOver()) await turn.next();
  }
}

/**
 * @typedef {import('./instances').RowReader} RowReader
 * @typedef {import('./row-maker.js').Row} Row
 */

module.exports = { Making, Steps, listRowsOf, mergeInSteps, readOutcomes, rowsOf };
