'use strict';

const { HandlerSocketError, ServerError } = require('../errors.js');

/*
 * What the server's answers to a batch mean for each request of it: which were refused and why, which may be sent once
 * more, and which successes were taken back.
 */

/** The storage engine's numbers for a deadlock's victim, and for what came after it in the same transaction. */
const ROLLED_BACK = new Set(['149', '200']);

/** After these the same request may succeed on a fresh connection. */
const PASSING_FAILURES = new Set(['ERR_HS_LOST', 'ERR_HS_CONNECT', 'ERR_HS_AUTH']);

/**
 * Whether a request that was not done may be sent again: once, and a write only if nothing of it can have been done.
 * @param {import('./instances').Request} request
 * @param {import('../..').Reply | undefined} reply
 * @param {import('../..').HandlerSocketError | null} failure  its batch's
 */
function mayRepeat({ call, wasRepeated, wasReopened }, reply, failure) {
  if (call.isSettled) return false;
  if (reply !== undefined) return indexIsNotOpen(reply) && !wasReopened;
  if (wasRepeated || failure === null || !PASSING_FAILURES.has(failure.code)) return false;
  return failure.outcome === 'not-sent' || !call.isWrite;
}

/**
 * Whether the server knows no index by the request's id, and so has done nothing: the connection was made anew since the
 * index was opened on it.
 * @param {import('../..').Reply} reply
 */
function indexIsNotOpen(reply) {
  return !reply.ok && reply.values[0] === 'stmtnum';
}

/**
 * How many of a batch's requests, from the first on, may have been answered with a success that the server took back: it
 * does all that it finds at a time in one transaction, answers as it goes, and rolls all of it back at a deadlock. Reads
 * stay as they were.
 * @param {readonly import('./instances').Request[]} requests  to one port: all write, or none does
 * @param {readonly import('../..').Reply[]} replies
 */
function countTakenBack(requests, replies) {
  if (!requests[0].call.isWrite) return 0;
  return replies.findLastIndex((reply) => !reply.ok && ROLLED_BACK.has(reply.values[0] ?? '')) + 1;
}

/**
 * @param {import('./instances').Request} request
 * @param {string} address
 */
function takenBack({ call, definition }, address) {
  return new HandlerSocketError(
    'ERR_HS_ROLLED_BACK',
    `${call.operation}, ${definition}: the server had answered with success, then a deadlock in the same batch made ` +
      'it roll the transaction back. Read the row to see what is in it',
    { address, outcome: 'unknown' },
  );
}

/**
 * The error that a refused request's caller gets.
 * @param {import('./instances').Request} request
 * @param {import('../..').ServerError} refusal
 */
function explainRefusal({ call, definition }, refusal) {
  const { errorCode, serverMessage, address } = refusal;
  if (serverMessage === 'kpnum') {
    return new TypeError(`key has more parts than ${definition}`, { cause: refusal });
  }
  return new ServerError(errorCode, serverMessage, {
    address,
    doing: `${call.operation}, ${definition}`,
  });
}

/**
 * The error of those who need an index that the server does not open.
 * @param {import('./instances').Definition} definition
 * @param {import('../..').ServerError} refusal
 */
function explainClosedIndex(definition, { errorCode, serverMessage, address }) {
  const { columns, filterColumns } = definition;
  const filters = !filterColumns?.length ? '' : `, filter columns ${filterColumns.join(', ')}`;
  return new ServerError(errorCode, serverMessage, {
    address,
    outcome: 'not-sent',
    doing: `cannot open ${definition} with columns ${columns.join(', ')}${filters}`,
  });
}

module.exports = {
  mayRepeat,
  countTakenBack,
  takenBack,
  explainRefusal,
  explainClosedIndex,
};
