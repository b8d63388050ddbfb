'use strict';

/** @type {import('node:perf_hooks').Performance | undefined} */
let clock;

/**
 * As performance.now() tells it. The global `performance` is a getter, which takes as long as the look at the clock, and at
 * first loads a good part of Node.js, which programs that only load this package have no use for.
 */
function now() {
  clock ??= performance;
  return clock.now();
}

module.exports = { now };
