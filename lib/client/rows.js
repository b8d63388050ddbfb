'use strict';

/*
 * Rows of a reply as they came, compared and taken for keys.
 */

/** Cut once for a reply, as long as it is there. @type {WeakMap<import('../..').Reply, readonly (Buffer | null)[]>} */
const knownBuffers = new WeakMap();

/** @param {import('../..').Reply} reply */
function buffersOf(reply) {
  const buffers = knownBuffers.get(reply) ?? reply.buffers;
  knownBuffers.set(reply, buffers);
  return buffers;
}

/** @param {import('../..').Reply} reply */
function rowCount(reply) {
  return reply.values.length === 0 ? 0 : reply.values.length / reply.columnCount;
}

/**
 * @param {import('../..').Reply} reply
 * @param {number} ordinal
 * @param {readonly number[]} columns
 */
function keyAt(reply, ordinal, columns) {
  const { values } = reply;
  const start = ordinal * reply.columnCount;
  const key = columns.map((column) => values[start + column]);
  if (!key.some((part) => part?.includes('\ufffd'))) return key;
  // Bytes that are no UTF-8: the text does not find them again.
  const buffers = buffersOf(reply);
  return columns.map((column) => buffers[start + column]);
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
