'use strict';

/**
 * Tells a batch how many rows its replies may have.
 * @param {readonly import('./instances').Request[]} requests
 * @param {import('../..').RangeOptions} [options]
 */
function expectRows(requests, options) {
  const limit = options?.limit ?? options?.in?.values?.length ?? 1;
  for (const request of requests) request.expectRows(limit);
}

module.exports = { expectRows };
