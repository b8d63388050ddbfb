'use strict';

const { performance } = require('node:perf_hooks');

/**
 * The monotonic clock, in milliseconds. It is bound when the package is loaded, so that timers which a test fakes later do
 * not reach it.
 */
const now = performance.now.bind(performance);

module.exports = { now };
