'use strict';

const { performance } = require('node:perf_hooks');
const { nextTick } = require('node:process');
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');

/*
 * The timers and the clock of the package, taken when it is loaded: what a test fakes later does not reach it.
 *
 * Tests may fake them earlier, too: Jest's `enableGlobally` does so before any module of a test is loaded. Jest, vitest and
 * sinon all put the functions of @sinonjs/fake-timers in place, which keep the real ones on their `clock`.
 */

/**
 * @template {Function} Timer
 * @param {Timer} given  what may be a fake
 * @returns {Timer}
 */
function real(given) {
  const { clock } = /** @type {{ clock?: Record<string, Timer> }} */ (given);
  return clock?.[`_${given.name}`] ?? given;
}

module.exports = {
  clearTimeout: real(clearTimeout),
  nextTick: real(nextTick),
  /** The monotonic clock, in milliseconds. */
  now: performance.now.bind(performance),
  setImmediate: real(setImmediate),
  setTimeout: real(setTimeout),
};
