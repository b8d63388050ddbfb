'use strict';

const { combineOutcome, isUnsent, afterWrite, rejectAsOwn, withOutcome } = require('./outcomes.js');
const { StepRunner, Steps } = require('./steps.js');

/*
 * A call is what one caller asks for: requests, and the promise of their result.
 *
 * The phase of a request decides which outcome an error may state:
 *
 *   queued ──► in flight ──► arrived ──► done
 *     ▲            │
 *     └── retried ─┘
 *
 * - queued: only JavaScript has it, and nothing was handed to an executor. A call that ends now
 *   withdraws the request and states 'not-sent'.
 * - in flight: an executor has it, and only the executor may state 'not-sent'. A call that ends
 *   without waiting for the executor states 'unknown'.
 * - arrived: the batch result is in memory. The caller gets it, even past the deadline.
 * - done: the request has its outcome and keeps it, whatever ends the call.
 */

const QUEUED = /** @type {const} */ ('queued');
const IN_FLIGHT = /** @type {const} */ ('in flight');
const ARRIVED = /** @type {const} */ ('arrived');
const DONE = /** @type {const} */ ('done');

/** The state that all requests of a batch share, so that one assignment changes it for all. */
class RequestState {
  /** Deadline of the batch in flight, in the time of `now()`. */
  until = 0;

  /** @param {'queued' | 'in flight' | 'arrived' | 'done'} phase */
  constructor(phase) {
    this.phase = phase;
  }

  /** @param {number} until  deadline of the executor that has the batch now */
  markInFlight(until) {
    this.phase = IN_FLIGHT;
    this.until = until;
  }
}

const IN_QUEUE = new RequestState(QUEUED);
const SETTLED = new RequestState(DONE);

/** Rows of a range that take server and client about as long as one look-up by key. */
const ROWS_A_KEY = 16;
/** A larger limit usually means "all rows", and fewer rows exist. */
const MAX_ROWS_EXPECTED = 1024;

/** One command of a call. Its outcome is a reply, which may be a refusal, or an error. */
class Request {
  /**
   * @param {import('../instances').Definition} definition  null for a ping (probes.js)
   * @param {InstanceType<typeof import('../../protocol/command.js').Command>} command
   * @param {number} [weight]  how many keys it asks for
   */
  constructor(definition, command, weight = 1) {
    this.definition = definition;
    this.command = command.keep();
    /** Its share of a batch, in look-ups by key. */
    this.weight = weight;
    this.state = IN_QUEUE;
    /** Whether it was sent again after a failed batch (retry.js). */
    this.wasRetried = false;
    /** Whether it was sent again after `stmtnum` without a reconnect (retry.js). */
    this.wasReopened = false;
    /** Whether an earlier attempt may have reached the server; only reads are sent again then. */
    this.mayHaveBeenSent = false;
    /** @type {Call} */
    this.call = NO_CALL;
    this.position = 0;
  }

  /** @param {number} limit  most rows that the reply can have */
  expectRows(limit) {
    const rows = Math.min(limit, MAX_ROWS_EXPECTED);
    this.weight = Math.max(this.weight, Math.ceil(rows / ROWS_A_KEY));
  }

  /** Whether nothing of it was handed to an executor. */
  get isQueued() {
    return this.state.phase === QUEUED;
  }

  get isDone() {
    return this.state === SETTLED;
  }

  /**
   * @param {Outcome} outcome
   * @returns {import('../instances').StepRunner | null} runs what remains to be made of it
   */
  setOutcome(outcome) {
    if (this.isDone) return null;
    this.state = SETTLED;
    return this.call.setOutcome(this.position, outcome);
  }

  /**
   * Sets an error as its outcome.
   * @param {Error} error
   */
  fail(error) {
    const outcome = this.mayHaveBeenSent ? withOutcome(error, 'unknown') : error;
    for (let runner = this.setOutcome(outcome); runner !== null; ) runner = runner.advance();
  }
}

/** @type {any} */
const NO_CALL = null;

/** @type {readonly Request[]} */
const NO_REQUESTS = [];

/** Replaces the `read` of a call that has settled. */
function noRead() {}

/**
 * The requests of one caller, and the promise of their result.
 *
 * Client makes it. Each request then gets its outcome by `setOutcome`, from the reply dispatcher or
 * from what ends the call: `withdraw` and `detach` at its deadline, `abort`. The operation's `read`
 * makes a value of each outcome, and its `finish` the result of all values. The first error in the
 * order of the requests rejects the promise, once all have their outcomes.
 */
class Call {
  /** @type {((value: any) => void) | null} */
  #resolve = null;
  #read;
  #finish;
  /** Values of the outcomes. @type {any[] | null} */
  #values = null;
  #pending;
  /** The error of the first request that has one. @type {unknown} */
  #error = null;
  /** Which request has it. */
  #errorPosition = Infinity;
  /** How many requests were not sent. */
  #notSent = 0;

  /** @param {import('../operation.js').Operation} operation  of at least one request */
  constructor({ name, isWrite, isUnit, requests, read, finish }) {
    this.operation = name;
    this.isWrite = isWrite;
    /** Whether its requests have to travel in one batch. */
    this.isUnit = isUnit === true;
    this.requests = requests;
    /** The weight of those that have not left the queue. */
    this.waiting = 0;
    for (let i = 0; i < requests.length; i++) {
      requests[i].call = this;
      requests[i].position = i;
      this.waiting += requests[i].weight;
    }
    /** Whether stats() counts it; the client's own requests are not counted. */
    this.isCounted = true;
    /** How many of its requests have left the queue. */
    this.taken = 0;
    /**
     * The queue that it is in, with its neighbours below.
     * @type {import('../instances').CallQueue | null}
     */
    this.queue = null;
    /** @type {Call | null} */
    this.previous = null;
    /** @type {Call | null} */
    this.next = null;
    this.isSettled = false;
    /** Called when it settles. @type {(() => void) | null} */
    this.onSettled = null;
    /** @type {import('../instances').Deadline | null} */
    this.deadline = null;
    this.#pending = requests.length;
    this.#read = read;
    this.#finish = finish;
    /** null once it has settled. @type {Promise<any> | null} */
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * Sets the outcome of a request that has none.
   * @param {number} position
   * @param {Outcome} outcome
   * @returns {import('../instances').StepRunner | null} runs what remains to be made of it
   */
  setOutcome(position, outcome) {
    if (isUnsent(outcome)) this.#notSent++;
    let value;
    try {
      value = this.#read(outcome, position);
    } catch (error) {
      return this.#setError(position, error);
    }
    if (!(value instanceof Steps)) return this.#setValue(position, value);
    return new StepRunner(
      value,
      (value) => this.#setValue(position, value),
      (error) => this.#setError(position, error),
    );
  }

  /**
   * Ends the requests that no executor has. They are not sent.
   * @param {() => Error} errorOf  makes their outcome
   */
  withdraw(errorOf) {
    this.#failWhere(({ phase }) => phase === QUEUED, errorOf);
  }

  /**
   * Ends the requests that executors have, without waiting for their replies.
   * @param {() => Error} errorOf  makes their outcome
   * @param {(state: RequestState) => boolean} isDetached
   */
  detach(errorOf, isDetached) {
    this.#failWhere((state) => state.phase === IN_FLIGHT && isDetached(state), errorOf);
  }

  /**
   * Ends the call at once. Queued requests are not sent, and replies to the others are dropped.
   * @param {(outcome: 'not-sent' | 'unknown') => Error} errorOf
   * @param {boolean} settlesEach  whether each request has a result of its own
   */
  abort(errorOf, settlesEach) {
    if (settlesEach) {
      this.withdraw(() => errorOf('not-sent'));
      this.#failWhere(
        ({ phase }) => phase !== DONE,
        () => errorOf('unknown'),
      );
      return;
    }
    let notSent = this.#notSent;
    for (const request of this.requests) {
      if (request.isQueued && !request.mayHaveBeenSent) notSent++;
      request.state = SETTLED;
    }
    this.#fail(errorOf(notSent === this.requests.length ? 'not-sent' : 'unknown'));
  }

  /**
   * @param {(state: RequestState) => boolean} matches
   * @param {() => Error} errorOf
   */
  #failWhere(matches, errorOf) {
    /** @type {Error | undefined} */
    let error;
    for (const request of this.requests) {
      if (!matches(request.state)) continue;
      // Requests that end alike share an error.
      error ??= errorOf();
      request.fail(error);
    }
  }

  /**
   * @param {number} position
   * @param {any} value
   */
  #setValue(position, value) {
    // The call may have ended while the rows of a long reply were made.
    if (this.isSettled) return null;
    if (this.#finish === undefined) {
      this.#settle(value);
      return null;
    }
    // Made at its full length, since V8 reserves room for 17 values at the first push.
    this.#values ??= new Array(this.requests.length);
    this.#values[position] = value;
    return this.#countDown();
  }

  /**
   * @param {number} position
   * @param {unknown} error
   */
  #setError(position, error) {
    if (this.isSettled) return null;
    if (position < this.#errorPosition) {
      this.#error = this.isWrite ? afterWrite(error) : error;
      this.#errorPosition = position;
    }
    return this.#countDown();
  }

  /** @returns {import('../instances').StepRunner | null} */
  #countDown() {
    if (--this.#pending > 0) return null;
    if (this.#errorPosition < Infinity) {
      this.#fail(combineOutcome(this.#error, this.#notSent === this.requests.length));
      return null;
    }
    try {
      const result = this.#finish?.(this.#values ?? []);
      if (result instanceof Steps) return this.#makeResult(result);
      this.#settle(result);
    } catch (error) {
      this.#fail(error);
    }
    return null;
  }

  /** @param {import('../instances').Steps} steps */
  #makeResult(steps) {
    const resolve = (/** @type {any} */ result) => {
      this.#settle(result);
      return null;
    };
    const reject = (/** @type {unknown} */ error) => {
      this.#fail(error);
      return null;
    };
    return new StepRunner(steps, resolve, reject);
  }

  /** @param {any} result */
  #settle(result) {
    if (this.isSettled) return;
    this.deadline?.release(this, null);
    this.#resolve?.(result);
    this.#release();
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.isSettled) return;
    this.deadline?.release(this, error);
    this.#resolve?.(rejectAsOwn(error));
    this.#release();
  }

  /**
   * Leaves the queue, and drops what belongs to the caller. Others hold the call for longer: its
   * requests would keep what they were to send, and its promise the caller's async context.
   */
  #release() {
    this.isSettled = true;
    this.queue?.remove(this);
    this.requests = NO_REQUESTS;
    this.#read = noRead;
    this.#finish = undefined;
    this.onSettled?.();
    this.onSettled = null;
    this.promise = null;
    this.#resolve = null;
    this.#values = null;
    this.#error = null;
  }
}

/** @typedef {import('../../..').Reply | Error} Outcome */

module.exports = { ARRIVED, Call, RequestState, QUEUED, IN_QUEUE, Request };
