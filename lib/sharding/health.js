'use strict';

const { now } = require('../runtime/clock.js');

const FIRST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 30_000;

/**
 * Whether a node is available: one that could not be reached is probed at growing intervals, by one
 * call at a time.
 */
class Health {
  /** 0 while it is up. */
  #intervalMs = 0;
  #nextProbe = 0;
  #isProbed = false;

  /** Whether it was there when it was last asked. */
  get isUp() {
    return this.#intervalMs === 0;
  }

  /** Whether it is up, or time to see if it still is down. */
  get isAvailable() {
    return this.isUp || (!this.#isProbed && now() >= this.#nextProbe);
  }

  /**
   * Sees how a call goes.
   * @template Result
   * @param {() => Promise<Result>} call
   * @param {(result: Result) => boolean | undefined} wasReached  what a result says of the node, if anything
   * @returns {Promise<Result>}
   */
  async watch(call, wasReached) {
    // Calls that have nowhere else to go come too early to be probes.
    const isProbe = !this.isUp && this.isAvailable;
    if (isProbe) this.#isProbed = true;
    try {
      const result = await call();
      const isReached = wasReached(result);
      if (isReached === true) this.#intervalMs = 0;
      // Calls that were in flight together fail together: only the first of them counts.
      else if (isReached === false && (isProbe || this.isUp)) this.#waitLonger();
      return result;
    } finally {
      if (isProbe) this.#isProbed = false;
    }
  }

  #waitLonger() {
    const interval = Math.max(2 * this.#intervalMs, FIRST_INTERVAL_MS);
    this.#intervalMs = Math.min(interval, LONGEST_INTERVAL_MS);
    this.#nextProbe = now() + this.#intervalMs;
  }
}

module.exports = { Health };
