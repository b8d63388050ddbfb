'use strict';

const driver = require('../runtime/driver.js');
const { now } = require('../runtime/clock.js');
const { driverFailure, readResult } = require('./batch-result.js');
const { nativeOf } = require('./connection.js');
const { readReplies } = require('./reply.js');

/*
 * The client's way to a connection. It sends bytes instead of a Batch, since the client writes each
 * batch itself, once, and has no use for a Batch's states.
 */

/**
 * @typedef {object} SendResult
 * @property {readonly import('../..').Reply[]} replies  after a failure fewer than commands were
 *   sent
 * @property {number} receivedBytes  approximate size of the replies
 * @property {import('../..').HandlerSocketError | null} error
 */

/**
 * Sends commands over one connection, which connects first if need be, and reads their replies.
 * @param {InstanceType<typeof import('./connection.js').Connection>} connection
 * @param {Uint8Array} bytes  whole commands; they are copied before `send` returns
 * @param {number} until  deadline, in the time of `now()`
 * @returns {Promise<SendResult>} never rejects
 */
function send(connection, bytes, until) {
  const { address } = connection;
  return new Promise((resolve) => {
    /** @param {import('../../native.js').FinishedBatch} finished */
    const end = (finished) => {
      const { segments, error } = readResult(finished, address);
      const replies = readReplies(segments, address);
      resolve({ replies, receivedBytes: sizeOfAll(segments), error });
    };
    const callbacks = {
      resolve: end,
      reject: (/** @type {unknown} */ error) => end(driverFailure(error, 'unknown')),
    };
    /** @type {'not-sent' | 'unknown'} */
    let outcome = 'not-sent';
    try {
      driver.open();
      outcome = 'unknown';
      driver.executeOne(nativeOf(connection), bytes, Math.max(until - now(), 0), callbacks);
    } catch (error) {
      end(driverFailure(error, outcome));
    }
  });
}

/** @param {readonly import('../../native.js').ReplySegment[]} segments */
function sizeOfAll(segments) {
  let size = 0;
  for (const segment of segments) size += sizeOf(segment);
  return size;
}

/**
 * Approximate size in bytes. Text is ASCII, so each character is one byte.
 * @param {import('../../native.js').ReplySegment} segment
 * @returns {number}
 */
function sizeOf(segment) {
  if (typeof segment === 'string' || Buffer.isBuffer(segment)) return segment.length;
  const { head, parts } = segment;
  return parts.reduce((sum, part) => sum + sizeOfPart(part), head.length);
}

/**
 * @param {import('../../native.js').RowsPart} part  whole rows, or the values of one long row
 */
function sizeOfPart(part) {
  if (!Array.isArray(part)) return part.length;
  return part.reduce((sum, value) => sum + (value?.length ?? 1) + 1, 0);
}

module.exports = { send };
