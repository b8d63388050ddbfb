'use strict';

const { now } = require('../../runtime/clock.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { asShared } = require('./outcomes.js');

/*
 * The requests of a batch, before it is handed over and where it cannot be.
 */

/**
 * Takes back those requests of which the time is over, and gives the others. Nothing of any was
 * handed over.
 * @param {readonly Request[]} requests
 * @returns {readonly Request[]}
 */
function withdrawLate(requests) {
  const time = now();
  let isWhole = true;
  for (const { call, isQueued } of requests) {
    const isLate = call.deadline !== null && call.deadline.at <= time;
    if (isQueued && !isLate) continue;
    isWhole = false;
    if (isQueued) call.deadline?.withdraw(call);
  }
  return isWhole ? requests : requests.filter((request) => request.isQueued);
}

/**
 * Takes back those requests of which the index is refused.
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

/** @param {readonly Request[]} requests */
function latestDeadline(requests) {
  let latest = 0;
  for (const { call } of requests) latest = Math.max(latest, call.deadline?.batchAt ?? 0);
  return latest;
}

/**
 * Fails the requests that a batch could not be sent for. What waits in the queue of the same calls
 * waited for the same.
 * @param {readonly Request[]} requests
 * @param {Holder} batch
 * @param {any} error
 */
function failAll(requests, batch, error) {
  for (const request of requests) {
    if (request.isQueued) request.call.withdraw(() => asShared(error));
    else if (request.holder === batch) request.fail(asShared(wentAstray(error)));
  }
}

/**
 * The error of what was handed over, and of which the executor has said nothing.
 * @param {unknown} cause
 */
function wentAstray(cause) {
  return new HandlerSocketError('ERR_HS_LOST', `the batch was lost: ${cause}`, {
    outcome: 'unknown',
    cause,
  });
}

/**
 * @typedef {import('../instances').Holder} Holder
 * @typedef {import('../instances').Request} Request
 */

module.exports = { failAll, latestDeadline, withdrawLate, withdrawRefused };
