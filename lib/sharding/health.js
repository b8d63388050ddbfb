'use strict';

const { now } = require('../clock.js');

const FIRST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 30_000;

/** After these nothing is to be had from the server for a while. */
const UNREACHABLE = new Set(['ERR_HS_CONNECT', 'ERR_HS_LOST', 'ERR_HS_TIMEOUT', 'ERR_HS_AUTH']);

/** Whether a server is worth asking: one that could not be reached is probed at growing intervals, by one call at a time. */
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
  get isWorthATry() {
    return this.isUp || (!this.#isProbed && now() >= this.#nextProbe);
  }

  /**
   * Sees how a call goes.
   * @template Result
   * @param {() => Promise<Result>} call
   * @param {(result: Result) => boolean} [hasFailed]  what a result says of it
   * @returns {Promise<Result>}
   */
  async watch(call, hasFailed) {
    // Calls that have nowhere else to go come too early to be probes.
    const isProbe = !this.isUp && this.isWorthATry;
    if (isProbe) this.#isProbed = true;
    let wasReached = true;
    try {
      const result = await call();
      wasReached = hasFailed === undefined || !hasFailed(result);
      return result;
    } catch (error) {
      wasReached = !isUnreachable(error);
      throw error;
    } finally {
      if (isProbe) this.#isProbed = false;
      if (wasReached) this.#intervalMs = 0;
      // Calls that were under way together fail together: only the first of them counts.
      else if (isProbe || this.isUp) this.#waitLonger();
    }
  }

  #waitLonger() {
    const interval = Math.max(2 * this.#intervalMs, FIRST_INTERVAL_MS);
    this.#intervalMs = Math.min(interval, LONGEST_INTERVAL_MS);
    this.#nextProbe = now() + this.#intervalMs;
  }
}

/**
 * Whether the error says that the server could not be reached, or no longer.
 * @param {unknown} error
 */
function isUnreachable(error) {
  return UNREACHABLE.has(/** @type {{ code?: string } | undefined} */ (error)?.code ?? '');
}

module.exports = { Health, isUnreachable };
