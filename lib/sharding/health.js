'use strict';

const { now } = require('../runtime/clock.js');

const FIRST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 30_000;

/**
 * Whether a node is available. After a call that could not reach it, it is down and gets a probe,
 * one call, at growing intervals.
 *
 *       unreachable              interval is over
 *   up ────────────► down ─────────────────────────► probed
 *    ▲                ▲        interval doubled         │ │
 *    │                └─────────────────────────────────┘ │
 *    └────────────────────────────────────────────────────┘ reached
 */
class Health {
  /** 0 while the node is up. */
  #intervalMs = 0;
  #nextProbe = 0;
  #isProbed = false;

  /** Whether the last call reached it. */
  get isUp() {
    return this.#intervalMs === 0;
  }

  /** Whether it is up, or due for a probe. */
  get isAvailable() {
    return this.isUp || (!this.#isProbed && now() >= this.#nextProbe);
  }

  /**
   * Makes a call and records whether it reached the node.
   * @template Result
   * @param {() => Promise<Result>} call
   * @param {(result: Result) => boolean | undefined} wasReached  undefined if a result says nothing
   *   about the node
   * @returns {Promise<Result>}
   */
  async watch(call, wasReached) {
    // A call to a node that is down need not be a probe: it is made anyway if no other node can
    // take it.
    const isProbe = !this.isUp && this.isAvailable;
    if (isProbe) this.#isProbed = true;
    try {
      const result = await call();
      const isReached = wasReached(result);
      if (isReached === true) this.#intervalMs = 0;
      // If calls in flight together fail together, only the first counts.
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
