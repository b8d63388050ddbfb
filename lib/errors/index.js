'use strict';

const { codeOf, quoteServer } = require('./server-codes.js');

/** Base of all errors of this package that are not the caller's mistake (those are TypeError and RangeError). */
class HandlerSocketError extends Error {
  /**
   * @param {import('../..').ErrorCode} code
   * @param {string} message
   * @param {{ address?: string, outcome?: 'not-sent' | 'unknown', cause?: unknown }} [details]
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

/** The server answered a request with an error. */
class ServerError extends HandlerSocketError {
  #serverMessage;

  /**
   * @param {number} errorCode
   * @param {string} serverMessage
   * @param {{ address?: string, outcome?: 'not-sent' | 'unknown', cause?: unknown, doing?: string }} [details]
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

  /** Not a property that logs and inspect show: a server may send back what it was sent, a secret too. */
  get serverMessage() {
    return this.#serverMessage;
  }
}

/** An AbortSignal ended it. Named as Node.js names its own. */
class AbortError extends HandlerSocketError {
  /**
   * @param {object} details
   * @param {string} [details.address]
   * @param {'not-sent' | 'unknown'} [details.outcome]
   * @param {unknown} details.cause  the signal's reason
   * @param {import('../..').ExecuteResult[]} [details.results]  of an execute
   */
  constructor({ results, ...details }) {
    super('ABORT_ERR', 'The operation was aborted', details);
    if (results !== undefined) this.results = results;
  }
}

/** At least one batch of an execute failed. */
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

/** At least one of the servers of a sharded call failed. */
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

// On the prototypes, so that they are not repeated in what inspect shows; writable as on any Error.
for (const errorClass of [HandlerSocketError, ServerError, AbortError, ExecuteError, FanOutError]) {
  Object.defineProperty(errorClass.prototype, 'name', {
    value: errorClass.name,
    writable: true,
    configurable: true,
  });
}

/**
 * The same error made anew: its stack tells of where it is made now.
 * @template {Error} E
 * @param {E} error  of a class that calls reject with
 * @param {{ outcome?: 'not-sent' | 'unknown', cause?: unknown }} [changes]
 * @returns {E}
 */
function remake(error, changes) {
  const copy = /** @type {any} */ (make(error, { cause: changes?.cause ?? error.cause }));
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
function make(error, details) {
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
  remake,
};
