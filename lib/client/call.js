'use strict';

/** One command that a call asks for. Its outcome is its reply, which may be the server's refusal, or an error. */
class Request {
  /**
   * @param {Call} call
   * @param {number} position  among the call's requests
   * @param {import('./instances').Definition} definition
   * @param {string} text  what follows the index id, a byte string
   */
  constructor(call, position, definition, text) {
    this.call = call;
    this.position = position;
    this.definition = definition;
    this.text = text;
    this.wasRepeated = false;
  }

  /** @param {Outcome} outcome */
  answer(outcome) {
    this.call.answer(this.position, outcome);
  }
}

/** What one caller asks for, and the promise of what comes of it. */
class Call {
  /** @type {(value: any) => void} */
  #resolve = unreachable;
  /** @type {(reason: unknown) => void} */
  #reject = unreachable;
  /** @type {Outcome[]} */
  #outcomes;
  #unanswered;
  #finish;

  /**
   * @param {string} operation  the method's name
   * @param {boolean} isWrite
   * @param {readonly Command[]} commands  at least one
   * @param {(outcomes: Outcome[]) => unknown} finish  called when all requests have their outcomes; what it throws is
   *   the call's error
   */
  constructor(operation, isWrite, commands, finish) {
    this.operation = operation;
    this.isWrite = isWrite;
    this.requests = commands.map((command, i) => {
      return new Request(this, i, command.definition, command.text);
    });
    /** How many of them have left the queue. */
    this.taken = 0;
    this.isSettled = false;
    /** Whether any of it may have reached the server. */
    this.wasSent = false;
    /** When it has to have settled, as performance.now() tells it. */
    this.until = 0;
    /** @type {((error: unknown) => void) | null} */
    this.onSettled = null;
    this.#outcomes = new Array(commands.length);
    this.#unanswered = commands.length;
    this.#finish = finish;
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
    this.#outcomes[position] = outcome;
    if (--this.#unanswered > 0) return;
    let result;
    try {
      result = this.#finish(this.#outcomes);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.isSettled = true;
    this.onSettled?.(null);
    this.#resolve(result);
  }

  /**
   * Ends it, whatever has come of its requests.
   * @param {unknown} error
   */
  fail(error) {
    if (this.isSettled) return;
    this.isSettled = true;
    this.onSettled?.(error);
    this.#reject(error);
  }
}

/** @returns {never} */
function unreachable() {
  throw new Error('a promise calls its executor at once');
}

/**
 * @typedef {import('../..').Reply | Error} Outcome
 * @typedef {{ definition: import('./instances').Definition, text: string }} Command
 */

module.exports = { Call, Request };
