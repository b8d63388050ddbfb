'use strict';

const { HandlerSocketError } = require('../../errors/index.js');
const { access } = require('../../core/reply.js');
const { ownError } = require('../pipeline/outcomes.js');

/*
 * What replies mean depends on what was asked for: `0 1 5` may be a row, a count or an id. One that cannot be an answer
 * says that something else than HandlerSocket answers, or that replies went astray.
 */

const COUNT = /^\d{1,15}$/;
const ID = /^\d{1,20}$/;
/** AUTO_INCREMENT ids are unsigned 64-bit integers. */
const MAX_ID = 2n ** 64n - 1n;

/**
 * The reply, or the error in its place is thrown.
 * @param {import('../pipeline/call.js').Outcome} outcome
 */
function replyOf(outcome) {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/**
 * Of a modification.
 * @param {import('../pipeline/call.js').Outcome} outcome
 */
function countOf(outcome) {
  const reply = replyOf(outcome);
  const { values } = reply;
  if (isSingle(reply, values) && COUNT.test(`${values[0]}`)) return Number(values[0]);
  throw unexpectedReply(reply, 'not the number of rows that were changed');
}

/**
 * The server gives no id for a table without AUTO_INCREMENT, and 0 where the id was the caller's.
 * @param {import('../pipeline/call.js').Outcome} outcome
 * @returns {{ insertId: bigint | null }}
 */
function insertedOf(outcome) {
  const reply = replyOf(outcome);
  const { values } = reply;
  if (values.length === 0) return { insertId: null };
  if (isSingle(reply, values) && ID.test(`${values[0]}`)) {
    const id = BigInt(/** @type {string} */ (values[0]));
    if (id <= MAX_ID) return { insertId: id === 0n ? null : id };
  }
  throw unexpectedReply(reply, 'not the id of a row');
}

/**
 * The same with the id as a number. The row is there, also where no number can say its id: then it is
 * in the error.
 * @param {import('../pipeline/call.js').Outcome} outcome
 * @returns {{ insertId: number | null }}
 */
function insertedAsNumber(outcome) {
  const { insertId } = insertedOf(outcome);
  if (insertId === null || insertId <= MAX_SAFE) {
    return { insertId: insertId === null ? null : Number(insertId) };
  }
  const error = new HandlerSocketError(
    'ERR_HS_VALUE',
    `the row was inserted with the id ${insertId}, which no number can say: declare the column as 'bigint'`,
    { outcome: 'unknown' },
  );
  throw Object.assign(error, { insertId });
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Whether a reply has one value.
 * @param {import('../../..').Reply} reply
 * @param {readonly import('../../..').Text[]} values  the reply's
 */
function isSingle({ columnCount }, values) {
  return columnCount === 1 && values.length === 1;
}

/**
 * The error of a reply that cannot be an answer to its command. What was done is not known.
 * @param {import('../../..').Reply} reply
 * @param {string} what  it is, or is not
 */
function unexpectedReply(reply, what) {
  return new HandlerSocketError('ERR_HS_PROTOCOL', `unexpected reply: ${what}`, {
    address: access.address(reply),
    outcome: 'unknown',
  });
}

/**
 * What reads each outcome of a call as Promise.allSettled would give it. Requests of one call that
 * have one fate share an error, and no two calls do.
 * @template T
 * @param {(outcome: import('../pipeline/call.js').Outcome) => T} read
 * @returns {(outcome: import('../pipeline/call.js').Outcome) => PromiseSettledResult<T>}
 */
function settling(read) {
  /** @type {Map<unknown, unknown> | null} */
  let reasons = null;
  return (outcome) => {
    try {
      return { status: 'fulfilled', value: read(outcome) };
    } catch (error) {
      reasons ??= new Map();
      if (!reasons.has(error)) reasons.set(error, ownError(error));
      return { status: 'rejected', reason: reasons.get(error) };
    }
  };
}

/**
 * Rows found, and the columns of them that were then changed, as they were before: of these the change knows best.
 * @param {Record<string, unknown>[]} found
 * @param {Record<string, unknown>[]} changed
 */
function mergeRows(found, changed) {
  if (found.length === changed.length) return found.map((row, i) => ({ ...row, ...changed[i] }));
  throw new HandlerSocketError(
    'ERR_HS_CHANGED',
    `the change was made, to ${changed.length} rows, but another writer came between it and the find before it, which ` +
      `gave ${found.length}: read the rows again`,
    { outcome: 'unknown' },
  );
}

/**
 * The rows of all IN lists; undefined where those of one do not tell which they are.
 * @param {(readonly import('./row-maker.js').Row[] | undefined)[]} parts
 */
function joinLists(parts) {
  if (parts.includes(undefined)) return undefined;
  // V8 has a quick way for concat, and none for flat.
  return parts.length === 1 ? parts[0] : /** @type {any[]} */ ([]).concat(...parts);
}

module.exports = {
  replyOf,
  countOf,
  insertedAsNumber,
  insertedOf,
  joinLists,
  mergeRows,
  settling,
  unexpectedReply,
};
