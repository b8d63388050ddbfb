'use strict';

const { HandlerSocketError } = require('../errors.js');

/** So much later than the executor ends a batch, in milliseconds: it knows better what has become of it. */
const GRACE_MS = 5;

/** The one deadline of the calls that were made in one turn of the event loop. */
class Deadline {
  /** @type {Set<import('./instances').Call>} */
  #calls = new Set();
  #timer;

  /**
   * @param {number} timeoutMs
   * @param {string} address
   */
  constructor(timeoutMs, address) {
    /** As performance.now() tells it. */
    this.at = performance.now() + timeoutMs;
    // Not unref'ed: a process is not to end while a call is pending, whatever it waits for.
    this.#timer = setTimeout(() => {
      for (const call of this.#calls) call.fail(timeoutError(call, timeoutMs, address));
    }, timeoutMs + GRACE_MS);
  }

  /** @param {import('./instances').Call} call */
  add(call) {
    this.#calls.add(call);
  }

  /** @param {import('./instances').Call} call  one that has settled */
  delete(call) {
    this.#calls.delete(call);
    if (this.#calls.size === 0) clearTimeout(this.#timer);
  }
}

/**
 * @param {import('./instances').Call} call
 * @param {number} timeoutMs
 * @param {string} address
 */
function timeoutError(call, timeoutMs, address) {
  const where = call.wasSent ? 'the server had not answered' : 'it had not been sent';
  return new HandlerSocketError(
    'ERR_HS_TIMEOUT',
    `${call.operation}: ${where} when ${timeoutMs} ms were over`,
    { address, outcome: call.wasSent ? 'unknown' : 'not-sent' },
  );
}

module.exports = { Deadline };
