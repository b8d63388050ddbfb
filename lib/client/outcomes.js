'use strict';

const { HandlerSocketError, ServerError } = require('../errors.js');

/*
 * Errors that callers get: what a refusal means for a request, and outcomes that are true of more
 * than one request.
 */

/**
 * The storage engine's numbers for a deadlock's victim, and for what came after it in the same
 * transaction.
 */
const ROLLED_BACK = new Set(['149', '200']);

/**
 * How many of a batch's requests, from the first on, the server may have answered with success and
 * then rolled back: it does all that it finds at a time in one transaction, answers as it goes, and
 * rolls all of it back at a deadlock. Reads stay as they were.
 * @param {readonly import('./instances').Request[]} requests  to one port: all write, or none does
 * @param {readonly import('../..').Reply[]} replies
 */
function countRolledBack(requests, replies) {
  if (!requests[0].call.isWrite) return 0;
  return replies.findLastIndex((reply) => !reply.ok && ROLLED_BACK.has(reply.values[0] ?? '')) + 1;
}

/**
 * The error of a write that was answered with success and then rolled back.
 * @param {import('./instances').Request} request
 * @param {string} address
 */
function explainRollback({ call, definition }, address) {
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

/**
 * The error of a write whose reply could not be made into what its caller has declared: the write
 * was done all the same.
 * @param {unknown} error
 */
function afterWrite(error) {
  const isUnread = error instanceof HandlerSocketError && error.code === 'ERR_HS_VALUE';
  return isUnread ? withOutcome(error, 'unknown') : error;
}

/**
 * One copy for each error and outcome, so that requests with one fate share an error.
 * @type {WeakMap<object, Map<string, Error>>}
 */
const copies = new WeakMap();

/**
 * The error with another outcome. Requests and calls share errors, so it is a copy.
 * @template {Error} E
 * @param {E} error
 * @param {'not-sent' | 'unknown'} outcome
 * @returns {E}
 */
function withOutcome(error, outcome) {
  if (!(error instanceof HandlerSocketError) || error.outcome === outcome) return error;
  const known = copies.get(error) ?? new Map();
  copies.set(error, known);
  if (!known.has(outcome)) known.set(outcome, copyOf(error, outcome));
  return known.get(outcome);
}

/**
 * The error of a call as a whole, which says 'not-sent' only if that is true of each request.
 * @param {unknown} error
 * @param {boolean} areAllUnsent
 */
function combineOutcome(error, areAllUnsent) {
  if (areAllUnsent || !isUnsent(error)) return error;
  return withOutcome(/** @type {Error} */ (error), 'unknown');
}

/** @param {unknown} outcome */
function isUnsent(outcome) {
  return outcome instanceof HandlerSocketError && outcome.outcome === 'not-sent';
}

/**
 * @param {import('../..').HandlerSocketError} error
 * @param {'not-sent' | 'unknown'} outcome
 */
function copyOf(error, outcome) {
  const details = { outcome, cause: error.cause };
  const copy =
    error instanceof ServerError
      ? new ServerError(error.errorCode, error.serverMessage, details)
      : new HandlerSocketError(error.code, error.message, details);
  copy.message = error.message;
  if (error.address !== undefined) copy.address = error.address;
  return copy;
}

module.exports = {
  afterWrite,
  combineOutcome,
  countRolledBack,
  explainRollback,
  explainRefusal,
  explainClosedIndex,
  isUnsent,
  withOutcome,
};
