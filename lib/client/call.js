'use strict';

const { HandlerSocketError } = require('../errors.js');

/** One command that a call asks for. Its outcome is its reply, which may be the server's refusal, or an error. */
class Request {
  /**
   * @param {import('./instances').Definition} definition
   * @param {InstanceType<typeof import('../command.js').Command>} command
   * @param {number} [keys]  how many it asks for
   */
  constructor(definition, command, keys = 1) {
    this.definition = definition;
    this.command = command.keep();
    this.keys = keys;
    /** Whether it was sent again after a failed connection. */
    this.wasRepeated = false;
    /** Whether it was sent again since its index was not open any more. */
    this.wasReopened = false;
    /** What it belongs to. @type {Call} */
    this.call = NO_CALL;
    this.position = 0;
  }

  /** @param {Outcome} outcome */
  answer(outcome) {
    this.call.answer(this.position, outcome);
  }
}

/** @type {any} */
const NO_CALL = null;

/** What one caller asks for, and the promise of what comes of it. */
class Call {
  /** @type {(value: any) => void} */
  #resolve = unreachable;
  /** @type {(reason: unknown) => void} */
  #reject = unreachable;
  #finish;
  #read;
  /** Or what was read of them; null before there is one. @type {any[] | null} */
  #outcomes = null;
  #unanswered;
  /** What the first of them could not be read for. @type {unknown} */
  #error = null;

  /**
   * @param {string} operation  the method's name
   * @param {boolean} isWrite
   * @param {readonly Request[]} requests  at least one
   * @param {(outcomes: any[]) => unknown} finish  called when all requests have their outcomes; what it throws is the
   *   call's error
   * @param {(outcome: Outcome, position: number) => unknown} [read]  called with each as it comes, while others may still be
   *   under way: `finish` gets what it gives, and is not called if it throws
   */
  constructor(operation, isWrite, requests, finish, read) {
    this.operation = operation;
    this.isWrite = isWrite;
    this.requests = requests;
    for (let i = 0; i < requests.length; i++) {
      requests[i].call = this;
      requests[i].position = i;
    }
    /** How many of them have left the queue. */
    this.taken = 0;
    this.isSettled = false;
    /** Whether its requests have to be in one batch. */
    this.isUnit = false;
    /** Where it was sent, or will be by `sentUntil` if it is still connecting. @type {import('../..').Connection | null} */
    this.sentOn = null;
    /** As performance.now() tells it. */
    this.sentUntil = 0;
    /** @type {import('./instances').Deadline | null} */
    this.deadline = null;
    this.#unanswered = requests.length;
    this.#finish = finish;
    this.#read = read;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * @param {number} position
   * @param {Outcome} outcome
   */
  answer(position, outcome) {
    if (this.isSettled) return;
    // As long as it will be: at the first push V8 makes room for 17.
    this.#outcomes ??= new Array(this.requests.length);
    this.#outcomes[position] =
      this.#read === undefined ? outcome : this.#readNow(outcome, position);
    if (--this.#unanswered > 0) return;
    let result;
    try {
      if (this.#error !== null) throw this.#error;
      result = this.#finish(this.#outcomes);
    } catch (error) {
      // What cannot be read was done all the same; a refusal is the server's word that it was not.
      const isUnread = error instanceof HandlerSocketError && error.code === 'ERR_HS_VALUE';
      if (this.isWrite && isUnread) error.outcome = 'unknown';
      this.fail(error);
      return;
    }
    this.isSettled = true;
    this.deadline?.release(null);
    this.#resolve(result);
  }

  /**
   * @param {Outcome} outcome
   * @param {number} position
   */
  #readNow(outcome, position) {
    try {
      return this.#read?.(outcome, position);
    } catch (error) {
      this.#error ??= error;
      return undefined;
    }
  }

  /**
   * Ends it, whatever has come of its requests.
   * @param {unknown} error
   */
  fail(error) {
    if (this.isSettled) return;
    this.isSettled = true;
    this.deadline?.release(error);
    this.#reject(error);
  }
}

/** @returns {never} */
function unreachable() {
  throw new Error('a promise calls its executor at once');
}

/** @typedef {import('../..').Reply | Error} Outcome */

module.exports = { Call, Request };
