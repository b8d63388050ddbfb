'use strict';

/*
 * Types of the requests that an index makes of its client.
 */

/**
 * How an index reaches its client.
 * @typedef {object} Access
 * @property {Submit} submit
 * @property {boolean} [isRouted]  whether each request goes to the server that its key belongs to
 * @property {boolean} [readsAhead]  whether a scan requests its next page early; true by default
 *
 * Makes the definition of an index.
 * @callback Define
 * @param {import('../..').IndexTarget} target
 * @param {import('../../types/schema').TableSchema} [schema]
 * @returns {import('./instances').Definition}
 *
 * @callback Submit
 * @param {Operation} operation
 * @returns {Promise<any>}
 *
 * One object literal for each call, without a spread: V8 takes a slow path for a literal that
 * continues after a spread, which made up three quarters of an update's processor time.
 * @typedef {object} Operation
 * @property {string} name  of the method
 * @property {boolean} isWrite
 * @property {boolean} [isProbe]  whether the package itself asks, so that the call is not traced
 * @property {number} [since]  for the rest of a call: when the call was made, in the time of
 *   `now()`
 * @property {boolean} [isUnit]  whether the requests have to be in one batch
 * @property {readonly import('./instances').Request[]} requests
 * @property {(outcome: import('./pipeline/call.js').Outcome, position: number) => unknown} read
 *   makes a value of each outcome, at once or in Steps; an error that it throws becomes the call's
 *   error
 * @property {(values: any[]) => unknown} [finish]  makes the result of these values, unless the
 *   result is the only value
 * @property {boolean} [settlesEach]  whether the result has an outcome for each request, so that
 *   the call does not reject
 * @property {import('./pipeline/call-options.js').CallSettings} [call]  settings of this call alone
 * @property {string} [op]  as the caller gave it, like the following; without it, `=` is meant
 * @property {unknown} [key]  the key, or the keys
 * @property {unknown} [values]  the values, or the rows
 * @property {import('../..').RangeOptions} [options]
 */

module.exports = {};
