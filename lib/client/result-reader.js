'use strict';

const { withOutcome } = require('./pipeline/outcomes.js');
const { readCompletion, withCompletions } = require('./insert-rest.js');
const {
  countOf,
  insertedAsNumber,
  insertedOf,
  joinLists,
  replyOf,
  settling,
} = require('./rows/results.js');
const { RowReader } = require('./rows/row-reader.js');
const { listRowsOf, mergeInSteps, rowsOf } = require('./rows/row-steps.js');

/**
 * Says how the operations of an Index read the outcomes of their requests: what is returned here is
 * an operation's `read` or `finish`.
 */
class ResultReader {
  /**
   * @param {import('./index-knowledge').Columns} columns
   * @param {string} table  for errors
   * @param {boolean} idIsNumber  whether the id of an inserted row is a number
   */
  constructor(columns, table, idIsNumber) {
    this.rowReader = new RowReader(columns, table);
    /** @type {(outcome: Outcome) => { insertId: number | bigint | null }} */
    this.inserted = idIsNumber ? insertedAsNumber : insertedOf;
  }

  /** @param {Outcome} outcome */
  firstRow = (outcome) => this.rowReader.first(replyOf(outcome));

  /** @param {Outcome} outcome */
  rows = (outcome) => rowsOf(this.rowReader, replyOf(outcome));

  count = countOf;

  completion = readCompletion;

  withCompletions = withCompletions;

  /** The first row of each request, or its error. */
  firstRowSettled() {
    return settling(this.firstRow);
  }

  insertedSettled() {
    return settling(this.inserted);
  }

  completionSettled() {
    return settling(this.completion);
  }

  /**
   * The rows of IN lists.
   * @param {import('./commands.js').KeyLists} keyLists
   */
  listRows({ lists, matcher }) {
    return {
      /** @type {(outcome: Outcome, i: number) => unknown} */
      read: (outcome, i) => listRowsOf(this.rowReader, replyOf(outcome), lists[i], matcher),
      finish: joinLists,
    };
  }

  /**
   * Rows before a change of some columns, and those columns after it.
   * @param {readonly string[]} names  of the columns
   */
  changedRows(names) {
    const some = this.rowReader.only(names);
    return {
      // A failed find does not end the call, because the change decides its outcome.
      /** @type {(outcome: Outcome, i: number) => unknown} */
      read: (outcome, i) => (i === 0 ? this.#rowsBefore(outcome) : rowsOf(some, replyOf(outcome))),
      /** @param {any[]} values */
      finish: ([found, changed]) => {
        if (found instanceof Error) throw withOutcome(found, 'unknown');
        return mergeInSteps(found, changed);
      },
    };
  }

  /**
   * The error of a call whose first part was sent already, so that the call as a whole may have
   * been.
   * @param {unknown} error
   */
  afterFirstPart(error) {
    return withOutcome(/** @type {Error} */ (error), 'unknown');
  }

  /**
   * The rows that the find has read before a change of some columns, or why it found none.
   * @param {Outcome} outcome
   */
  #rowsBefore(outcome) {
    return outcome instanceof Error ? outcome : rowsOf(this.rowReader, outcome);
  }
}

/** @typedef {import('./pipeline/call.js').Outcome} Outcome */

module.exports = { ResultReader };
