'use strict';

const { now } = require('../../runtime/clock.js');
const { IN_QUEUE } = require('./call.js');
const { countRolledBack, explainRefusal, explainRollback } = require('./outcomes.js');
const { eventOfFailure, eventOfRefusal, mayRetry, noteRetry } = require('./retry.js');
const turn = require('../../runtime/turn.js');

/**
 * Look at the clock after outcomes of this weight, in look-ups by key: their rows take a fraction
 * of a millisecond to make.
 */
const CLOCK_EVERY = 64;

/**
 * What the server did with a batch.
 * @typedef {object} BatchResult
 * @property {readonly Reply[]} replies  to the first requests; to all unless the batch failed
 * @property {ReadonlyMap<Definition, Error>} refused  indexes that could not be opened
 * @property {import('../../..').HandlerSocketError | null} failure  the batch's
 * @property {boolean} isReconnected  whether the connection has reconnected since the batch was
 *   handed over
 * @property {string} address
 */

/**
 * Sets the outcome of each request of a batch, in order: its reply, or the error that explains why
 * there is none. Requests that are sent again have no outcome yet; they are in `retries`.
 *
 * A PooledConnection calls `advance` once in each turn of the event loop until all outcomes are
 * set.
 */
class ReplyDispatcher {
  /** Requests to be sent again. @type {Request[]} */
  retries = [];
  #requests;
  #result;
  #ids;
  #rolledBack;
  #next = 0;
  /** Makes the value of the last reply, if that takes steps. @type {StepRunner | null} */
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
   * Sets outcomes until this turn's time is used up.
   * @param {number} end  how many requests must have their outcome
   * @returns {boolean} whether they have
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
    // A ping succeeds with any reply.
    if (reply !== undefined && request.definition === null) return request.setOutcome(reply);
    if (!reply?.ok) return this.#setFailure(request, reply);
    const isRolledBack = position < this.#rolledBack;
    return request.setOutcome(
      isRolledBack ? explainRollback(request, this.#result.address) : reply,
    );
  }

  /**
   * @param {Request} request
   * @param {Reply | undefined} reply  undefined if the batch failed before it
   */
  #setFailure(request, reply) {
    if (request.isDone) return null;
    const { failure, isReconnected, refused } = this.#result;
    const event =
      reply === undefined ? eventOfFailure(failure) : eventOfRefusal(reply, isReconnected);
    const closed = refused.get(request.definition);
    // If the server refuses to open an index that is open already, the index stays open. The
    // request was executed, and its own reply counts.
    const isClosed = closed !== undefined && (event === 'notOpen' || event === 'reconnected');
    if (isClosed) request.fail(closed);
    else if (mayRetry(request, event)) this.#retry(request, event);
    else if (reply?.error) request.fail(explainRefusal(request, reply.error));
    else request.fail(failure ?? missingReply());
    return null;
  }

  /**
   * @param {Request} request
   * @param {import('./retry.js').Event} event
   */
  #retry(request, event) {
    noteRetry(request, event);
    if (event === 'notOpen') this.#ids.close(request.definition);
    request.state = IN_QUEUE;
    const { call } = request;
    // An expired deadline has withdrawn what was queued then, and does not return for this request.
    if (!call.deadline?.withdrawIfExpired(call, now())) this.retries.push(request);
  }
}

function missingReply() {
  return new Error('a batch that did not fail has a reply for each command');
}

/**
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').StepRunner} StepRunner
 * @typedef {import('../../..').Reply} Reply
 */

module.exports = { ReplyDispatcher };
