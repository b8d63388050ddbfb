'use strict';

const { Batch } = require('./lib/core/batch.js');
const { Client } = require('./lib/client/client.js');
const { Index } = require('./lib/client/table-index.js');
const { Connection } = require('./lib/core/connection.js');
const {
  AbortError,
  ExecuteError,
  FanOutError,
  HandlerSocketError,
  ServerError,
} = require('./lib/errors/index.js');
const { Executor } = require('./lib/core/executor.js');
const { Ketama } = require('./lib/core/ketama.js');
const { ShardedClient } = require('./lib/sharding/sharded-client.js');
const { ShardedIndex } = require('./lib/sharding/sharded-index.js');

// Plain properties, which tests can replace and automock; written out one by one, since in this form
// Node.js sees the names when an ES module imports them.
exports.AbortError = AbortError;
exports.Batch = Batch;
exports.Client = Client;
exports.Connection = Connection;
exports.ExecuteError = ExecuteError;
exports.Executor = Executor;
exports.FanOutError = FanOutError;
exports.HandlerSocketError = HandlerSocketError;
exports.Index = Index;
exports.Ketama = Ketama;
exports.ServerError = ServerError;
exports.ShardedClient = ShardedClient;
exports.ShardedIndex = ShardedIndex;
