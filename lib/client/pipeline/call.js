'use strict';

const { combineOutcome, isUnsent, afterWrite, rejectAsOwn, withOutcome } = require('./outcomes.js');
const { Making, Steps } = require('./steps.js');

/*
 * A caller's requests and its promise.
 *
 * The stage of a request decides what may be said of it:
 *
 *   queued ──► in flight ──► arrived ──► done
 *     ▲            │
 *     └────────────┘ sent once more
 *
 * - queued: only JavaScript has it. Nothing of it was handed over, so a call that ends may say
 *   'not-sent' and take it back.
 * - in flight: an executor has it, and only the executor may say 'not-sent'. A call that does not
 *   wait for the executor's word says 'unknown'.
 * - arrived: the batch result is in memory. It goes to the caller, whatever the clock says.
 * - done: it has its outcome, and keeps it whatever ends the call.
 */

const QUEUED = /** @type {const} */ ('queued');
const IN_FLIGHT = /** @type {const} */ ('in flight');
const ARRIVED = /** @type {const} */ ('arrived');
const DONE = /** @type {const} */ ('done');

/** What holds requests: the queue, a batch, or nothing any more. */
class Holder {
  /** When the executor of a batch in flight ends, as performance.now() tells it. */
  until = 0;

  /** @param {'queued' | 'in flight' | 'arrived' | 'done'} stage */
  constructor(stage) {
    this.stage = stage;
  }

  /**
   * From now on an executor has it.
   * @param {number} until  when that ends, as performance.now() tells it
   */
  handOver(until) {
    this.stage = IN_FLIGHT;
    this.until = until;
  }
}

const QUEUE = new Holder(QUEUED);
const NOBODY = new Holder(DONE);

/** So many rows of a range take server and client about as long as a look-up by key. */
const ROWS_A_KEY = 16;
/** A larger limit mostly means "all", and then fewer rows are there. */
const MAX_ROWS_EXPECTED = 1024;

/**
 * One command that a call asks for. Its outcome is its reply, which may be the server's refusal, or
 * an error.
 */
class Request {
  /**
   * @param {import('../instances').Definition} definition  of a ping there is none: see probes.js
   * @param {InstanceType<typeof import('../../protocol/command.js').Command>} command
   * @param {number} [weight]  how many keys it asks for
   */
  constructor(definition, command, weight = 1) {
    this.definition = definition;
    this.command = command.keep();
    /** How much of a batch it takes, in look-ups by key. */
    this.weight = weight;
    this.holder = QUEUE;
    /** Whether it was sent again after a failed batch. */
    this.wasRepeated = false;
    /** Whether it was sent again though no connection had been made since it was sent. */
    this.wasReopened = false;
    /** Whether an earlier attempt may have reached the server; only reads are sent again then. */
    this.mayHaveBeenSent = false;
    /** What it belongs to. @type {Call} */
    this.call = NO_CALL;
    this.position = 0;
  }

  /** @param {number} limit  how many rows may come back */
  expectRows(limit) {
    const rows = Math.min(limit, MAX_ROWS_EXPECTED);
    this.weight = Math.max(this.weight, Math.ceil(rows / ROWS_A_KEY));
  }

  /** Whether only JavaScript has it: nothing of it was handed over to an executor. */
  get isQueued() {
    return this.holder.stage === QUEUED;
  }

  get isDone() {
    return this.holder === NOBODY;
  }

  /**
   * @param {Outcome} outcome
   * @returns {import('../instances').Making | null} what is still to be made of it
   */
  setOutcome(outcome) {
    if (this.isDone) return null;
    this.holder = NOBODY;
    return this.call.setOutcome(this.position, outcome);
  }

  /**
   * Sets an error as its outcome.
   * @param {Error} error
   */
  fail(error) {
    const outcome = this.mayHaveBeenSent ? withOutcome(error, 'unknown') : error;
    for (let making = this.setOutcome(outcome); making !== null; ) making = making.advance();
  }
}

/** @type {any} */
const NO_CALL = null;

/** @type {readonly Request[]} */
const NO_REQUESTS = [];

/** Of a call that has settled nothing is read any more. */
function noRead() {}

/** What one caller asks for, and the promise of what comes of it. */
class Call {
  /** @type {((value: any) => void) | null} */
  #resolve = null;
  #read;
  #finish;
  /** What was made of the outcomes. @type {any[] | null} */
  #values = null;
  #pending;
  /** The error of the first request that has one. @type {unknown} */
  #error = null;
  /** Which request has it. */
  #errorPosition = Infinity;
  /** How many requests were not sent. */
  #notSent = 0;

  /** @param {import('../table-index.js').Operation} operation  of at least one request */
  constructor({ name, isWrite, isUnit, requests, read, finish }) {
    this.operation = name;
    this.isWrite = isWrite;
    /** Whether its requests have to be in one batch. */
    this.isUnit = isUnit === true;
    this.requests = requests;
    /** The weight of those that have not left the queue. */
    this.waiting = 0;
    for (let i = 0; i < requests.length; i++) {
      requests[i].call = this;
      requests[i].position = i;
      this.waiting += requests[i].weight;
    }
    /** Whether the client's figures tell of it: not of what it asks for on its own account. */
    this.isCounted = true;
    /** How many of them have left the queue. */
    this.taken = 0;
    /** The queue that it is in, and its neighbours there. @type {import('../instances').CallQueue | null} */
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
    /** null when it has settled. @type {Promise<any> | null} */
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * @param {number} position  of a request that has had none
   * @param {Outcome} outcome
   * @returns {import('../instances').Making | null} what is still to be made of it
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
    return new Making(
      value,
      (value) => this.#setValue(position, value),
      (error) => this.#setError(position, error),
    );
  }

  /**
   * Takes back what no executor has: nothing of it will be sent.
   * @param {() => Error} errorOf  makes its outcome
   */
  withdraw(errorOf) {
    this.#failWhere(({ stage }) => stage === QUEUED, errorOf);
  }

  /**
   * Waits no longer for what executors have.
   * @param {() => Error} errorOf  makes its outcome
   * @param {(batch: Holder) => boolean} isGivenUp
   */
  giveUp(errorOf, isGivenUp) {
    this.#failWhere((holder) => holder.stage === IN_FLIGHT && isGivenUp(holder), errorOf);
  }

  /**
   * Ends it at once. What is queued is not sent; what comes of the rest is dropped.
   * @param {(outcome: 'not-sent' | 'unknown') => Error} errorOf
   * @param {boolean} settlesEach  whether each request has a result of its own
   */
  abort(errorOf, settlesEach) {
    if (settlesEach) {
      this.withdraw(() => errorOf('not-sent'));
      this.#failWhere(
        ({ stage }) => stage !== DONE,
        () => errorOf('unknown'),
      );
      return;
    }
    let notSent = this.#notSent;
    for (const request of this.requests) {
      if (request.isQueued && !request.mayHaveBeenSent) notSent++;
      request.holder = NOBODY;
    }
    this.#fail(errorOf(notSent === this.requests.length ? 'not-sent' : 'unknown'));
  }

  /**
   * @param {(holder: Holder) => boolean} isMeant
   * @param {() => Error} errorOf
   */
  #failWhere(isMeant, errorOf) {
    /** @type {Error | undefined} */
    let error;
    for (const request of this.requests) {
      if (!isMeant(request.holder)) continue;
      // Requests with one fate share an error.
      error ??= errorOf();
      request.fail(error);
    }
  }

  /**
   * @param {number} position
   * @param {any} value
   */
  #setValue(position, value) {
    // It may have ended while a long reply's rows were made.
    if (this.isSettled) return null;
    if (this.#finish === undefined) {
      this.#settle(value);
      return null;
    }
    // As long as it will be: at the first push V8 makes room for 17.
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

  /** @returns {import('../instances').Making | null} */
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
    return new Making(steps, resolve, reject);
  }

  /** @param {any} result */
  #settle(result) {
    if (this.isSettled) return;
    this.deadline?.release(this, null);
    this.#resolve?.(result);
    this.#letGo();
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.isSettled) return;
    this.deadline?.release(this, error);
    this.#resolve?.(rejectAsOwn(error));
    this.#letGo();
  }

  /**
   * Leaves the queue, and drops what belongs to the caller. Others hold the call for longer: its
   * requests would keep what they were to send, and its promise the caller's async context.
   */
  #letGo() {
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

module.exports = { ARRIVED, Call, Holder, QUEUED, QUEUE, Request };
