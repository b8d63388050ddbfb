'use strict';

const { getSystemErrorName } = require('node:util');
const { AbortError, HandlerSocketError, ServerError } = require('../errors/index.js');
const { quoteServer } = require('../errors/server-codes.js');

/*
 * Batch results as the addon reports them, read into replies and errors. Executor and `send` both
 * use it.
 */

/**
 * @typedef {object} BatchResult
 * @property {readonly import('../../native.js').ReplySegment[]} segments  the replies that came;
 *   after a failure fewer than commands were sent
 * @property {import('../..').HandlerSocketError | null} error
 */

/**
 * The result of a batch whose signal was aborted before it was sent.
 * @type {import('../../native.js').FailedBatch}
 */
const ABORTED_UNSENT = {
  segments: [],
  failure: {
    code: 'ERR_HS_CLOSED',
    message: 'the signal was aborted before anything was sent',
    outcome: 'not-sent',
    wasAborted: true,
  },
};

/**
 * The result of a batch for which the driver itself failed, for example for want of a file
 * descriptor.
 * @param {unknown} error
 * @param {'not-sent' | 'unknown'} outcome
 * @returns {import('../../native.js').FailedBatch}
 */
function driverFailure(error, outcome) {
  const message = `the driver failed: ${error}`;
  return { segments: [], failure: { code: 'ERR_HS_LOST', message, outcome, wasAborted: false } };
}

/**
 * @param {import('../../native.js').FinishedBatch} finished
 * @param {string} address  of the server
 * @param {AbortSignal} [signal]
 * @returns {BatchResult}
 */
function readResult(finished, address, signal) {
  if (Array.isArray(finished)) return { segments: finished, error: null };
  if (typeof finished !== 'object' || !('failure' in finished)) {
    return { segments: [finished], error: null };
  }
  return { segments: finished.segments, error: toError(finished.failure, address, signal) };
}

/**
 * @param {import('../../native.js').BatchFailure} failure
 * @param {string} address
 * @param {AbortSignal} [signal]
 */
function toError(failure, address, signal) {
  const { serverCode, serverMessage } = failure;
  const code = /** @type {import('../..').ErrorCode} */ (failure.code);
  const outcome = /** @type {'not-sent' | 'unknown'} */ (failure.outcome);
  if (failure.wasAborted) return new AbortError({ address, outcome, cause: signal?.reason });
  if (serverCode == null) {
    const cause = systemError(failure);
    return new HandlerSocketError(code, failure.message, { address, outcome, cause });
  }
  const message = failure.message + quoteServer(serverMessage ?? '');
  const refusal = new ServerError(serverCode, serverMessage ?? '', { address });
  return new HandlerSocketError(refusal.code, message, { address, outcome, cause: refusal });
}

/**
 * The operating system's error, in the shape of Node.js's own errors.
 * @param {import('../../native.js').BatchFailure} failure
 */
function systemError({ systemError: number, systemMessage, hostname }) {
  if (systemMessage == null) return undefined;
  const error = new Error(systemMessage);
  if (number != null) Object.assign(error, { errno: -number, code: codeOf(-number) });
  if (hostname != null) Object.assign(error, { syscall: 'getaddrinfo', hostname });
  return error;
}

/**
 * Node.js's code for an error number. Like Node.js, it has ENOTFOUND for both errors of a name
 * without addresses.
 * @param {number} errno
 */
function codeOf(errno) {
  const name = getSystemErrorName(errno);
  return name === 'EAI_NONAME' || name === 'EAI_NODATA' ? 'ENOTFOUND' : name;
}

module.exports = { ABORTED_UNSENT, driverFailure, readResult };
