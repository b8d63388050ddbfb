'use strict';

const { checkOptions } = require('../util/check.js');

/**
 * Returns the options of a find if they have a limit.
 * @param {import('../..').RangeOptions} options
 * @returns {import('../..').RangeOptions}
 */
function withLimit(options) {
  if (options !== undefined) checkOptions(options, 'options');
  if (options?.limit === undefined) {
    throw new TypeError("options.limit must be given: without it the server's limit is 1");
  }
  return options;
}

/**
 * Tells a batch how many rows its replies may have.
 * @param {readonly import('./instances').Request[]} requests
 * @param {import('../..').RangeOptions} [options]
 */
function expectRows(requests, options) {
  const limit = options?.limit ?? options?.in?.values?.length ?? 1;
  for (const request of requests) request.expectRows(limit);
}

module.exports = { expectRows, withLimit };
