'use strict';

const { hrtime, nextTick } = require('node:process');
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');

/*
 * The package's timers and clock. They are captured when the package is loaded, so that fakes which
 * a test installs later do not reach it.
 *
 * Tests may install fakes earlier, too: Jest's `enableGlobally` does so before any module of a test
 * is loaded. Jest, vitest and sinon all install the functions of @sinonjs/fake-timers, which keep
 * the real ones on their `clock`.
 */

/**
 * The real function behind a fake.
 * @template {Function} Timer
 * @param {Timer} given  real or fake
 * @returns {Timer}
 */
function real(given) {
  const { clock } = /** @type {{ clock?: Record<string, Timer> }} */ (given);
  return clock?.[`_${given.name}`] ?? given;
}

const realTime = real(hrtime);

/**
 * The monotonic clock, in milliseconds. All deadlines are absolute times of it. It is as fast as
 * `performance.now`, whose module takes a millisecond to load.
 */
function now() {
  const [seconds, nanoseconds] = realTime();
  return seconds * 1000 + nanoseconds / 1e6;
}

module.exports = {
  clearTimeout: real(clearTimeout),
  nextTick: real(nextTick),
  now,
  setImmediate: real(setImmediate),
  setTimeout: real(setTimeout),
};
