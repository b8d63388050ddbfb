'use strict';

/** Free slots at the front are dropped once there are more, and more than half are free. */
const MIN_WASTE = 1024;

/**
 * First in, first out. Array.prototype.shift copies a long array each time.
 *
 *   items:  (free) (free) (free) [next] [...] [last]
 *                                  ▲
 *                                first
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
    this.#items[this.#first++] = undefined; // does not keep the item alive
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
