'use strict';

const { access } = require('../../core/reply.js');
const { Steps } = require('../pipeline/steps.js');
const { mergeRows } = require('./results.js');

/* The rows of a long reply, made in steps. */

/** How many rows make a step. */
const ROWS_A_STEP = 500;

/**
 * The rows of a reply, in steps if the reply is so long that it came in parts.
 * @param {RowReader} reader
 * @param {import('../../..').Reply} reply
 */
function rowsOf(reader, reply) {
  return access.partCount(reply) === 1 ? reader.all(reply) : new Steps(makeRows(reader, reply));
}

/**
 * The rows of an IN list, likewise (RowReader.ofList).
 * @param {RowReader} reader
 * @param {import('../../..').Reply} reply
 * @param {readonly unknown[]} list
 * @param {import('../index-knowledge').RowMatcher} matcher
 */
function listRowsOf(reader, reply, list, matcher) {
  if (access.partCount(reply) === 1) return reader.ofList(reply, list, matcher);
  return new Steps(makeListRows(reader, reply, list, matcher));
}

/**
 * @param {RowReader} reader
 * @param {import('../../..').Reply} reply
 * @returns {Generator<void, Row[], void>}
 */
function* makeRows(reader, reply) {
  const readRow = reader.inTurn(reply);
  const rows = [];
  for (let row = readRow(); row !== undefined; row = readRow()) {
    rows.push(row);
    if (rows.length % ROWS_A_STEP === 0) yield;
  }
  return rows;
}

/**
 * @param {RowReader} reader
 * @param {import('../../..').Reply} reply
 * @param {readonly unknown[]} list
 * @param {import('../index-knowledge').RowMatcher} matcher
 * @returns {Generator<void, (Row | null)[] | undefined, void>}
 */
function* makeListRows(reader, reply, list, matcher) {
  const rows = yield* makeRows(reader, reply);
  return reader.ofList(reply, list, matcher, rows);
}

/**
 * The result of mergeRows, in steps if there are many rows.
 * @param {Row[]} found
 * @param {Row[]} changed
 */
function mergeInSteps(found, changed) {
  const areFew = found.length <= ROWS_A_STEP || found.length !== changed.length;
  return areFew ? mergeRows(found, changed) : new Steps(makeMerged(found, changed));
}

/**
 * @param {Row[]} found
 * @param {Row[]} changed
 * @returns {Generator<void, Row[], void>}
 */
function* makeMerged(found, changed) {
  const rows = [];
  for (let start = 0; start < found.length; start += ROWS_A_STEP) {
    const end = start + ROWS_A_STEP;
    rows.push(...mergeRows(found.slice(start, end), changed.slice(start, end)));
    yield;
  }
  return rows;
}

/**
 * @typedef {import('../instances').RowReader} RowReader
 * @typedef {import('./row-maker.js').Row} Row
 */

module.exports = { listRowsOf, mergeInSteps, rowsOf };
