'use strict';

const { HandlerSocketError, ServerError } = require('../errors.js');
const { isUnreachable } = require('./health.js');

/**
 * What one server has of an operation that goes to several.
 * @typedef {object} Portion
 * @property {number[]} positions  of its requests among all
 * @property {Operation} operation  these requests; gives their outcomes
 */

/**
 * Cuts an operation up by where its requests go.
 * @template Place
 * @param {Operation} operation
 * @param {readonly Place[]} places  one for each request
 * @returns {Map<Place, Portion>}
 */
function cutUp(operation, places) {
  /** @type {Map<Place, number[]>} */
  const positionsOf = new Map();
  for (const [i, place] of places.entries()) {
    const positions = positionsOf.get(place);
    if (positions === undefined) positionsOf.set(place, [i]);
    else positions.push(i);
  }
  const portions = new Map();
  for (const [place, positions] of positionsOf) {
    const requests = positions.map((position) => operation.requests[position]);
    /** @param {Outcome[]} outcomes */
    const finish = (outcomes) => {
      // Reads are all done again elsewhere; of writes those count that were done.
      const lost = operation.isWrite ? undefined : outcomes.find(isUnreachable);
      if (lost !== undefined) throw lost;
      return outcomes;
    };
    portions.set(place, { positions, operation: { ...operation, requests, finish } });
  }
  return portions;
}

/**
 * Does the portions all at once and gives the outcomes of all requests in their order. Where a server failed, its error
 * stands in place of the outcomes that it owes.
 * @template {{ address: string }} Place
 * @param {Map<Place, Portion>} portions
 * @param {(place: Place, operation: Operation) => Promise<Outcome[]>} submit
 */
async function gather(portions, submit) {
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @type {import('../..').ShardFailure[]} */
  const failures = [];
  await Promise.all(
    Array.from(portions, async ([place, { positions, operation }]) => {
      const part = await submit(place, operation).catch((error) => positions.map(() => error));
      for (const [i, position] of positions.entries()) outcomes[position] = part[i];
      for (const [error, failed] of failuresAmong(outcomes, positions, operation.isWrite)) {
        failures.push({ address: place.address, positions: failed, error });
      }
    }),
  );
  return { outcomes, failures };
}

/**
 * Which requests failed for which reason: of a server's connections one may have failed before anything was sent, another
 * after.
 * @param {readonly Outcome[]} outcomes
 * @param {readonly number[]} positions
 * @param {boolean} isWrite
 */
function failuresAmong(outcomes, positions, isWrite) {
  /** @type {Map<import('../..').HandlerSocketError, number[]>} */
  const failures = new Map();
  for (const position of positions) {
    const outcome = outcomes[position];
    if (!isFailure(outcome, isWrite)) continue;
    const error = /** @type {import('../..').HandlerSocketError} */ (outcome);
    const failed = failures.get(error);
    if (failed === undefined) failures.set(error, [position]);
    else failed.push(position);
  }
  return failures;
}

/**
 * Whether an outcome is the server's failure. That it refuses a row is an answer.
 * @param {Outcome} outcome
 * @param {boolean} isWrite
 */
function isFailure(outcome, isWrite) {
  if (isWrite && outcome instanceof ServerError) return false;
  return outcome instanceof HandlerSocketError;
}

/**
 * @typedef {import('../client/table-index.js').Operation} Operation
 * @typedef {import('../client/call.js').Outcome} Outcome
 */

module.exports = { cutUp, gather };
