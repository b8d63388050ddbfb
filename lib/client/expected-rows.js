'use strict';

/**
 * Has a batch count the rows that may come back.
 * @param {readonly import('./instances').Request[]} requests
 * @param {import('../..').RangeOptions} [options]
 */
function expectRows(requests, options) {
  const limit = options?.limit ?? options?.in?.values?.length ?? 1;
  for (const request of requests) request.expectRows(limit);
}

module.exports = { expectRows };
