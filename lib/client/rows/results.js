'use strict';

const { HandlerSocketError } = require('../../errors/index.js');
const { access } = require('../../core/reply.js');
const { ownError } = require('../pipeline/outcomes.js');

/*
 * Reads replies. Their meaning depends on the command: `0 1 5` may be a row, a count or an id. A
 * reply that cannot belong to its command means that another server than HandlerSocket answers, or
 * that replies and commands are out of step.
 */

const COUNT = /^\d{1,15}$/;
const ID = /^\d{1,20}$/;
/** AUTO_INCREMENT ids are unsigned 64-bit integers. */
const MAX_ID = 2n ** 64n - 1n;

/**
 * Returns the reply, or throws the error that took its place.
 * @param {import('../pipeline/call.js').Outcome} outcome
 */
function replyOf(outcome) {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/**
 * The number of rows that a modification changed.
 * @param {import('../pipeline/call.js').Outcome} outcome
 */
function countOf(outcome) {
  const reply = replyOf(outcome);
  const { values } = reply;
  if (isSingle(reply, values) && COUNT.test(`${values[0]}`)) return Number(values[0]);
  throw unexpectedReply(reply, 'not the number of rows that were changed');
}

/**
 * The server returns no id for a table without AUTO_INCREMENT, and 0 if the caller gave the id.
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
 * The same with the id as a number. If no number can represent it, the row is inserted all the
 * same, so the error has the id.
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
 * Whether a reply has exactly one value.
 * @param {import('../../..').Reply} reply
 * @param {readonly import('../../..').Text[]} values  of the reply
 */
function isSingle({ columnCount }, values) {
  return columnCount === 1 && values.length === 1;
}

/**
 * The error of a reply that cannot belong to its command. Nobody knows what the server did.
 * @param {import('../../..').Reply} reply
 * @param {string} what  the reply is, or is not
 */
function unexpectedReply(reply, what) {
  return new HandlerSocketError('ERR_HS_PROTOCOL', `unexpected reply: ${what}`, {
    address: access.address(reply),
    outcome: 'unknown',
  });
}

/**
 * Wraps `read` so that each outcome of a call becomes a result as of Promise.allSettled. Requests
 * of one call that end alike share an error; different calls never do.
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
 * Merges the rows that the find read with the columns that the change returned, which are newer.
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
 * Joins the rows of all IN lists; undefined if one list could not be matched with its rows.
 * @param {(readonly import('./row-maker.js').Row[] | undefined)[]} parts
 */
function joinLists(parts) {
  if (parts.includes(undefined)) return undefined;
  // V8 has a fast path for concat, but none for flat.
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
