'use strict';

const { now } = require('../runtime/clock.js');
const { Request } = require('../client/pipeline/call.js');
const { withOutcome } = require('../client/pipeline/outcomes.js');
const { eventOfFailure, retryDecision } = require('../client/pipeline/retry.js');
const { AbortError, HandlerSocketError } = require('../errors/index.js');
const { partition } = require('./partition.js');

/*
 * An operation at several servers at once, of which each request goes to the first of its
 * candidates that can be reached.
 */

/**
 * Requests that have the same candidates.
 * @typedef {object} Group
 * @property {readonly number[]} positions  of the requests in the operation
 * @property {readonly Node[]} candidates  at least one, in the order in which they are tried:
 *   primary, replicas and next servers alike
 *
 * @typedef {object} Gathered
 * @property {Outcome[]} outcomes  one for each request
 * @property {Node[]} nodes  whose outcome each is
 */

/**
 * Does an operation.
 * @param {Operation} operation
 * @param {readonly Group[]} groups  that have all its requests
 * @param {number} until  as performance.now() tells it
 * @returns {Promise<Gathered>}
 */
async function failOver(operation, groups, until) {
  /** @type {Outcome[]} */
  const outcomes = new Array(operation.requests.length);
  /** @type {Node[]} */
  const nodes = new Array(operation.requests.length);

  /**
   * @param {readonly Group[]} groups
   * @param {(request: Request, outcome: Outcome) => Request} requestOf
   */
  const attempt = async (groups, requestOf) => {
    const parts = partition(groups, ({ candidates }) => candidates[0]);
    await Promise.all(
      Array.from(parts, async ([node, part]) => {
        const positions = part.flatMap((group) => group.positions);
        const requests = positions.map((position) => {
          return requestOf(operation.requests[position], outcomes[position]);
        });
        const given = await submitTo(node, { ...operation, requests }, shareOf(part, until));
        for (const [i, position] of positions.entries()) {
          outcomes[position] = given[i];
          nodes[position] = node;
        }
        const rest = part.flatMap((group) => restOf(group, operation, outcomes));
        if (rest.length > 0 && now() < until) await attempt(rest, cloneOf);
      }),
    );
  };
  await attempt(groups, asItIs);
  return { outcomes, nodes };
}

/**
 * Until when an attempt may last: each has an equal share of the time that is left, and the last
 * has all of it.
 * @param {readonly Group[]} groups
 * @param {number} until  of all attempts, as performance.now() tells it
 */
function shareOf(groups, until) {
  let left = 1;
  for (const { candidates } of groups) left = Math.max(left, candidates.length);
  if (left === 1) return until;
  const time = now();
  return time + (until - time) / left;
}

/**
 * Does requests at a node, and gives their outcomes.
 * @param {Node} node
 * @param {Operation} operation
 * @param {number} until
 * @returns {Promise<Outcome[]>}
 */
function submitTo(node, operation, until) {
  return node.healthFor(operation.isWrite).watch(
    () => outcomesAt(node, operation, until),
    (outcomes) => {
      if (outcomes.some(isUnreachable)) return false;
      // A caller that has gone says nothing of the node.
      return outcomes.some((outcome) => outcome instanceof AbortError) ? undefined : true;
    },
  );
}

/**
 * @param {Node} node
 * @param {Operation} operation
 * @param {number} until
 */
async function outcomesAt(node, operation, until) {
  /** @type {Outcome[]} */
  const outcomes = new Array(operation.requests.length);
  /** @type {Operation['read']} */
  const read = (outcome, i) => {
    outcomes[i] = outcome;
    // So that the node's own figures tell of a call that failed.
    if (outcome instanceof Error && !operation.settlesEach) throw outcome;
    return outcome;
  };
  try {
    await node.submit({ ...operation, read, finish: asItIs }, until);
  } catch (error) {
    // Each request has its outcome, unless the client has refused the call as a whole.
    if (outcomes.includes(/** @type {any} */ (undefined))) {
      if (!(error instanceof HandlerSocketError)) throw error;
      // Another node may have received a read.
      for (const [i, { mayHaveBeenSent }] of operation.requests.entries()) {
        outcomes[i] = mayHaveBeenSent ? withOutcome(error, 'unknown') : error;
      }
    }
  }
  return outcomes;
}

/**
 * What the next candidate is to do.
 * @param {Group} group
 * @param {Operation} operation
 * @param {readonly Outcome[]} outcomes
 * @returns {Group[]} at most one
 */
function restOf({ positions, candidates }, { isWrite, isUnit }, outcomes) {
  if (candidates.length === 1) return [];
  const failed = positions.filter((position) => mayGoOn(outcomes[position], isWrite));
  if (failed.length === 0 || (isUnit && failed.length < positions.length)) return [];
  return [{ positions: failed, candidates: candidates.slice(1) }];
}

/**
 * Whether another node may do a request that has this outcome.
 * @param {Outcome} outcome
 * @param {boolean} isWrite
 */
function mayGoOn(outcome, isWrite) {
  return outcome instanceof Error && retryDecision(eventOfFailure(outcome), isWrite).elsewhere;
}

/**
 * Whether the node could not be reached, or no longer: then reads go elsewhere.
 * @param {Outcome} outcome
 */
function isUnreachable(outcome) {
  return mayGoOn(outcome, false);
}

/**
 * The request again, for another call.
 * @param {Request} request
 * @param {Outcome} outcome  that it had
 */
function cloneOf({ definition, command, weight }, outcome) {
  const clone = new Request(definition, command, weight);
  const { outcome: sent } = /** @type {{ outcome?: string }} */ (outcome);
  clone.mayHaveBeenSent = sent !== 'not-sent';
  return clone;
}

/**
 * @template T
 * @param {T} value
 */
function asItIs(value) {
  return value;
}

/**
 * @typedef {import('../client/operation.js').Operation} Operation
 * @typedef {import('../client/pipeline/call.js').Outcome} Outcome
 * @typedef {import('../client/instances').Request} Request
 * @typedef {InstanceType<typeof import('./shard.js').Node>} Node
 */

module.exports = { failOver };
