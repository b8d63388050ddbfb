'use strict';

const { MAX_TIMEOUT_MS } = require('../defaults.js');
const { HandlerSocketError } = require('../errors.js');

/** So much later than the executor ends a batch, in milliseconds: it knows better what has become of it. */
const GRACE_MS = 5;

/** How far the calls that share a deadline may be apart. */
const MAX_AGE_MS = 1;

/** The one deadline of calls that were made in one turn of the event loop. */
class Deadline {
  /** @type {import('./instances').Call[]} */
  #calls = [];
  #unsettled = 0;
  #begun = performance.now();
  #counters;
  #timeoutMs;
  #address;
  /** @type {NodeJS.Timeout} */
  #timer;

  /**
   * @param {number} timeoutMs
   * @param {string} address
   * @param {import('./instances').Counters} counters
   */
  constructor(timeoutMs, address, counters) {
    /** As performance.now() tells it. */
    this.at = this.#begun + timeoutMs;
    this.#counters = counters;
    this.#timeoutMs = timeoutMs;
    this.#address = address;
    // Not unref'ed: a process is not to end while a call is pending, whatever it waits for.
    this.#timer = setTimeout(this.#look, Math.min(timeoutMs + GRACE_MS, MAX_TIMEOUT_MS));
  }

  #look = () => {
    // Node.js counts from when the turn of the event loop began, which may have been long before.
    const left = this.at + GRACE_MS - performance.now();
    if (left > 1) {
      this.#timer = setTimeout(this.#look, Math.min(left, MAX_TIMEOUT_MS));
      return;
    }
    for (const call of this.#calls) if (!call.isSettled) call.fail(this.#errorFor(call));
  };

  /** Whether a call that is made now may share it. */
  get isFresh() {
    return performance.now() - this.#begun < MAX_AGE_MS;
  }

  /** @param {import('./instances').Call} call */
  add(call) {
    call.deadline = this;
    this.#calls.push(call);
    this.#unsettled++;
    this.#counters.pending++;
  }

  /** @param {import('./instances').Call} call */
  #errorFor({ operation, sentOn, sentUntil }) {
    // Once its time is over an execute sends nothing more; one that younger calls are in may yet.
    const isKeptBack = sentOn?.state === 'connecting' && sentUntil <= this.at;
    const wasSent = sentOn !== null && !isKeptBack;
    const where = wasSent ? 'the server had not answered' : 'it had not been sent';
    return new HandlerSocketError(
      'ERR_HS_TIMEOUT',
      `${operation}: ${where} when ${this.#timeoutMs} ms were over`,
      { address: this.#address, outcome: wasSent ? 'unknown' : 'not-sent' },
    );
  }

  /**
   * One of its calls has settled.
   * @param {unknown} error  null if it has succeeded
   */
  release(error) {
    this.#counters.pending--;
    if (error !== null) this.#counters.countError(error);
    if (--this.#unsettled === 0) clearTimeout(this.#timer);
  }
}

module.exports = { Deadline };
