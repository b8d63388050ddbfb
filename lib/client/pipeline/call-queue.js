'use strict';

/**
 * Calls with requests that are not in a batch yet, first in, first out. The calls are linked among
 * themselves, so that one that ends while it waits is removed at once, wherever it is.
 *
 *   #first ──► call ◄──► call ◄──► call ◄── #last
 */
class CallQueue {
  /** @type {Call | null} */
  #first = null;
  /** @type {Call | null} */
  #last = null;
  /** The weight of all requests that wait. */
  weight = 0;

  /** @param {Call} call  that is in no queue */
  push(call) {
    call.queue = this;
    call.previous = this.#last;
    if (this.#last === null) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
    this.weight += call.waiting;
  }

  /** @returns {Call | null} */
  shift() {
    const call = this.#first;
    if (call !== null) this.remove(call);
    return call;
  }

  /** @param {Call} call  that is in this queue */
  remove(call) {
    const { previous, next } = call;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    call.queue = null;
    call.previous = null;
    call.next = null;
    this.weight -= call.waiting;
  }
}

/** @typedef {import('../instances').Call} Call */

module.exports = { CallQueue };
