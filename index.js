'use strict';

const { Batch } = require('./lib/batch.js');
const { Connection } = require('./lib/connection.js');
const { ExecuteError, HandlerSocketError, ServerError } = require('./lib/errors.js');
const { Executor } = require('./lib/executor.js');
const { Ketama } = require('./lib/ketama.js');

module.exports = {
  Batch,
  Connection,
  ExecuteError,
  Executor,
  HandlerSocketError,
  Ketama,
  ServerError,
};
