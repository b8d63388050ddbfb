'use strict';

const { now } = require('../clock.js');
const { MAX_TIMEOUT_MS } = require('../defaults.js');
const { HandlerSocketError } = require('../errors.js');

/** So much later than the executor ends a batch, in milliseconds: it knows better what has become of it. */
const GRACE_MS = 5;

/** How far the calls that share a deadline may be apart. */
const MAX_AGE_MS = 1;

/** Watches the time of the calls to one port of a server, with one timer for all. */
class Deadlines {
  #address;
  #counters;
  /** Those with calls that have not settled. @type {Set<Deadline>} */
  #live = new Set();
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  /** When the timer goes off, as performance.now() tells it. */
  #timerAt = Infinity;

  /**
   * @param {string} address
   * @param {import('./instances').Counters} counters
   */
  constructor(address, counters) {
    this.#address = address;
    this.#counters = counters;
  }

  /**
   * That of calls which are made now.
   * @param {number} timeoutMs
   */
  begin(timeoutMs) {
    return new Deadline(this, timeoutMs);
  }

  /** @param {Deadline} deadline  which has a call now */
  watch(deadline) {
    this.#live.add(deadline);
    const due = deadline.at + GRACE_MS;
    if (due < this.#timerAt) this.#wakeAt(due);
  }

  /** @param {Deadline} deadline  none of whose calls is left */
  forget(deadline) {
    this.#live.delete(deadline);
  }

  get counters() {
    return this.#counters;
  }

  /** @param {number} due */
  #wakeAt(due) {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const afterMs = Math.min(Math.max(due - now(), 1), MAX_TIMEOUT_MS);
    // Whatever a call waits for keeps the process alive by itself; a timer that went on after the last call must not.
    this.#timer = setTimeout(this.#look, afterMs).unref();
    this.#timerAt = due;
  }

  #look = () => {
    this.#timer = null;
    this.#timerAt = Infinity;
    const time = now();
    let next = Infinity;
    for (const deadline of this.#live) {
      const due = deadline.at + GRACE_MS;
      if (due <= time) deadline.expire(this.#address);
      else next = Math.min(next, due);
    }
    if (next < this.#timerAt) this.#wakeAt(next);
  };
}

/** The one deadline of calls that were made in one turn of the event loop. */
class Deadline {
  /** @type {import('./instances').Call[]} */
  #calls = [];
  #unsettled = 0;
  #begun = now();
  #owner;
  #timeoutMs;

  /**
   * @param {Deadlines} owner
   * @param {number} timeoutMs
   */
  constructor(owner, timeoutMs) {
    /** As performance.now() tells it. */
    this.at = this.#begun + timeoutMs;
    this.#owner = owner;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a call that is made now may share it. */
  get isFresh() {
    return now() - this.#begun < MAX_AGE_MS;
  }

  /** @param {import('./instances').Call} call */
  add(call) {
    call.deadline = this;
    this.#calls.push(call);
    if (this.#unsettled++ === 0) this.#owner.watch(this);
    this.#owner.counters.pending++;
  }

  /**
   * One of its calls has settled.
   * @param {unknown} error  null if it has succeeded
   */
  release(error) {
    const { counters } = this.#owner;
    counters.pending--;
    if (error !== null) counters.countError(error);
    if (--this.#unsettled > 0) return;
    this.#calls = [];
    this.#owner.forget(this);
  }

  /**
   * The time is over.
   * @param {string} address
   */
  expire(address) {
    for (const call of this.#calls) if (!call.isSettled) call.fail(this.#errorFor(call, address));
  }

  /**
   * @param {import('./instances').Call} call
   * @param {string} address
   */
  #errorFor({ operation, sentOn, sentUntil }, address) {
    // Once its time is over an execute sends nothing more; one that younger calls are in may yet.
    const isKeptBack = sentOn?.state === 'connecting' && sentUntil <= this.at;
    const wasSent = sentOn !== null && !isKeptBack;
    const where = wasSent ? 'the server had not answered' : 'it had not been sent';
    return new HandlerSocketError(
      'ERR_HS_TIMEOUT',
      `${operation}: ${where} when ${this.#timeoutMs} ms were over`,
      { address, outcome: wasSent ? 'unknown' : 'not-sent' },
    );
  }
}

module.exports = { Deadlines };
