'use strict';

const { HandlerSocketError } = require('../errors/index.js');
const { withOutcome } = require('./pipeline/outcomes.js');
const { countOf } = require('./rows/results.js');

/*
 * The second part of a split insert, `allow: ['split-insert']`: an update of the inserted row.
 */

/**
 * Reads the outcome of the update. Even if it fails, the row was inserted.
 * @param {import('./pipeline/call.js').Outcome} outcome
 */
function readCompletion(outcome) {
  if (outcome instanceof HandlerSocketError) throw withOutcome(outcome, 'unknown');
  if (countOf(outcome) === 1) return;
  throw new HandlerSocketError(
    'ERR_HS_CHANGED',
    'the row was inserted with some of its columns, and was gone before the others could be set',
    { outcome: 'unknown' },
  );
}

/**
 * The results of insertMany: those of the inserts, replaced by those of the updates that failed.
 * @param {readonly PromiseSettledResult<unknown>[]} inserted
 * @param {readonly number[]} positions  of the rows that had a rest
 * @param {readonly PromiseSettledResult<unknown>[]} completed
 */
function withCompletions(inserted, positions, completed) {
  const results = [...inserted];
  for (const [i, position] of positions.entries()) {
    if (completed[i].status === 'rejected') results[position] = completed[i];
  }
  return results;
}

module.exports = { readCompletion, withCompletions };
