'use strict';

const { access } = require('../../core/reply.js');

/*
 * Compares raw rows of a reply, and makes keys of them.
 */

/**
 * Buffers of each reply, cut once.
 * @type {WeakMap<import('../../..').Reply, readonly (Buffer | null)[]>}
 */
const knownBuffers = new WeakMap();

/** @param {import('../../..').Reply} reply */
function buffersOf(reply) {
  const buffers = knownBuffers.get(reply) ?? reply.buffers;
  knownBuffers.set(reply, buffers);
  return buffers;
}

/** Row counts of replies. @type {WeakMap<import('../../..').Reply, number>} */
const knownCounts = new WeakMap();

/** @param {import('../../..').Reply} reply */
function rowCount(reply) {
  const count = knownCounts.get(reply) ?? access.rowCount(reply);
  knownCounts.set(reply, count);
  return count;
}

/**
 * @param {import('../../..').Reply} reply
 * @param {number} ordinal
 * @param {readonly number[]} columns
 */
function keyAt(reply, ordinal, columns) {
  const row = rowAt(reply, ordinal);
  const key = columns.map((column) => row[column]);
  if (!key.some((part) => part?.includes('\ufffd'))) return key;
  // Bytes that are not UTF-8 would not find their row again as text.
  const start = ordinal * reply.columnCount;
  const buffers = buffersOf(reply);
  return columns.map((column) => buffers[start + column]);
}

/**
 * The row, and perhaps the rows after it. Reading the first and last row must not parse the others.
 * @param {import('../../..').Reply} reply
 * @param {number} ordinal
 */
function rowAt(reply, ordinal) {
  if (ordinal === 0) return access.firstRow(reply);
  const rows = rowCount(reply) - ordinal;
  if (rows <= 2) return access.lastRows(reply, rows);
  const start = ordinal * reply.columnCount;
  return reply.values.slice(start, start + reply.columnCount);
}

/**
 * @param {readonly unknown[]} a
 * @param {readonly unknown[] | null} b
 */
function isSame(a, b) {
  return b !== null && a.length === b.length && a.every((value, i) => isSameValue(value, b[i]));
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function isSameValue(a, b) {
  return a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));
}

module.exports = { isSame, keyAt, rowCount };
