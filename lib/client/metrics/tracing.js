'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { HandlerSocketError } = require('../../errors/index.js');
const { executeOne } = require('../../core/executor.js');

/*
 * Tracing channels, as APM tools subscribe to. Without subscribers a look at the channel is all that they cost.
 */

const operations = tracingChannel('hansock:operation');
const executes = tracingChannel('hansock:execute');
const connects = tracingChannel('hansock:connect');

/**
 * A call: `{ operation, database, table, index, requests, attributes }`, with `key` and `values` too where they are to be shown.
 * @template Result
 * @param {import('../operation.js').Operation} operation
 * @param {string} address
 * @param {boolean} showsValues
 * @param {Promise<Result>} promise
 * @returns {Promise<Result>}
 */
function traceOperation({ name, requests, key, values }, address, showsValues, promise) {
  if (!isSubscribed(operations) || requests.length === 0) return promise;
  const { database, table, index } = requests[0].definition;
  const attributes = attributesOf(address, name, requests.length);
  attributes['db.namespace'] = database;
  attributes['db.collection.name'] = table;
  const context = {
    operation: name,
    database,
    table,
    index,
    requests: requests.length,
    attributes,
  };
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
      attributes['error.type'] = typeOf(error);
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
 * @param {import('../instances').Connection} connection
 * @param {import('../instances').Batch} batch
 * @param {number} timeoutMs
 * @returns {Promise<import('../../..').ExecuteResult>}
 */
function traceExecute(connection, batch, timeoutMs) {
  const tracesExecute = isSubscribed(executes);
  const tracesConnect = isSubscribed(connects);
  if (!tracesExecute && !tracesConnect) return executeOne(connection, batch, timeoutMs);

  const { address, generation, state } = connection;
  const executed = executeOne(connection, batch, timeoutMs);
  if (tracesExecute) {
    const { commandCount: commands, byteLength: bytes } = batch;
    const context = {
      address,
      commands,
      bytes,
      attributes: attributesOf(address, 'execute', commands),
    };
    trace(executes, rejectIfFailed(executed), context);
  }
  if (tracesConnect && state !== 'connected') {
    trace(connects, rejectUnless(executed, hasConnected), connectTo(address));
  } else if (tracesConnect) {
    // That the connection had to be made anew is known only when it has been.
    executed.then(() => {
      if (hasConnected()) trace(connects, Promise.resolve(), connectTo(address));
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
    trace(connects, Promise.reject(error), connectTo(address));
  }
}

/**
 * @param {import('node:diagnostics_channel').TracingChannel} channel
 * @param {Promise<unknown>} promise
 * @param {{ attributes: Attributes }} context
 */
function trace(channel, promise, context) {
  const noted = promise.catch((error) => {
    context.attributes['error.type'] = typeOf(error);
    throw error;
  });
  ignoreError(channel.tracePromise(() => noted, context));
}

/** @param {string} address */
function connectTo(address) {
  return { address, attributes: attributesOf(address, 'connect', 1) };
}

/** What an address is made of. */
const HOST_AND_PORT = /^(?:\[(.*)\]|(.*)):(\d+)$/;
const UNIX = 'unix:';

/**
 * What OpenTelemetry's conventions want of a database's client. A batch is one of two or more.
 * @param {string} address
 * @param {string} operation
 * @param {number} size
 * @returns {Attributes}
 */
function attributesOf(address, operation, size) {
  /** @type {Attributes} */
  const attributes = { 'db.system.name': 'mariadb', 'db.operation.name': operation };
  if (size > 1) attributes['db.operation.batch.size'] = size;
  const [, ipv6, host = ipv6, port] = HOST_AND_PORT.exec(address) ?? [];
  if (address.startsWith(UNIX)) attributes['server.address'] = address.slice(UNIX.length);
  else Object.assign(attributes, { 'server.address': host, 'server.port': Number(port) });
  return attributes;
}

/**
 * The code of an error, or its name.
 * @param {any} error
 * @returns {string}
 */
function typeOf(error) {
  return error?.code ?? error?.name ?? '_OTHER';
}

/** @typedef {Record<string, string | number>} Attributes */

/** @param {Promise<import('../../..').ExecuteResult>} executed */
async function rejectIfFailed(executed) {
  const result = await executed;
  if (result.status === 'rejected') throw result.reason;
}

/**
 * @param {Promise<import('../../..').ExecuteResult>} executed
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
