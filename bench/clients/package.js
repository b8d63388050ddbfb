'use strict';

const path = require('node:path');

/**
 * This package, or another version of it.
 *
 * @param {import('../workloads.js').Client} client
 * @returns {typeof import('../..')}
 */
function packageOf({ folder }) {
  return require(folder ?? path.join(__dirname, '../..'));
}

module.exports = { packageOf };
