'use strict';

const { inspect } = require('node:util');
const { Batch, access } = require('./batch.js');
const { checkNames, checkOptions, checkSignal } = require('../util/check.js');
const { Connection, nativeOf } = require('./connection.js');
const { MAX_TIMEOUT_MS } = require('../util/defaults.js');
const driver = require('../runtime/driver.js');
const { lazy } = require('../util/lazy.js');
const { show, showKind } = require('../util/show.js');
const { AbortError, ExecuteError } = require('../errors/index.js');

const results = lazy(() => ({
  ...require('../runtime/abort.js'),
  ...require('./batch-result.js'),
  ...require('./reply.js'),
}));

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * @typedef {InstanceType<typeof Connection>} Connection
 * @typedef {InstanceType<typeof Batch>} Batch
 * @typedef {{ connection: Connection, batch: Batch }} Pair
 * @typedef {import('../..').ExecuteResult} ExecuteResult
 */

/**
 * See index.d.ts. `add` collects pairs, and each of the three ways to execute takes them: `execute`
 * rejects with an ExecuteError, `executeSettled` has a result for each pair, `executeSync` blocks.
 */
class Executor {
  /** @type {Pair[]} */
  #pairs = [];
  /** @type {Set<Connection>} */
  #connections = new Set();

  /**
   * @param {Connection} connection
   * @param {Batch} batch
   */
  add(connection, batch) {
    if (!(connection instanceof Connection)) {
      throw new TypeError(`connection must be a Connection, not ${showKind(connection)}`);
    }
    if (!(batch instanceof Batch)) {
      throw new TypeError(`batch must be a Batch, not ${showKind(batch)}`);
    }
    if (this.#connections.has(connection)) {
      throw new TypeError(
        `connection ${connection.address} is in this executor already: a connection carries one batch at a time`,
      );
    }
    access.add(batch);
    this.#connections.add(connection);
    this.#pairs.push({ connection, batch });
    return this;
  }

  get size() {
    return this.#pairs.length;
  }

  /**
   * @param {number | import('../..').CallOptions} [timeoutMs]
   * @param {import('../..').ExecuteOptions} [options]
   */
  execute(timeoutMs, options) {
    const given = readArguments(timeoutMs, options);
    return this.#execute(given).then((results) => unwrap(results, given.signal));
  }

  /**
   * @param {number | import('../..').CallOptions} [timeoutMs]
   * @param {import('../..').ExecuteOptions} [options]
   */
  executeSettled(timeoutMs, options) {
    return this.#execute(readArguments(timeoutMs, options));
  }

  /**
   * @param {ReturnType<typeof readArguments>} given
   * @returns {Promise<ExecuteResult[]>}
   */
  #execute({ timeoutMs, signal }) {
    const pairs = this.#take();
    if (pairs.length === 0) return Promise.resolve([]);
    if (signal?.aborted) {
      const { ABORTED_UNSENT } = results();
      return Promise.resolve(pairs.map((pair) => setResult(pair, ABORTED_UNSENT, signal)));
    }
    return run(pairs, timeoutMs, signal);
  }

  /** @param {number | { timeoutMs?: number }} [given] */
  executeSync(given) {
    const { timeoutMs } = readArguments(given, undefined, ['timeoutMs']);
    const pairs = this.#take();
    if (pairs.length === 0) return [];
    return unwrap(executeBlocking(pairs, timeoutMs));
  }

  [inspect.custom]() {
    return `Executor ${inspect({ size: this.size })}`;
  }

  #take() {
    const pairs = this.#pairs;
    this.#pairs = [];
    this.#connections.clear();
    return pairs;
  }
}

/**
 * Runs pairs. Never rejects.
 * @param {readonly Pair[]} pairs
 * @param {number} timeoutMs
 * @param {AbortSignal} [signal]
 * @returns {Promise<ExecuteResult[]>}
 */
function run(pairs, timeoutMs, signal) {
  const { offAbort, onAbort } = results();
  return new Promise((resolve) => {
    /** @type {(() => void) | undefined} */
    let abort;
    /** @param {ExecuteResult[]} results */
    const end = (results) => {
      if (abort) offAbort(/** @type {AbortSignal} */ (signal), abort);
      resolve(results);
    };
    /** @type {import('../runtime/driver.js').Callbacks} */
    const callbacks = {
      resolve: (batches) => end(pairs.map((pair, i) => setResult(pair, batches[i], signal))),
      reject: (error) => end(failAll(pairs, error, 'unknown')),
    };
    /** @type {'not-sent' | 'unknown'} */
    let outcome = 'not-sent';
    try {
      driver.open();
      outcome = 'unknown';
      const id = driver.execute(...forDriver(pairs), timeoutMs, callbacks);
      abort = signal && (() => driver.abort(id));
    } catch (error) {
      end(failAll(pairs, error, outcome));
    }
    if (abort) onAbort(/** @type {AbortSignal} */ (signal), abort);
  });
}

/**
 * Runs pairs and blocks this thread until all have ended.
 * @param {Pair[]} pairs
 * @param {number} timeoutMs
 */
function executeBlocking(pairs, timeoutMs) {
  /** @type {'not-sent' | 'unknown'} */
  let outcome = 'not-sent';
  try {
    driver.openSync();
    outcome = 'unknown';
    const batches = driver.executeSync(...forDriver(pairs), timeoutMs);
    return pairs.map((pair, i) => setResult(pair, batches[i]));
  } catch (error) {
    return failAll(pairs, error, outcome);
  }
}

/**
 * The results of pairs for which the driver itself failed.
 * @param {readonly Pair[]} pairs
 * @param {unknown} error
 * @param {'not-sent' | 'unknown'} outcome
 */
function failAll(pairs, error, outcome) {
  const { driverFailure } = results();
  const failure = driverFailure(error, outcome);
  return pairs.map((pair) => setResult(pair, failure));
}

/**
 * Reads the timeout, and options after it or in its place.
 * @param {unknown} [first]
 * @param {unknown} [options]
 * @param {readonly string[]} [names]  of the options in place of a timeout
 * @returns {{ timeoutMs: number, signal: AbortSignal | undefined }}
 */
function readArguments(first, options, names = ['timeoutMs', 'signal']) {
  if (typeof first === 'object' && first !== null && options === undefined) {
    const { timeoutMs, signal } = readOptions(first, names);
    return { timeoutMs: checkTimeout(timeoutMs, 'options.timeoutMs'), signal };
  }
  const timeoutMs = checkTimeout(first, 'timeoutMs');
  if (options === undefined) return { timeoutMs, signal: undefined };
  return { timeoutMs, signal: readOptions(options, ['signal']).signal };
}

/**
 * @param {unknown} given
 * @param {readonly string[]} names
 */
function readOptions(given, names) {
  const options = checkOptions(given, 'options');
  checkNames(options, 'options', names);
  return { timeoutMs: options.timeoutMs, signal: checkSignal(options.signal, 'options.signal') };
}

/**
 * @param {unknown} timeoutMs
 * @param {string} argument
 * @returns {number}
 */
function checkTimeout(timeoutMs, argument) {
  if (timeoutMs === undefined) return DEFAULT_TIMEOUT_MS;
  if (typeof timeoutMs !== 'number') {
    throw new TypeError(`${argument} must be a number, not ${show(timeoutMs)}`);
  }
  if (timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw new RangeError(
    `${argument} must be from 0 to ${MAX_TIMEOUT_MS} milliseconds, not ${show(timeoutMs)}`,
  );
}

/**
 * @param {readonly Pair[]} pairs
 * @returns {[import('../../native.js').Connection[], Uint8Array[]]}
 */
function forDriver(pairs) {
  const connections = [];
  const batches = [];
  for (const { connection, batch } of pairs) {
    connections.push(nativeOf(connection));
    batches.push(access.run(batch));
  }
  return [connections, batches];
}

/**
 * Sets a batch's replies and error, and returns the pair's result.
 * @param {Pair} pair
 * @param {import('../../native.js').FinishedBatch} finished
 * @param {AbortSignal} [signal]
 * @returns {ExecuteResult}
 */
function setResult({ connection, batch }, finished, signal) {
  const { readReplies, readResult } = results();
  const { address } = connection;
  const { segments, error } = readResult(finished, address, signal);
  access.setResult(batch, readReplies(segments, address), error);
  const { replies } = batch;
  if (error === null) return { status: 'fulfilled', replies };
  return { status: 'rejected', reason: error, replies };
}

/**
 * The replies of all batches. Throws if one failed.
 * @param {ExecuteResult[]} results
 * @param {AbortSignal} [signal]
 */
function unwrap(results, signal) {
  const rejected = results.filter((result) => result.status === 'rejected');
  if (rejected.length === 0) return results.map(({ replies }) => replies);
  const isAborted = signal?.aborted && rejected.some(({ reason }) => reason instanceof AbortError);
  if (!isAborted) throw new ExecuteError(results);
  const isNotSent = results.every((result) => {
    return result.status === 'rejected' && result.reason.outcome === 'not-sent';
  });
  const outcome = isNotSent ? 'not-sent' : 'unknown';
  throw new AbortError({ outcome, cause: signal.reason, results });
}

module.exports = { Executor };
