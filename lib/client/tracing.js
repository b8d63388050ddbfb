'use strict';

const { tracingChannel } = require('node:diagnostics_channel');

/*
 * Tracing channels, as APM tools subscribe to. Without subscribers a look at the channel is all that they cost.
 */

const operations = tracingChannel('hansock:operation');
const executes = tracingChannel('hansock:execute');
const connects = tracingChannel('hansock:connect');

/**
 * A call: `{ operation, database, table, index, requests }`, with `key` and `values` too where the client has
 * `traceValues`.
 * @param {import('./instances').Call} call
 * @param {readonly unknown[] | undefined} given  the key, and the values
 */
function traceOperation({ operation, requests, promise }, given) {
  if (!isSubscribed(operations)) return;
  const { database, table, index } = requests[0].definition;
  const context = { operation, database, table, index, requests: requests.length };
  if (given !== undefined) Object.assign(context, { key: given[0], values: given[1] });
  ignoreError(operations.tracePromise(() => promise, context));
}

/**
 * A batch's way: `{ address, commands, bytes }`; and that of one for which a connect is made first: `{ address }`.
 * @param {import('../..').Connection} connection
 * @param {import('../..').Batch} batch
 * @param {() => Promise<import('../..').ExecuteResult[]>} execute
 */
function traceExecute(connection, batch, execute) {
  const tracesExecute = isSubscribed(executes);
  const tracesConnect = isSubscribed(connects) && connection.state !== 'connected';
  if (!tracesExecute && !tracesConnect) return execute();

  const { address, generation } = connection;
  const executed = execute();
  /** @param {(reason: unknown) => boolean} isItsError */
  const end = async (isItsError) => {
    const [result] = await executed;
    if (result.status === 'rejected' && isItsError(result.reason)) throw result.reason;
  };
  if (tracesConnect) {
    const neverConnected = () => connection.generation === generation;
    ignoreError(connects.tracePromise(() => end(neverConnected), { address }));
  }
  if (tracesExecute) {
    const context = { address, commands: batch.commandCount, bytes: batch.byteLength };
    ignoreError(executes.tracePromise(() => end(() => true), context));
  }
  return executed;
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

module.exports = { traceOperation, traceExecute };
