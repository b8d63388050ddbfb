'use strict';

/**
 * Items that are linked among themselves, first in, first out. Unlike a Set, it costs nothing to add
 * the first item and to remove the last one: V8 allocates a new table whenever a Set becomes empty.
 *
 *   first ──► item ◄──► item ◄──► item ◄── last
 *
 * @template {Linked<Item>} Item
 */
class LinkedList {
  /** @type {Item | null} */
  first = null;
  /** @type {Item | null} */
  last = null;

  /** @param {Item} item  that is in no list */
  push(item) {
    item.previous = this.last;
    if (this.last === null) this.first = item;
    else this.last.next = item;
    this.last = item;
  }

  /** @param {Item} item  that is in this list */
  remove(item) {
    const { previous, next } = item;
    if (previous === null) this.first = next;
    else previous.next = next;
    if (next === null) this.last = previous;
    else next.previous = previous;
    item.previous = null;
    item.next = null;
  }

  /** An item may be removed while it is the current one. */
  *[Symbol.iterator]() {
    let item = this.first;
    while (item !== null) {
      const { next } = item;
      yield item;
      item = next;
    }
  }
}

/**
 * @template Item
 * @typedef {{ previous: Item | null, next: Item | null }} Linked
 */

module.exports = { LinkedList };
