'use strict';

const { now } = require('../../runtime/clock.js');
const { IN_QUEUE } = require('./call.js');
const { countRolledBack, explainRefusal, explainRollback } = require('./outcomes.js');
const { eventOfFailure, eventOfRefusal, retryDecision } = require('./retry.js');
const turn = require('../../runtime/turn.js');

/**
 * After so much, in look-ups by key, the clock is asked: this many rows take a fraction of a
 * millisecond to make.
 */
const CLOCK_EVERY = 64;

/**
 * What came of a batch.
 * @typedef {object} BatchResult
 * @property {readonly Reply[]} replies  to the requests, from the first on: fewer, after a failure
 * @property {ReadonlyMap<Definition, Error>} refused  what could not be opened
 * @property {import('../../..').HandlerSocketError | null} failure  the batch's
 * @property {boolean} isReconnected  whether the connection was made anew since the batch was
 *   handed over
 * @property {string} address
 */

/**
 * Sets the outcomes of a batch's requests, within the time that a turn of the event loop has for
 * it.
 */
class HandOut {
  /** Requests that are to be sent again. @type {Request[]} */
  repeats = [];
  #requests;
  #result;
  #ids;
  #rolledBack;
  #next = 0;
  /** What is being made of the last reply. @type {import('../instances').StepRunner | null} */
  #runner = null;

  /**
   * @param {readonly Request[]} requests
   * @param {BatchResult} result
   * @param {import('../instances').IndexIds} ids
   */
  constructor(requests, result, ids) {
    this.#requests = requests;
    this.#result = result;
    this.#ids = ids;
    this.#rolledBack = countRolledBack(requests, result.replies);
  }

  get length() {
    return this.#requests.length;
  }

  /**
   * Goes on until this turn's time is over.
   * @param {number} end  of the requests
   * @returns {boolean} whether it has come to that end
   */
  advance(end) {
    let weight = 0;
    while (!this.#isAt(end)) {
      if (this.#runner !== null) {
        this.#runner = this.#runner.advance();
        weight = CLOCK_EVERY;
      } else {
        const position = this.#next++;
        this.#runner = this.#setOutcome(position);
        weight += this.#requests[position].weight;
      }
      if (weight < CLOCK_EVERY) continue;
      weight = 0;
      if (turn.isOver()) return this.#isAt(end);
    }
    return true;
  }

  /** @param {number} end */
  #isAt(end) {
    return this.#next === end && this.#runner === null;
  }

  /** @param {number} position */
  #setOutcome(position) {
    const request = this.#requests[position];
    const reply = this.#result.replies[position];
    // Any answer will do for a ping.
    if (reply !== undefined && request.definition === null) return request.setOutcome(reply);
    if (!reply?.ok) return this.#setFailure(request, reply);
    const isRolledBack = position < this.#rolledBack;
    return request.setOutcome(
      isRolledBack ? explainRollback(request, this.#result.address) : reply,
    );
  }

  /**
   * @param {Request} request
   * @param {Reply | undefined} reply  none if the batch has failed before
   */
  #setFailure(request, reply) {
    if (request.isDone) return null;
    const { failure, isReconnected, refused } = this.#result;
    const event =
      reply === undefined ? eventOfFailure(failure) : eventOfRefusal(reply, isReconnected);
    const closed = refused.get(request.definition);
    // An index that was open before stays open when the server refuses to open it again. Then the
    // request was done, and its own reply counts.
    const isClosed = closed !== undefined && (event === 'notOpen' || event === 'reconnected');
    if (isClosed) request.fail(closed);
    else if (this.#mayRepeat(request, event)) this.#repeat(request, event);
    else if (reply?.error) request.fail(explainRefusal(request, reply.error));
    else request.fail(failure ?? missingReply());
    return null;
  }

  /**
   * @param {Request} request
   * @param {Event} event
   */
  #mayRepeat({ call, wasRepeated, wasReopened }, event) {
    const { again } = retryDecision(event, call.isWrite);
    if (again !== 'once') return again === 'always';
    return event === 'notOpen' ? !wasReopened : !wasRepeated;
  }

  /**
   * @param {Request} request
   * @param {Event} event
   */
  #repeat(request, event) {
    if (event === 'lost') request.mayHaveBeenSent = true;
    if (event === 'notOpen') {
      request.wasReopened = true;
      this.#ids.close(request.definition);
    } else if (event !== 'reconnected') {
      request.wasRepeated = true;
    }
    request.state = IN_QUEUE;
    const { call } = request;
    // Nobody looks at the deadline again once it has passed.
    if (call.deadline !== null && call.deadline.at <= now()) call.deadline.withdraw(call);
    else this.repeats.push(request);
  }
}

function missingReply() {
  return new Error('a batch that did not fail has a reply for each command');
}

/**
 * @typedef {import('./retry.js').Event} Event
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../../..').Reply} Reply
 */

module.exports = { HandOut };
