'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { HandlerSocketError } = require('../../errors/index.js');
const { send } = require('../../core/send.js');

/*
 * Tracing channels for APM tools. Without subscribers, a call costs one check of the channel.
 */

const operations = tracingChannel('hansock:operation');
const executes = tracingChannel('hansock:execute');
const connects = tracingChannel('hansock:connect');

/**
 * Traces a call as `{ operation, database, table, index, requests, attributes }`, and with
 * `traceValues` also `key` and `values`.
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
  // The caller's promise derives from the call's own: to show in an error's stack who awaits the
  // call, V8 follows a single chain of promises.
  const watched = promise.then(
    (result) => {
      end(Promise.resolve()); // not the rows: the channel would publish them as the result
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
 * Sends a batch and traces it as an execute, `{ address, commands, bytes, attributes }`, and the
 * connect that it may need, `{ address, attributes }`.
 * @param {import('../instances').Connection} connection
 * @param {import('../pipeline/batch-writer.js').WrittenBatch} batch
 * @param {number} until  deadline, in the time of `now()`
 * @returns {Promise<SendResult>} never rejects
 */
function traceSend(connection, batch, until) {
  const tracesExecute = isSubscribed(executes);
  const tracesConnect = isSubscribed(connects);
  if (!tracesExecute && !tracesConnect) return send(connection, batch.bytes, until);

  const { address, generation, state } = connection;
  const sent = send(connection, batch.bytes, until);
  if (tracesExecute) {
    const { bytes, commandCount: commands } = batch;
    const attributes = attributesOf(address, 'execute', commands);
    const context = { address, commands, bytes: bytes.byteLength, attributes };
    trace(executes, rejectIfFailed(sent), context);
  }
  if (tracesConnect && state !== 'connected') {
    trace(connects, rejectUnless(sent, hasConnected), connectTo(address));
  } else if (tracesConnect) {
    // Whether the connection reconnects is known only afterwards.
    sent.then(() => {
      if (hasConnected()) trace(connects, Promise.resolve(), connectTo(address));
    });
  }
  return sent;

  function hasConnected() {
    return connection.generation !== generation;
  }
}

/**
 * Traces a connect that failed before an executor had it.
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

/** An address other than a Unix socket's. */
const HOST_AND_PORT = /^(?:\[(.*)\]|(.*)):(\d+)$/;
const UNIX = 'unix:';

/**
 * The attributes that OpenTelemetry's conventions ask of a database client. A batch there has at
 * least two operations.
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
 * The `error.type` attribute: an error's code, or its name.
 * @param {any} error
 * @returns {string}
 */
function typeOf(error) {
  return error?.code ?? error?.name ?? '_OTHER';
}

/** @typedef {Record<string, string | number>} Attributes */

/** @typedef {import('../../core/send.js').SendResult} SendResult */

/** @param {Promise<SendResult>} sent */
async function rejectIfFailed(sent) {
  const { error } = await sent;
  if (error !== null) throw error;
}

/**
 * @param {Promise<SendResult>} sent
 * @param {() => boolean} isFine
 */
async function rejectUnless(sent, isFine) {
  const { error } = await sent;
  if (error !== null && !isFine()) throw error;
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
 * Ignores an error here, since the caller gets it.
 * @param {Promise<unknown>} promise
 */
function ignoreError(promise) {
  promise.catch(() => {});
}

module.exports = { traceOperation, traceSend, traceFailedConnect };
