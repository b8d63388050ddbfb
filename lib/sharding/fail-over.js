'use strict';

const { now } = require('../runtime/clock.js');
const { Request } = require('../client/pipeline/call.js');
const { isUnsent, withOutcome } = require('../client/pipeline/outcomes.js');
const { eventOfFailure, retryDecision } = require('../client/pipeline/retry.js');
const { AbortError, HandlerSocketError } = require('../errors/index.js');
const { partition } = require('./partition.js');

/*
 * Executes an operation at several servers at once. Each request goes to the first of its
 * candidates that can be reached; retry.js says after which failures the next one may execute it.
 *
 *   groups ──► partition by first candidate ──► submit to each node ──► gather outcomes
 *                     ▲                                                      │
 *                     └────────── clones of requests that fail over ─────────┘
 */

/**
 * Requests that have the same candidates.
 * @typedef {object} Group
 * @property {readonly number[]} positions  of the requests in the operation
 * @property {readonly Node[]} candidates  at least one, in the order in which they are tried;
 *   primary, replicas and next servers alike
 *
 * @typedef {object} Gathered
 * @property {Outcome[]} outcomes  one for each request
 * @property {Node[]} nodes  the node of each outcome
 */

/**
 * Executes an operation. Rejects only with errors of the caller; other errors are outcomes.
 * @param {Operation} operation
 * @param {readonly Group[]} groups  all requests of the operation
 * @param {number} until  deadline, in the time of `now()`
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
        const made = await submitTo(node, { ...operation, requests }, attemptDeadline(part, until));
        for (const [i, position] of positions.entries()) {
          outcomes[position] = made[i];
          nodes[position] = node;
        }
        const rest = part.flatMap((group) => restOf(group, operation, outcomes));
        if (rest.length > 0 && now() < until) await attempt(rest, cloneRequest);
      }),
    );
  };
  await attempt(groups, identity);
  return { outcomes, nodes };
}

/**
 * The deadline of an attempt. Each attempt has an equal share of the time that is left, and the
 * last one has all of it.
 * @param {readonly Group[]} groups
 * @param {number} until  deadline of all attempts
 */
function attemptDeadline(groups, until) {
  let left = 1;
  for (const { candidates } of groups) left = Math.max(left, candidates.length);
  if (left === 1) return until;
  const time = now();
  return time + (until - time) / left;
}

/**
 * Executes an operation at one node, and records what its outcomes tell about the node's health.
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
      // An abort says nothing about the node.
      return outcomes.some((outcome) => outcome instanceof AbortError) ? undefined : true;
    },
  );
}

/**
 * The outcomes of an operation's requests at a node.
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
    // Fails the call at the node's client, so that its stats() counts the error.
    if (outcome instanceof Error && !operation.settlesEach) throw outcome;
    return outcome;
  };
  try {
    await node.submit({ ...operation, read, finish: identity }, until);
  } catch (error) {
    // Each request has its outcome, unless the client refused the call as a whole.
    if (outcomes.includes(/** @type {any} */ (undefined))) {
      if (!(error instanceof HandlerSocketError)) throw error;
      // A node that was tried before may have received a read.
      for (const [i, { mayHaveBeenSent }] of operation.requests.entries()) {
        outcomes[i] = mayHaveBeenSent ? withOutcome(error, 'unknown') : error;
      }
    }
  }
  return outcomes;
}

/**
 * The requests for the next candidate.
 * @param {Group} group
 * @param {Operation} operation
 * @param {readonly Outcome[]} outcomes
 * @returns {Group[]} at most one
 */
function restOf({ positions, candidates }, { isWrite, isUnit }, outcomes) {
  if (candidates.length === 1) return [];
  const failed = positions.filter((position) => mayFailOver(outcomes[position], isWrite));
  if (failed.length === 0 || (isUnit && failed.length < positions.length)) return [];
  return [{ positions: failed, candidates: candidates.slice(1) }];
}

/**
 * Whether another node may execute a request that has this outcome.
 * @param {Outcome} outcome
 * @param {boolean} isWrite
 */
function mayFailOver(outcome, isWrite) {
  return outcome instanceof Error && retryDecision(eventOfFailure(outcome), isWrite).failsOver;
}

/**
 * Whether the node could not be reached, or no longer. These are the failures after which reads
 * fail over.
 * @param {Outcome} outcome
 */
function isUnreachable(outcome) {
  return mayFailOver(outcome, false);
}

/**
 * Clones a request for another call, since a request has one outcome.
 * @param {Request} request
 * @param {Outcome} outcome  its last one
 */
function cloneRequest({ definition, command, weight }, outcome) {
  const clone = new Request(definition, command, weight);
  clone.mayHaveBeenSent = !isUnsent(outcome);
  return clone;
}

/**
 * @template T
 * @param {T} value
 */
function identity(value) {
  return value;
}

/**
 * @typedef {import('../client/operation.js').Operation} Operation
 * @typedef {import('../client/pipeline/call.js').Outcome} Outcome
 * @typedef {import('../client/instances').Request} Request
 * @typedef {InstanceType<typeof import('./shard.js').Node>} Node
 */

module.exports = { failOver };
