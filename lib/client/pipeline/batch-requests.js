'use strict';

const { now } = require('../../runtime/clock.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { asShared } = require('./outcomes.js');

/*
 * The requests of a batch before it is handed over, and if it cannot be.
 */

/**
 * Withdraws the requests whose deadline has passed before anything of them was handed over.
 * @param {readonly Request[]} requests
 * @param {number} [time]  in the time of `now()`
 * @returns {readonly Request[]} the others
 */
function withdrawExpired(requests, time = now()) {
  let isWhole = true;
  for (const { call, isQueued } of requests) {
    if (isQueued && !call.deadline?.withdrawIfExpired(call, time)) continue;
    isWhole = false;
  }
  return isWhole ? requests : requests.filter((request) => request.isQueued);
}

/**
 * Withdraws the requests whose index is refused.
 * @param {readonly Request[]} requests
 * @param {ReadonlyMap<import('../instances').Definition, Error>} refused
 */
function withdrawRefused(requests, refused) {
  if (refused.size === 0) return;
  for (const { call, definition } of requests) {
    const error = refused.get(definition);
    if (error !== undefined) call.withdraw(() => error);
  }
}

/**
 * The deadline of a batch: the latest of its requests, so that no call ends before its time.
 * @param {readonly Request[]} requests
 */
function batchDeadline(requests) {
  let latest = 0;
  for (const { call } of requests) latest = Math.max(latest, call.deadline?.batchExpiresAt ?? 0);
  return latest;
}

/**
 * Fails requests whose batch threw: for want of a secret, or by a defect of ours. Neither is
 * retried (retry.js). Requests of the same calls that are still queued wait for the same secret, so
 * they fail too.
 * @param {readonly Request[]} requests
 * @param {import('../instances').RequestState} state
 * @param {any} error
 */
function failAll(requests, state, error) {
  for (const request of requests) {
    if (request.isQueued) request.call.withdraw(() => asShared(error));
    else if (request.state === state) request.fail(asShared(lostError(error)));
  }
}

/**
 * The error of requests that were handed over and whose executor has reported nothing.
 * @param {unknown} cause
 */
function lostError(cause) {
  return new HandlerSocketError('ERR_HS_LOST', `the batch was lost: ${cause}`, {
    outcome: 'unknown',
    cause,
  });
}

/** @typedef {import('../instances').Request} Request */

module.exports = { batchDeadline, failAll, withdrawExpired, withdrawRefused };
