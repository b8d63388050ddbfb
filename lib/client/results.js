'use strict';

const { HandlerSocketError } = require('../errors.js');

/*
 * What replies mean depends on what was asked for: `0 1 5` may be a row, a count or an id.
 */

/**
 * The reply, or the error in its place is thrown.
 * @param {import('./call.js').Outcome} outcome
 */
function replyOf(outcome) {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/**
 * Of a modification.
 * @param {import('./call.js').Outcome} outcome
 */
function countOf(outcome) {
  return Number(replyOf(outcome).values[0]);
}

/**
 * The server gives no id for a table without AUTO_INCREMENT, and 0 where the id was the caller's.
 * @param {import('./call.js').Outcome} outcome
 * @returns {{ insertId: bigint | null }}
 */
function insertedOf(outcome) {
  const [id] = replyOf(outcome).values;
  return { insertId: id == null || id === '0' ? null : BigInt(id) };
}

/**
 * What Promise.allSettled would give for it.
 * @template T
 * @param {() => T} give
 * @returns {PromiseSettledResult<T>}
 */
function settled(give) {
  try {
    return { status: 'fulfilled', value: give() };
  } catch (reason) {
    return { status: 'rejected', reason };
  }
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

module.exports = { replyOf, countOf, insertedOf, joinLists, mergeRows, settled };
