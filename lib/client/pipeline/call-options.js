'use strict';

const { checkMilliseconds, checkNames, checkOptions, checkSignal } = require('../../util/check.js');
const { showKind } = require('../../util/show.js');

/*
 * The options of every call: a signal, and a timeout in place of the client's.
 */

const CALL_OPTIONS = ['signal', 'timeoutMs'];

/**
 * @typedef {object} CallSettings
 * @property {AbortSignal | undefined} signal
 * @property {number | undefined} timeoutMs
 */

/**
 * Reads the options of a method that has no others.
 * @param {unknown} options
 * @returns {CallSettings | undefined} undefined if none is given
 */
function readCallOptions(options) {
  if (options === undefined) return undefined;
  checkNames(checkOptions(options, 'options'), 'options', CALL_OPTIONS);
  return callSettingsOf(options);
}

/**
 * Reads them from among the options of a method.
 * @param {unknown} options
 * @returns {CallSettings | undefined} undefined if none is given
 */
function callSettingsOf(options) {
  if (options === undefined) return undefined;
  const { signal: givenSignal, timeoutMs } = checkOptions(options, 'options');
  const signal = checkSignal(givenSignal, 'options.signal');
  if (timeoutMs === undefined) return signal && { signal, timeoutMs };
  return { signal, timeoutMs: checkMilliseconds(timeoutMs, 'options.timeoutMs') };
}

/**
 * @typedef {object} ConnectSettings
 * @property {boolean} writes
 * @property {CallSettings | undefined} call
 */

/**
 * Reads the options of `connect`.
 * @param {unknown} [options]
 * @returns {ConnectSettings}
 */
function readConnectOptions(options = {}) {
  const given = checkOptions(options, 'options');
  checkNames(given, 'options', ['writes', ...CALL_OPTIONS]);
  const { writes = false } = given;
  if (typeof writes !== 'boolean') {
    throw new TypeError(`options.writes must be a boolean, not ${showKind(writes)}`);
  }
  return { writes, call: callSettingsOf(given) };
}

module.exports = { CALL_OPTIONS, callSettingsOf, readCallOptions, readConnectOptions };
