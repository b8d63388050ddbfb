'use strict';

const { now, setImmediate } = require('./clock.js');

/*
 * Limits how long the making of results holds up the event loop. All clients of a thread share one
 * slice of each turn, and wait for a later turn when it is used up:
 *
 *   if (turn.isOver()) await turn.next();
 */

/**
 * In milliseconds. A turn costs microseconds, so the slice is long beside it. It is short enough
 * that a step which begins within it, and a garbage collection, end in time for others.
 */
const SLICE_MS = 10;

/** Whether the slice of this turn has begun. The first `isOver` of a turn begins it. */
let hasSlice = false;
/** In the time of `now()`. */
let sliceEnd = 0;

/** Resolvers of `next`, in the order of the calls. @type {(() => void)[]} */
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
 * Waits for a later turn with a slice of its own.
 * @returns {Promise<void>}
 */
function next() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(serve);
  });
}

/** Resumes the one that has waited longest: one in each turn, so that none starves. */
function serve() {
  hasSlice = true;
  sliceEnd = now() + SLICE_MS;
  setImmediate(endSlice);
  const resolve = waiting.shift();
  if (waiting.length > 0) setImmediate(serve);
  resolve?.();
}

module.exports = { isOver, next };
