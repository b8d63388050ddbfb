'use strict';

/** Base of all errors of this package that are not the caller's mistake (those are TypeError and RangeError). */
class HandlerSocketError extends Error {
  /**
   * @param {import('..').ErrorCode} code
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
    /** @type {import('..').ServerErrorCode} */
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
   * @param {import('..').ExecuteResult[]} [details.results]  of an execute
   */
  constructor({ results, ...details }) {
    super('ABORT_ERR', 'The operation was aborted', details);
    if (results !== undefined) this.results = results;
  }
}

/** At least one batch of an execute failed. */
class ExecuteError extends HandlerSocketError {
  /**
   * @param {import('..').ExecuteResult[]} results
   */
  constructor(results) {
    /** @type {import('..').HandlerSocketError[]} */
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
   * @param {import('..').ShardFailure[]} failures
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

/** The server's error code for a request on a connection that it has not authorised. */
const UNAUTHORISED = 3;

/**
 * The codes of what programs act upon, by what the server says.
 * @type {ReadonlyMap<string, import('..').ServerErrorCode>}
 */
const CODES = new Map([
  ['121', 'ERR_HS_DUPLICATE_KEY'],
  ['151', 'ERR_HS_FOREIGN_KEY'],
  ['152', 'ERR_HS_FOREIGN_KEY'],
  ['146', 'ERR_HS_LOCK_TIMEOUT'],
  ['149', 'ERR_HS_DEADLOCK'],
  ['200', 'ERR_HS_DEADLOCK'],
  ['readonly', 'ERR_HS_READ_ONLY'],
  ['lock_tables', 'ERR_HS_READ_ONLY'],
  ['open_table', 'ERR_HS_NOT_OPENED'],
  ['idxnum', 'ERR_HS_NOT_OPENED'],
  ['fld', 'ERR_HS_NOT_OPENED'],
  ['stmtnum', 'ERR_HS_NOT_OPENED'],
  ['unauth', 'ERR_HS_AUTH'],
  ['authtype', 'ERR_HS_AUTH'],
]);

/**
 * @param {number} errorCode
 * @param {string} serverMessage
 * @returns {import('..').ServerErrorCode}
 */
function codeOf(errorCode, serverMessage) {
  if (errorCode === UNAUTHORISED) return 'ERR_HS_AUTH';
  return CODES.get(serverMessage) ?? 'ERR_HS_SERVER';
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

/**
 * What the server's short words and storage-engine numbers mean, as MariaDB 10.11 was seen to use them; the numbers
 * are those of its include/my_base.h (`perror` tells them too).
 * @type {Readonly<Record<string, string>>}
 */
const MEANINGS = {
  cmd: 'no such command',
  stmtnum: 'no index is open under this id on this connection',
  op: 'no such operator',
  notimpl: 'the operator is not implemented',
  klen: 'the key is empty',
  kpnum: 'the key has more parts than the index',
  fldnum: 'more than 32 values, which the server refuses for keys and inserts',
  idxnum: 'the table has no such index',
  fld: 'the table has no such column',
  invalueslen: 'the IN list is empty',
  filtertype: 'no such filter type',
  filterfld: 'the filter names a column that was not opened as a filter column',
  filterblob: 'BLOB, TEXT and JSON columns can only be compared with NULL',
  modop: 'no such modification',
  readonly: 'this is the port for reads; writes go to handlersocket_port_wr',
  open_table:
    'the table could not be opened: it does not exist, or a lock on it was not given in time',
  lock_tables:
    'the tables could not be locked: the server is read-only, shutting down, or another holds the write lock',
  unauth: 'the connection is not authorised: the secret is missing or wrong',
  authtype: 'no such kind of authorisation',
  121: 'a row with this key already exists',
  123: 'the index cannot be read in this direction',
  146: 'the wait for a row lock timed out',
  149: 'chosen as the victim of a deadlock',
  151: 'a foreign key has no parent row',
  152: 'a foreign key of another table refers to the row',
  158: 'the value is no geometry',
  160: 'the table has no partition for this value',
  166: 'AUTO_INCREMENT has reached the end of its range',
  167: 'the server refuses AUTO_INCREMENT values that are given until it is restarted',
  200: 'the transaction was rolled back because of a deadlock in the same round',
};

/** The storage engine's, also those without a meaning here. */
const NUMBER = /^\d{1,3}$/;

/**
 * What the server said, for a message: only what it is known to say. A server may send back what it was sent, a secret too.
 * @param {string} serverMessage
 */
function quoteServer(serverMessage) {
  if (Object.hasOwn(MEANINGS, serverMessage)) {
    return `, '${serverMessage}': ${MEANINGS[serverMessage]}`;
  }
  if (NUMBER.test(serverMessage)) return `, '${serverMessage}'`;
  return serverMessage === '' ? '' : ' and a text that only serverMessage has';
}

module.exports = {
  AbortError,
  HandlerSocketError,
  ServerError,
  ExecuteError,
  FanOutError,
  quoteServer,
  remake,
};
