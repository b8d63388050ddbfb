'use strict';

const { now, setImmediate } = require('./clock.js');

/*
 * How long results may hold up the event loop while they are made. All clients of a thread share one
 * slice of each turn, and wait for a later turn when it is used up:
 *
 *   if (turn.isOver()) await turn.next();
 */

/**
 * In milliseconds. It is long beside the microseconds that a turn costs, and short enough that a step
 * which begins within it, and a garbage collection, still end in time for others.
 */
const SLICE_MS = 10;

/** Whether a slice of this turn has begun: it begins with the first question. */
let hasSlice = false;
/** When it is over, as performance.now() tells it. */
let sliceEnd = 0;

/** Those that wait for a turn, in order. @type {(() => void)[]} */
const waiting = [];

/** Whether this turn's slice is used up. */
function isOver() {
  const time = now();
  if (!hasSlice) {
    hasSlice = true;
    sliceEnd = time + SLICE_MS;
    setImmediate(endSlice);
  }
  return time >= sliceEnd;
}

function endSlice() {
  hasSlice = false;
}

/**
 * Resolves in a later turn, with a slice of its own.
 * @returns {Promise<void>}
 */
function next() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(serve);
  });
}

/** Each turn resumes one, so that none starves: the one that has waited longest. */
function serve() {
  hasSlice = true;
  sliceEnd = now() + SLICE_MS;
  setImmediate(endSlice);
  const resolve = waiting.shift();
  if (waiting.length > 0) setImmediate(serve);
  resolve?.();
}

module.exports = { isOver, next };
