'use strict';

const { withOutcome } = require('../client/pipeline/outcomes.js');
const { readOutcomes } = require('../client/pipeline/steps.js');
const { AbortError, FanOutError } = require('../errors/index.js');
const { failuresAmong } = require('./partition.js');

/*
 * The results of calls that went to several servers.
 */

/**
 * The result of an operation; throws a FanOutError if a server failed.
 * @param {Operation} operation
 * @param {import('./fail-over.js').Gathered} gathered
 */
async function resultOf(operation, gathered) {
  const { outcomes } = gathered;
  const failures = failuresAmong(operation.isWrite, gathered);
  if (failures.length === 0 || operation.settlesEach) return readOutcomes(operation, outcomes);
  throwIfRefusedHere(failures);
  const rows = await Promise.all(outcomes.map((outcome) => rowOf(operation, outcome)));
  throw new FanOutError(operation.name, failures, rows);
}

/**
 * @param {Operation} operation
 * @param {Outcome} outcome
 * @returns {Promise<unknown>} the row; undefined if there is none
 */
function rowOf(operation, outcome) {
  return readOutcomes({ ...operation, finish: undefined }, [outcome]).catch(() => undefined);
}

/**
 * The rows of all servers.
 * @param {({ rows: unknown[] } | { address: string, error: import('../..').HandlerSocketError })[]}
 *   results
 */
function rowsOfAll(results) {
  const rows = results.flatMap((result) => ('rows' in result ? result.rows : []));
  const failures = results.flatMap((result) => {
    return 'error' in result ? { ...result, positions: [] } : [];
  });
  throwIfRefusedHere(failures);
  if (failures.length > 0) throw new FanOutError('find', failures, rows);
  return rows;
}

/**
 * Throws errors that no server caused as a Client throws them, without a FanOutError.
 * @param {import('../..').ShardFailure[]} failures
 */
function throwIfRefusedHere(failures) {
  const aborted = failures.find(({ error }) => error instanceof AbortError);
  if (aborted !== undefined) {
    const isNotSent = failures.every(({ error }) => error.outcome === 'not-sent');
    throw isNotSent ? aborted.error : withOutcome(aborted.error, 'unknown');
  }
  for (const code of ['ERR_HS_CLOSED', 'ERR_HS_OVERLOADED']) {
    const isShared = failures.length > 0 && failures.every(({ error }) => error.code === code);
    if (isShared) throw failures[0].error;
  }
}

/**
 * @typedef {import('../client/operation.js').Operation} Operation
 * @typedef {import('../client/pipeline/call.js').Outcome} Outcome
 */

module.exports = { resultOf, rowsOfAll };
