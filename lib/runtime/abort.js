'use strict';

/*
 * Callbacks for aborts, with one listener for each signal. Node.js warns of a leak if a signal has
 * more than ten listeners, and many calls may share one.
 */

/** @type {WeakMap<AbortSignal, Set<() => void>>} */
const callbacksOf = new WeakMap();

/**
 * Calls `callback` when the signal is aborted, unless `offAbort` comes first.
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
 * Removes a callback, and the listener with the last one.
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
