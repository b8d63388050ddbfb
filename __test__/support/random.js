'use strict';

/** To reproduce a failure: SEED=… node --test … */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Random choices that a seed repeats (mulberry32). */
class Random {
  #state;

  /** @param {number} [seed] */
  constructor(seed = SEED) {
    this.#state = seed | 0;
  }

  /** From 0 to less than 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  integer(least, greatest) {
    return least + Math.floor(this.next() * (greatest - least + 1));
  }

  /** A whole number from 1 to less than the maximum; small ones are as likely as large ones. */
  logarithmic(greatest) {
    return Math.floor(greatest ** this.next());
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[this.integer(0, list.length - 1)];
  }

  /** The result of one of the functions. */
  oneOf(...makers) {
    return this.pick(makers)();
  }

  chance(probability) {
    return this.next() < probability;
  }

  bytes(length) {
    return Buffer.from(Array.from({ length }, () => this.integer(0, 255)));
  }

  digits(length) {
    return Array.from({ length }, () => this.integer(0, 9)).join('');
  }

  bigint(bits) {
    return bits === 0
      ? 0n
      : BigInt(`0b${Array.from({ length: bits }, () => this.integer(0, 1)).join('')}`);
  }
}

module.exports = { Random, SEED };
