'use strict';

const { setImmediate: turn } = require('node:timers/promises');

/** How long the client waits for an executor's word once the deadline of a call has passed. */
const GRACE_MS = 100;
/** More than a timer may fire early. */
const MARGIN_MS = 10;

/** Results that came in time are made in slices, one in a turn of the event loop. */
const HAND_OUT_TURNS = 100;

/**
 * Returns the result of a call that is expected to time out, how long it took, and whether it
 * outlasted its timeout and the grace. The order of timers tells that, not a clock: each timer here
 * is set after the client's, and fires after it, however late a busy machine is with both.
 * @param {() => Promise<unknown>} call
 * @param {number} timeoutMs
 */
async function outlast(call, timeoutMs) {
  const start = performance.now();
  let end = null;
  const settled = call()
    .then(
      () => null,
      (error) => error,
    )
    .finally(() => {
      end = performance.now();
    });
  await clockReaches(performance.now() + timeoutMs + MARGIN_MS);
  await clockReaches(performance.now() + GRACE_MS + MARGIN_MS);
  for (let i = 0; i < HAND_OUT_TURNS && end === null; i++) await turn();
  const isLate = end === null;
  return { error: await settled, isLate, lasted: end - start };
}

/** A timer fires early if the turn in which it was set had lasted. */
async function clockReaches(time) {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}

module.exports = { outlast };
