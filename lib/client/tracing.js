'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { HandlerSocketError } = require('../errors.js');
const { executeOne } = require('../executor.js');

/*
 * Tracing channels, as APM tools subscribe to. Without subscribers a look at the channel is all that they cost.
 */

const operations = tracingChannel('hansock:operation');
const executes = tracingChannel('hansock:execute');
const connects = tracingChannel('hansock:connect');

/**
 * A call: `{ operation, database, table, index, requests }`, with `key` and `values` too where they are to be shown.
 * @template Result
 * @param {import('./table-index.js').Operation} operation
 * @param {boolean} showsValues
 * @param {Promise<Result>} promise
 * @returns {Promise<Result>}
 */
function traceOperation({ name, requests, key, values }, showsValues, promise) {
  if (!isSubscribed(operations) || requests.length === 0) return promise;
  const { database, table, index } = requests[0].definition;
  const context = { operation: name, database, table, index, requests: requests.length };
  if (showsValues) Object.assign(context, { key, values });
  /** @type {(ended: Promise<void>) => void} */
  let end = nothing;
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  // The promise of whoever made the call is derived from the call's own, not beside it: V8 follows
  // a single chain to the functions that await it.
  const watched = promise.then(
    (result) => {
      end(Promise.resolve()); // without the rows, which the channel would show as the result
      return result;
    },
    (error) => {
      end(Promise.reject(showsValues ? error : withoutValue(error)));
      throw error;
    },
  );
  ignoreError(operations.tracePromise(() => ended, context));
  return watched;
}

function nothing() {}

/** @param {unknown} error */
function withoutValue(error) {
  if (!(error instanceof HandlerSocketError) || error.code !== 'ERR_HS_VALUE') return error;
  return new HandlerSocketError(error.code, "a value does not fit its column's declared type");
}

/**
 * A batch's way: `{ address, commands, bytes }`; and that of one for which a connect is made first: `{ address }`.
 * @param {import('./instances').Connection} connection
 * @param {import('./instances').Batch} batch
 * @param {number} timeoutMs
 * @returns {Promise<import('../..').ExecuteResult>}
 */
function traceExecute(connection, batch, timeoutMs) {
  const tracesExecute = isSubscribed(executes);
  const tracesConnect = isSubscribed(connects);
  if (!tracesExecute && !tracesConnect) return executeOne(connection, batch, timeoutMs);

  const { address, generation, state } = connection;
  const executed = executeOne(connection, batch, timeoutMs);
  if (tracesExecute) {
    const context = { address, commands: batch.commandCount, bytes: batch.byteLength };
    ignoreError(executes.tracePromise(() => rejectIfFailed(executed), context));
  }
  if (tracesConnect && state !== 'connected') {
    ignoreError(connects.tracePromise(() => rejectUnless(executed, hasConnected), { address }));
  } else if (tracesConnect) {
    // That the connection had to be made anew is known only when it has been.
    executed.then(() => {
      if (hasConnected()) ignoreError(connects.tracePromise(async () => {}, { address }));
    });
  }
  return executed;

  function hasConnected() {
    return connection.generation !== generation;
  }
}

/**
 * A connect that did not come to pass.
 * @param {string} address
 * @param {unknown} error
 */
function traceFailedConnect(address, error) {
  if (isSubscribed(connects)) {
    ignoreError(connects.tracePromise(() => Promise.reject(error), { address }));
  }
}

/** @param {Promise<import('../..').ExecuteResult>} executed */
async function rejectIfFailed(executed) {
  const result = await executed;
  if (result.status === 'rejected') throw result.reason;
}

/**
 * @param {Promise<import('../..').ExecuteResult>} executed
 * @param {() => boolean} isFine
 */
async function rejectUnless(executed, isFine) {
  const result = await executed;
  if (result.status === 'rejected' && !isFine()) throw result.reason;
}

/** @param {import('node:diagnostics_channel').TracingChannel} channel */
function isSubscribed({ start, end, asyncStart, asyncEnd, error }) {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  );
}

/**
 * Whoever made the call hears of it.
 * @param {Promise<unknown>} promise
 */
function ignoreError(promise) {
  promise.catch(() => {});
}

module.exports = { traceOperation, traceExecute, traceFailedConnect };
