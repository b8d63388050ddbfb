'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { MAX_TIMEOUT_MS } = require('../../util/defaults.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { LinkedList } = require('../../util/linked-list.js');

/*
 * Deadlines of calls. A deadline is one absolute time, in the time of `now()` (clock.js), and is
 * passed down as such; core/send.js alone turns it into a time to wait.
 *
 *   made ──────► expired ──────────────────────► grace over
 *                withdraws queued requests:      detaches the call from the
 *                they were not sent              executors: 'unknown'
 *
 * Between the two, a call waits for the word of the executors that have its requests. The word
 * normally comes at once. A call does not wait if its batch runs on for a younger call.
 */

/**
 * How long a call waits for an executor's word, in milliseconds from when the client notices that
 * the deadline has passed. On a busy machine, or while others hold libuv's pool, the word takes
 * tens of milliseconds.
 */
const GRACE_MS = 100;

/** Calls share a deadline if they are made within this time, in milliseconds. */
const MAX_AGE_MS = 1;

/** The deadlines of the calls to one port of a server. One timer serves them all. */
class Deadlines {
  #address;
  #counters;
  #scope;
  /** Those with calls that have not settled. @type {InstanceType<typeof LinkedList<Deadline>>} */
  #live = new LinkedList();
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  /** When the timer fires, in the time of `now()`. */
  #timerAt = Infinity;

  /**
   * @param {string} address
   * @param {import('../instances').Counters} counters
   * @param {import('node:async_hooks').AsyncResource} scope  the client's own, since the timer
   *   outlives the call that sets it
   */
  constructor(address, counters, scope) {
    this.#address = address;
    this.#counters = counters;
    this.#scope = scope;
  }

  /**
   * A deadline for calls that are made now. All times are in the time of `now()`.
   * @param {number} startedAt
   * @param {number} expiresAt
   * @param {number} [batchExpiresAt]  how long a batch with these calls may take
   */
  begin(startedAt, expiresAt, batchExpiresAt = expiresAt) {
    return new Deadline(this, startedAt, expiresAt, batchExpiresAt);
  }

  /** @param {Deadline} deadline  that has its first call */
  watch(deadline) {
    this.#live.push(deadline);
    if (deadline.nextCheckAt < this.#timerAt) this.#wakeAt(deadline.nextCheckAt);
  }

  /** @param {Deadline} deadline  whose calls have all settled */
  release(deadline) {
    this.#live.remove(deadline);
  }

  /**
   * Withdraws the queued requests of all calls.
   * @param {() => Error} errorOf
   */
  withdrawAll(errorOf) {
    for (const deadline of this.#live) deadline.withdrawAll(errorOf);
  }

  get counters() {
    return this.#counters;
  }

  get address() {
    return this.#address;
  }

  /** @param {number} time */
  #wakeAt(time) {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const afterMs = Math.min(Math.max(time - now(), 1), MAX_TIMEOUT_MS);
    // Unreferenced: a pending call keeps the process alive by what it waits for, and the timer must
    // not do so after the last call.
    this.#timer = this.#scope.runInAsyncScope(() => setTimeout(this.#check, afterMs).unref());
    this.#timerAt = time;
  }

  #check = () => {
    this.#timer = null;
    this.#timerAt = Infinity;
    const time = now();
    for (const deadline of this.#live) if (deadline.nextCheckAt <= time) deadline.expire(time);
    let next = Infinity;
    for (const { nextCheckAt } of this.#live) next = Math.min(next, nextCheckAt);
    if (next < this.#timerAt) this.#wakeAt(next);
  };
}

/** One deadline, shared by calls that were made in one turn of the event loop. */
class Deadline {
  /** @type {import('../instances').Call[]} */
  #calls = [];
  #pending = 0;
  #owner;
  #isExpired = false;

  /**
   * @param {Deadlines} owner
   * @param {number} startedAt  all times are in the time of `now()`
   * @param {number} expiresAt
   * @param {number} batchExpiresAt
   */
  constructor(owner, startedAt, expiresAt, batchExpiresAt) {
    this.#owner = owner;
    this.startedAt = startedAt;
    this.expiresAt = expiresAt;
    this.batchExpiresAt = batchExpiresAt;
    /** When `expire` is due: at the deadline, and again after the grace. */
    this.nextCheckAt = expiresAt;
    /** Its neighbours among the owner's. @type {Deadline | null} */
    this.previous = null;
    /** @type {Deadline | null} */
    this.next = null;
  }

  /**
   * Whether a call that is made now may share it.
   * @param {number} time
   */
  isFresh(time) {
    return !this.#isExpired && time - this.startedAt < MAX_AGE_MS;
  }

  /** @param {import('../instances').Call} call */
  add(call) {
    call.deadline = this;
    this.#calls.push(call);
    if (this.#pending++ === 0) this.#owner.watch(this);
    if (call.isCounted) this.#owner.counters.countCall();
  }

  /**
   * Called when one of its calls has settled.
   * @param {import('../instances').Call} call
   * @param {unknown} error  null if the call succeeded
   */
  release({ isCounted }, error) {
    if (isCounted) this.#owner.counters.countSettled(error);
    if (--this.#pending > 0) return;
    this.#calls = [];
    this.#owner.release(this);
  }

  /**
   * Called when the deadline has passed, and again when the grace is over.
   * @param {number} time
   */
  expire(time) {
    this.nextCheckAt = this.#isExpired ? Infinity : time + GRACE_MS;
    if (this.#isExpired) {
      this.#detach(() => true);
      return;
    }
    this.#isExpired = true;
    for (const call of this.#calls) this.#withdraw(call);
    // In a late turn, replies may have arrived that are not processed yet, so they get their turn
    // first.
    if (this.#pending > 0) setImmediate(() => this.#detach(({ until }) => until > this.expiresAt));
  }

  /**
   * Withdraws the queued requests of a call if its deadline has passed.
   * @param {import('../instances').Call} call
   * @param {number} time
   * @returns {boolean} whether it has passed
   */
  withdrawIfExpired(call, time) {
    if (this.expiresAt > time) return false;
    this.#withdraw(call);
    return true;
  }

  /** @param {() => Error} errorOf */
  withdrawAll(errorOf) {
    for (const call of this.#calls) if (!call.isSettled) call.withdraw(errorOf);
  }

  /** @param {import('../instances').Call} call */
  #withdraw(call) {
    if (call.isSettled) return;
    call.withdraw(() => this.#errorOf(call, 'it had not been sent', 'not-sent'));
  }

  /** @param {(state: import('../instances').RequestState) => boolean} isDetached */
  #detach(isDetached) {
    for (const call of this.#calls) {
      if (call.isSettled) continue;
      const errorOf = () => this.#errorOf(call, 'the server had not answered', 'unknown');
      call.detach(errorOf, isDetached);
    }
  }

  /**
   * @param {import('../instances').Call} call
   * @param {string} what
   * @param {'not-sent' | 'unknown'} outcome
   */
  #errorOf({ operation }, what, outcome) {
    const { address } = this.#owner;
    const ms = Math.round(this.expiresAt - this.startedAt);
    const message = `${operation}: ${what} when ${ms} ms were over`;
    return new HandlerSocketError('ERR_HS_TIMEOUT', message, { address, outcome });
  }
}

module.exports = { Deadlines };
