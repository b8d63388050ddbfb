'use strict';

/** Space at the front is given back when there is this much of it, and half of all is. */
const MIN_WASTE = 1024;

/**
 * First in, first out. An array's own shift copies the whole array where it is long.
 * @template T
 */
class Queue {
  /** @type {(T | undefined)[]} */
  #items = [];
  #first = 0;

  /** @param {T} item */
  push(item) {
    this.#items.push(item);
  }

  /** @returns {T | undefined} */
  shift() {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined; // what has left must not be kept alive
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    } else if (this.#first > MIN_WASTE && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}

module.exports = { Queue };
