'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { MAX_TIMEOUT_MS } = require('../../util/defaults.js');
const { HandlerSocketError } = require('../../errors/index.js');

/*
 * The time of calls. A deadline is an absolute time, as performance.now() tells it, and is passed
 * down as such.
 *
 * At its deadline a call takes back the requests that are still queued: they were not sent. For those
 * that an executor has, it waits for the executor's word, which normally comes a moment later. It
 * does not wait where the batch goes on for a younger call, nor for long: then the outcome is
 * unknown.
 */

/**
 * How long the client waits for an executor's word, in milliseconds from when it notices that the
 * deadline has passed. The word mostly comes at once; on a busy machine, or where others hold
 * libuv's pool, it takes tens of milliseconds.
 */
const GRACE_MS = 100;

/** How far the calls that share a deadline may be apart, in milliseconds. */
const MAX_AGE_MS = 1;

/** Watches the time of the calls to one port of a server, with one timer for all. */
class Deadlines {
  #address;
  #counters;
  #scope;
  /** Those with calls that have not settled. @type {Set<Deadline>} */
  #live = new Set();
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  /** When the timer goes off, as performance.now() tells it. */
  #timerAt = Infinity;

  /**
   * @param {string} address
   * @param {import('../instances').Counters} counters
   * @param {import('node:async_hooks').AsyncResource} scope  the client's own: timers outlive the
   *   calls they are set for
   */
  constructor(address, counters, scope) {
    this.#address = address;
    this.#counters = counters;
    this.#scope = scope;
  }

  /**
   * That of calls which are made now.
   * @param {number} begun  as performance.now() tells it
   * @param {number} at
   * @param {number} [batchAt]  that of a batch that has them
   */
  begin(begun, at, batchAt = at) {
    return new Deadline(this, begun, at, batchAt);
  }

  /** @param {Deadline} deadline  which has a call now */
  watch(deadline) {
    this.#live.add(deadline);
    if (deadline.due < this.#timerAt) this.#wakeAt(deadline.due);
  }

  /** @param {Deadline} deadline  none of whose calls is left */
  forget(deadline) {
    this.#live.delete(deadline);
  }

  /**
   * Takes back what is queued of all calls.
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

  /** @param {number} due */
  #wakeAt(due) {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const afterMs = Math.min(Math.max(due - now(), 1), MAX_TIMEOUT_MS);
    // A pending call keeps the process alive by what it waits for; the timer must not do so after
    // the last call.
    this.#timer = this.#scope.runInAsyncScope(() => setTimeout(this.#look, afterMs).unref());
    this.#timerAt = due;
  }

  #look = () => {
    this.#timer = null;
    this.#timerAt = Infinity;
    const time = now();
    for (const deadline of this.#live) if (deadline.due <= time) deadline.end(time);
    let next = Infinity;
    for (const { due } of this.#live) next = Math.min(next, due);
    if (next < this.#timerAt) this.#wakeAt(next);
  };
}

/** The one deadline of calls that were made in one turn of the event loop. */
class Deadline {
  /** @type {import('../instances').Call[]} */
  #calls = [];
  #pending = 0;
  #owner;
  #isOver = false;

  /**
   * @param {Deadlines} owner
   * @param {number} begun  as performance.now() tells it
   * @param {number} at
   * @param {number} batchAt
   */
  constructor(owner, begun, at, batchAt) {
    this.at = at;
    this.batchAt = batchAt;
    /** When something is to be done about it: at its time, and once more a while later. */
    this.due = at;
    this.#owner = owner;
    this.begun = begun;
  }

  /**
   * Whether a call that is made now may share it.
   * @param {number} time
   */
  isFresh(time) {
    return !this.#isOver && time - this.begun < MAX_AGE_MS;
  }

  /** @param {import('../instances').Call} call */
  add(call) {
    call.deadline = this;
    this.#calls.push(call);
    if (this.#pending++ === 0) this.#owner.watch(this);
    if (call.isCounted) this.#owner.counters.pending++;
  }

  /**
   * One of its calls has settled.
   * @param {import('../instances').Call} call
   * @param {unknown} error  null if it has succeeded
   */
  release({ isCounted }, error) {
    const { counters } = this.#owner;
    if (isCounted) counters.pending--;
    if (isCounted && error !== null) counters.countError(error);
    if (--this.#pending > 0) return;
    this.#calls = [];
    this.#owner.forget(this);
  }

  /**
   * Its time has come, or that of the grace is over too.
   * @param {number} time
   */
  end(time) {
    this.due = this.#isOver ? Infinity : time + GRACE_MS;
    if (this.#isOver) {
      this.#detach(() => true);
      return;
    }
    this.#isOver = true;
    for (const call of this.#calls) this.withdraw(call);
    // Replies may have come in a late turn, and have not been taken in yet.
    if (this.#pending > 0) setImmediate(() => this.#detach(({ until }) => until > this.at));
  }

  /**
   * Takes back what is queued of a call whose time is over.
   * @param {import('../instances').Call} call
   */
  withdraw(call) {
    if (call.isSettled) return;
    call.withdraw(() => this.#errorOf(call, 'it had not been sent', 'not-sent'));
  }

  /** @param {() => Error} errorOf */
  withdrawAll(errorOf) {
    for (const call of this.#calls) if (!call.isSettled) call.withdraw(errorOf);
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
    const ms = Math.round(this.at - this.begun);
    const message = `${operation}: ${what} when ${ms} ms were over`;
    return new HandlerSocketError('ERR_HS_TIMEOUT', message, { address, outcome });
  }
}

module.exports = { Deadlines };
