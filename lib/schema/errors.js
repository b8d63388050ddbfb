'use strict';

const { HandlerSocketError } = require('../errors/index.js');

/**
 * The error for what a schema forbids, or for a schema that could not be read. Nothing was sent.
 * @param {string} message
 * @param {unknown} [cause]
 */
function schemaError(message, cause) {
  return new HandlerSocketError('ERR_HS_SCHEMA', message, { outcome: 'not-sent', cause });
}

module.exports = { schemaError };
