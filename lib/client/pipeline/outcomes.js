'use strict';

const { HandlerSocketError, ServerError, copyError } = require('../../errors/index.js');

/*
 * The errors that callers get: what a refusal means for a request, which outcome an error states
 * for several requests, and a copy of an error for each caller.
 */

/**
 * The storage engine's numbers for the victim of a deadlock, and for commands after it in the same
 * transaction.
 */
const ROLLED_BACK = new Set(['149', '200']);

/**
 * How many of a batch's requests, from the first on, the server may have answered with success and
 * then rolled back. The server executes all commands that it finds at a time in one transaction,
 * answers as it goes, and rolls all of it back at a deadlock. Reads are not affected.
 * @param {readonly import('../instances').Request[]} requests  to one port: all writes, or none
 * @param {readonly import('../../..').Reply[]} replies
 */
function countRolledBack(requests, replies) {
  if (!requests[0].call.isWrite) return 0;
  return replies.findLastIndex((reply) => !reply.ok && ROLLED_BACK.has(reply.values[0] ?? '')) + 1;
}

/**
 * The error of a write that was answered with success and then rolled back.
 * @param {import('../instances').Request} request
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
 * The error for the caller of a refused request.
 * @param {import('../instances').Request} request
 * @param {import('../../..').ServerError} refusal
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
 * The error for requests whose index the server refuses to open.
 * @param {import('../instances').Definition} definition
 * @param {import('../../..').ServerError} refusal
 */
function explainClosedIndex(definition, { errorCode, serverMessage, address }) {
  const { columns, filterColumns, schema } = definition;
  const filters = !filterColumns?.length ? '' : `, filter columns ${filterColumns.join(', ')}`;
  const advice = schema === undefined ? '' : ' (the schema may be old: read it with readTable)';
  const error = new ServerError(errorCode, serverMessage, {
    address,
    outcome: 'not-sent',
    doing: `cannot open ${definition} with columns ${columns.join(', ')}${filters}${advice}`,
  });
  return asShared(error);
}

/**
 * The error of a write. If its reply does not fit the declared types, the server has executed the
 * write all the same, so the outcome is unknown.
 * @param {unknown} error
 */
function afterWrite(error) {
  const isUnread = error instanceof HandlerSocketError && error.code === 'ERR_HS_VALUE';
  return isUnread ? withOutcome(error, 'unknown') : error;
}

/**
 * One copy for each error and outcome, so that requests that end alike share an error.
 * @type {WeakMap<object, Map<string, Error>>}
 */
const copies = new WeakMap();

/**
 * A copy of an error with another outcome, since requests and calls share errors.
 * @template {Error} E
 * @param {E} error
 * @param {'not-sent' | 'unknown'} outcome
 * @returns {E}
 */
function withOutcome(error, outcome) {
  if (!(error instanceof HandlerSocketError) || error.outcome === outcome) return error;
  const known = copies.get(error) ?? new Map();
  copies.set(error, known);
  if (!known.has(outcome)) {
    const copy = copyError(error, { outcome });
    known.set(outcome, shared.has(error) ? asShared(copy) : copy);
  }
  return known.get(outcome);
}

/**
 * Errors of a batch, a connect or an index, for which several calls may wait.
 * @type {WeakSet<object>}
 */
const shared = new WeakSet();

/**
 * The error of a call as a whole. It states 'not-sent' only if that is true of each request.
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
 * Marks an error that more than one call may get.
 * @template E
 * @param {E} error
 * @returns {E}
 */
function asShared(error) {
  shared.add(/** @type {any} */ (error));
  return error;
}

/**
 * A copy of an error for one caller, so that its stack shows who awaits the call. A shared error
 * without a cause of its own becomes the cause.
 * @template E
 * @param {E} error
 * @returns {E}
 */
function ownError(error) {
  if (!(error instanceof Error)) return error;
  return copyError(error, { cause: error.cause ?? (shared.has(error) ? error : undefined) });
}

const SETTLED = Promise.resolve();

/**
 * A promise that rejects with the caller's own error. If another promise was resolved with this
 * one, V8 shows the async functions that await it, provided that the error is made after it has
 * subscribed here. So the error is made two microtasks later.
 * @param {unknown} error
 * @returns {Promise<never>}
 */
function rejectAsOwn(error) {
  return SETTLED.then(nothing).then(() => {
    throw ownError(error);
  });
}

function nothing() {}

module.exports = {
  afterWrite,
  combineOutcome,
  asShared,
  countRolledBack,
  explainRollback,
  explainRefusal,
  explainClosedIndex,
  isUnsent,
  ownError,
  rejectAsOwn,
  withOutcome,
};
