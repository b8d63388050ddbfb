'use strict';

const { setImmediate: turn } = require('node:timers/promises');

/** So long the client waits for an executor's word when the time of a call is over. */
const GRACE_MS = 100;
/** More than a timer may go off early. */
const MARGIN_MS = 10;

/** Results that have come in time are given in slices, one in a turn of the event loop. */
const HAND_OUT_TURNS = 100;

/**
 * What came of a call that is to time out, how long it lasted, and whether it outlasted its time and
 * the grace. That is told by the order of timers and by no clock: each one here is set after the
 * client's, and goes off after it however late a busy machine is with both.
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

/** A timer goes off early where the turn in which it was set has lasted. */
async function clockReaches(time) {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}

module.exports = { outlast };
