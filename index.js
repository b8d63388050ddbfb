'use strict';

const { Batch } = require('./lib/batch.js');
const { Client } = require('./lib/client/client.js');
const { Index } = require('./lib/client/table-index.js');
const { Connection } = require('./lib/connection.js');
const { ExecuteError, FanOutError, HandlerSocketError, ServerError } = require('./lib/errors.js');
const { Executor } = require('./lib/executor.js');
const { Ketama } = require('./lib/ketama.js');
const { ShardedClient } = require('./lib/sharding/sharded-client.js');
const { ShardedIndex } = require('./lib/sharding/sharded-index.js');

module.exports = {
  Batch,
  Client,
  Connection,
  ExecuteError,
  Executor,
  FanOutError,
  HandlerSocketError,
  Index,
  Ketama,
  ServerError,
  ShardedClient,
  ShardedIndex,
};
