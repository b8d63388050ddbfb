'use strict';

const { LinkedList } = require('../../util/linked-list.js');

/**
 * Calls with requests that are not in a batch yet, first in, first out. A call that ends while it
 * waits is removed at once, wherever it is.
 */
class CallQueue {
  /** @type {InstanceType<typeof LinkedList<Call>>} */
  #calls = new LinkedList();
  /** The weight of all requests that wait. */
  weight = 0;

  /** @param {Call} call  that is in no queue */
  push(call) {
    call.queue = this;
    this.#calls.push(call);
    this.weight += call.waiting;
  }

  /** @returns {Call | null} */
  shift() {
    const call = this.#calls.first;
    if (call !== null) this.remove(call);
    return call;
  }

  /** @param {Call} call  that is in this queue */
  remove(call) {
    this.#calls.remove(call);
    call.queue = null;
    this.weight -= call.waiting;
  }
}

/** @typedef {import('../instances').Call} Call */

module.exports = { CallQueue };
