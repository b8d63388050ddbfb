'use strict';

/*
 * The meaning of the server's error codes and words. A new one is a line in MEANINGS, and one in
 * CODES if it has a code of its own. docs/architecture.md names what else it needs.
 */

/** The server's error code for any request on an unauthorised connection. */
const UNAUTHORISED = 3;

/**
 * Our codes for refusals that programs act upon, by the server's word.
 * @type {ReadonlyMap<string, import('../..').ServerErrorCode>}
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
 * @returns {import('../..').ServerErrorCode}
 */
function codeOf(errorCode, serverMessage) {
  if (errorCode === UNAUTHORISED) return 'ERR_HS_AUTH';
  return CODES.get(serverMessage) ?? 'ERR_HS_SERVER';
}

/**
 * The meaning of the server's words and storage-engine numbers, as observed of MariaDB 10.11. Its
 * include/my_base.h has the numbers, and `perror` explains them.
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

/** A storage-engine number, also one that MEANINGS lacks. */
const NUMBER = /^\d{1,3}$/;

/**
 * Quotes the server in a message, but only words that it is known to use: a server may send back
 * what it was sent, even a secret.
 * @param {string} serverMessage
 */
function quoteServer(serverMessage) {
  if (Object.hasOwn(MEANINGS, serverMessage)) {
    return `, '${serverMessage}': ${MEANINGS[serverMessage]}`;
  }
  if (NUMBER.test(serverMessage)) return `, '${serverMessage}'`;
  return serverMessage === '' ? '' : ' and a text that only serverMessage has';
}

module.exports = { codeOf, quoteServer };
