'use strict';

const { codeOf, quoteServer } = require('./server-codes.js');

/**
 * @typedef {object} ErrorDetails
 * @property {string} [address]  of the server
 * @property {'not-sent' | 'unknown'} [outcome]
 * @property {unknown} [cause]
 */

/**
 * See index.d.ts. Base of this package's errors. Mistakes of the caller are TypeErrors and
 * RangeErrors.
 */
class HandlerSocketError extends Error {
  /**
   * @param {import('../..').ErrorCode} code
   * @param {string} message
   * @param {ErrorDetails} [details]
   */
  constructor(code, message, { address, outcome, cause } = {}) {
    super(
      address === undefined ? message : `${address}: ${message}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    if (address !== undefined) this.address = address;
    if (outcome !== undefined) this.outcome = outcome;
  }
}

/** See index.d.ts. The server refused a request. */
class ServerError extends HandlerSocketError {
  #serverMessage;

  /**
   * @param {number} errorCode
   * @param {string} serverMessage
   * @param {ErrorDetails & { doing?: string }} [details]
   */
  constructor(errorCode, serverMessage, details) {
    const doing = details?.doing === undefined ? '' : `${details.doing}: `;
    const code = codeOf(errorCode, serverMessage);
    super(
      code,
      `${doing}the server answered with error ${errorCode}${quoteServer(serverMessage)}`,
      details,
    );
    /** @type {import('../..').ServerErrorCode} */
    this.code = code;
    this.errorCode = errorCode;
    this.#serverMessage = serverMessage;
  }

  /**
   * Not an own property, which logs and `inspect` would show: a server may send back what it was
   * sent, even a secret.
   */
  get serverMessage() {
    return this.#serverMessage;
  }
}

/**
 * See index.d.ts. An AbortSignal ended the call. Node.js has an error of the same name and code.
 */
class AbortError extends HandlerSocketError {
  /**
   * @param {object} details
   * @param {string} [details.address]
   * @param {'not-sent' | 'unknown'} [details.outcome]
   * @param {unknown} details.cause  the signal's reason
   * @param {import('../..').ExecuteResult[]} [details.results]  of an aborted execute
   */
  constructor({ results, ...details }) {
    super('ABORT_ERR', 'The operation was aborted', details);
    if (results !== undefined) this.results = results;
  }
}

/** See index.d.ts. At least one batch of an execute failed. */
class ExecuteError extends HandlerSocketError {
  /**
   * @param {import('../..').ExecuteResult[]} results
   */
  constructor(results) {
    /** @type {import('../..').HandlerSocketError[]} */
    const errors = [];
    for (const result of results) if (result.status === 'rejected') errors.push(result.reason);
    const counts = `${errors.length} of ${results.length} batches failed`;
    super('ERR_HS_EXECUTE', `${counts}; the first: ${errors[0].message}`);
    this.errors = errors;
    this.results = results;
  }
}

/** See index.d.ts. At least one server of a sharded call failed. */
class FanOutError extends HandlerSocketError {
  /**
   * @param {string} operation
   * @param {import('../..').ShardFailure[]} failures
   * @param {unknown[]} rows
   */
  constructor(operation, failures, rows) {
    const servers = failures.map(({ address, positions }) => {
      const keys = `${positions.length} keys, the first at position ${positions[0]}`;
      return positions.length === 0 ? address : `${address} (${keys})`;
    });
    super(
      'ERR_HS_EXECUTE',
      `${operation} failed at ${servers.join(', ')}; the first error: ${failures[0].error.message}`,
    );
    this.errors = failures.map(({ error }) => error);
    this.failures = failures;
    this.rows = rows;
  }
}

// On the prototypes, so that `inspect` does not repeat the names; writable as on any Error.
for (const errorClass of [HandlerSocketError, ServerError, AbortError, ExecuteError, FanOutError]) {
  Object.defineProperty(errorClass.prototype, 'name', {
    value: errorClass.name,
    writable: true,
    configurable: true,
  });
}

/**
 * Copies an error, so that its stack shows where it is thrown now.
 * @template {Error} E
 * @param {E} error  of a class that calls reject with; others are returned as they are
 * @param {{ outcome?: 'not-sent' | 'unknown', cause?: unknown }} [changes]
 * @returns {E}
 */
function copyError(error, changes) {
  const copy = /** @type {any} */ (construct(error, { cause: changes?.cause ?? error.cause }));
  if (copy === error) return copy;
  copy.message = error.message;
  if (!(error instanceof HandlerSocketError)) return copy;
  if (error.address !== undefined) copy.address = error.address;
  const outcome = changes?.outcome ?? error.outcome;
  if (outcome !== undefined) copy.outcome = outcome;
  if ('insertId' in error) copy.insertId = error.insertId;
  return copy;
}

/**
 * @param {Error} error
 * @param {{ cause?: unknown }} details
 */
function construct(error, details) {
  if (error instanceof ServerError) {
    return new ServerError(error.errorCode, error.serverMessage, details);
  }
  if (error instanceof AbortError) return new AbortError({ cause: details.cause });
  if (error instanceof HandlerSocketError) {
    return new HandlerSocketError(error.code, error.message, details);
  }
  const options = details.cause === undefined ? undefined : details;
  if (error.constructor === TypeError) return new TypeError(error.message, options);
  if (error.constructor === RangeError) return new RangeError(error.message, options);
  return error;
}

module.exports = {
  AbortError,
  HandlerSocketError,
  ServerError,
  ExecuteError,
  FanOutError,
  copyError,
};
