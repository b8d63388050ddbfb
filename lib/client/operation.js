'use strict';

/*
 * What an index asks its client for: types alone.
 */

/**
 * How an index reaches its client.
 * @typedef {object} Access
 * @property {(target: import('../..').IndexTarget, schema?: import('../../types/schema').TableSchema) => import('./instances').Definition} define
 * @property {Submit} submit
 * @property {boolean} [isRouted]  whether each request goes where its own key belongs
 * @property {boolean} [readsAhead]  whether a scan has its next page on its way; true
 *
 * @callback Submit
 * @param {Operation} operation
 * @returns {Promise<any>}
 *
 * One object literal for each call, without a spread: V8 takes a slow path for a literal that goes on
 * after a spread, which made up three quarters of an update's processor time.
 * @typedef {object} Operation
 * @property {string} name  the method's
 * @property {boolean} isWrite
 * @property {boolean} [isProbe]  whether it is the package's own question, of no interest to who watches
 * @property {number} [since]  when the call was made that it is the rest of, as performance.now() tells it
 * @property {boolean} [isUnit]  whether the requests have to be in one batch
 * @property {readonly import('./instances').Request[]} requests
 * @property {(outcome: import('./pipeline/call.js').Outcome, position: number) => unknown} read  makes a value of each
 *   outcome, at once or in Steps; what it throws is the call's error
 * @property {(values: any[]) => unknown} [finish]  makes the result of these values, where it is not the only one of them
 * @property {boolean} [settlesEach]  whether the result tells of each request by itself, so that the call does not reject
 * @property {import('./pipeline/call-options.js').CallSettings} [call]  of this call alone
 * @property {string} [op]  what the caller gave, as are the others; without it a key stands for what equals it
 * @property {unknown} [key]  or the keys
 * @property {unknown} [values]  or the rows
 * @property {import('../..').RangeOptions} [options]
 */

module.exports = {};
