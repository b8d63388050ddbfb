'use strict';

const { ownError } = require('../client/pipeline/outcomes.js');
const { HandlerSocketError, ServerError } = require('../errors/index.js');

/**
 * Groups items by owner.
 * @template Item, Owner
 * @param {readonly Item[]} items
 * @param {(item: Item, i: number) => Owner} ownerOf
 * @returns {Map<Owner, Item[]>}
 */
function partition(items, ownerOf) {
  /** @type {Map<Owner, Item[]>} */
  const parts = new Map();
  for (const [i, item] of items.entries()) {
    const owner = ownerOf(item, i);
    const part = parts.get(owner);
    if (part === undefined) parts.set(owner, [item]);
    else part.push(item);
  }
  return parts;
}

/**
 * Groups failures by error. One server may cause several errors: one of its connections may have
 * failed before anything was sent, another one after that.
 * @param {boolean} isWrite
 * @param {import('./fail-over.js').Gathered} gathered
 */
function failuresAmong(isWrite, { outcomes, nodes }) {
  /** @type {Map<Outcome, import('../..').ShardFailure>} */
  const failures = new Map();
  for (const [position, outcome] of outcomes.entries()) {
    if (!isFailure(outcome, isWrite)) continue;
    const failure = failures.get(outcome);
    if (failure !== undefined) {
      failure.positions.push(position);
      continue;
    }
    const error = /** @type {import('../..').HandlerSocketError} */ (outcome);
    const { address } = nodes[position].shard;
    failures.set(outcome, { address, positions: [position], error: ownError(error) });
  }
  return [...failures.values()];
}

/**
 * Whether an outcome is a failure of the server. A refused row is not.
 * @param {Outcome} outcome
 * @param {boolean} isWrite
 */
function isFailure(outcome, isWrite) {
  if (isWrite && outcome instanceof ServerError) return false;
  return outcome instanceof HandlerSocketError;
}

/** @typedef {import('../client/pipeline/call.js').Outcome} Outcome */

module.exports = { failuresAmong, partition };
