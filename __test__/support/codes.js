'use strict';

/** The codes of the server's refusals, written independently of lib/. */
const CODES = {
  121: 'ERR_HS_DUPLICATE_KEY',
  146: 'ERR_HS_LOCK_TIMEOUT',
  149: 'ERR_HS_DEADLOCK',
  151: 'ERR_HS_FOREIGN_KEY',
  152: 'ERR_HS_FOREIGN_KEY',
  200: 'ERR_HS_DEADLOCK',
  readonly: 'ERR_HS_READ_ONLY',
  lock_tables: 'ERR_HS_READ_ONLY',
  open_table: 'ERR_HS_NOT_OPENED',
  idxnum: 'ERR_HS_NOT_OPENED',
  fld: 'ERR_HS_NOT_OPENED',
  stmtnum: 'ERR_HS_NOT_OPENED',
  unauth: 'ERR_HS_AUTH',
  authtype: 'ERR_HS_AUTH',
};

/** @param {string} serverMessage */
function codeOf(serverMessage) {
  return CODES[serverMessage] ?? 'ERR_HS_SERVER';
}

module.exports = { CODES, codeOf };
