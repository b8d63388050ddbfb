'use strict';

/*
 * One listener a signal, however many executes share it: Node.js warns of a leak where a signal has more than ten.
 */

/** @type {WeakMap<AbortSignal, Set<() => void>>} */
const callbacksOf = new WeakMap();

/**
 * Calls `callback` when the signal is aborted, unless it is taken back before.
 * @param {AbortSignal} signal
 * @param {() => void} callback
 */
function onAbort(signal, callback) {
  let callbacks = callbacksOf.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    callbacksOf.set(signal, callbacks);
  }
  if (callbacks.size === 0) signal.addEventListener('abort', callAll);
  callbacks.add(callback);
}

/**
 * @param {AbortSignal} signal
 * @param {() => void} callback
 */
function offAbort(signal, callback) {
  const callbacks = callbacksOf.get(signal);
  callbacks?.delete(callback);
  if (callbacks?.size === 0) signal.removeEventListener('abort', callAll);
}

/** @param {Event} event */
function callAll({ target }) {
  for (const callback of callbacksOf.get(/** @type {AbortSignal} */ (target)) ?? []) callback();
}

module.exports = { onAbort, offAbort };
