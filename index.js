'use strict';

const { Batch } = require('./lib/batch.js');
const { Connection } = require('./lib/connection.js');
const { ExecuteError, FanOutError, HandlerSocketError, ServerError } = require('./lib/errors.js');
const { Executor } = require('./lib/executor.js');
const { Ketama } = require('./lib/ketama.js');

exports.Batch = Batch;
exports.Connection = Connection;
exports.ExecuteError = ExecuteError;
exports.Executor = Executor;
exports.FanOutError = FanOutError;
exports.HandlerSocketError = HandlerSocketError;
exports.Ketama = Ketama;
exports.ServerError = ServerError;

/** Two thirds of the package, which a program of batches does without: loaded when they are first asked for. */
const client = {
  get Client() {
    return require('./lib/client/client.js').Client;
  },
  get Index() {
    return require('./lib/client/table-index.js').Index;
  },
  get ShardedClient() {
    return require('./lib/sharding/sharded-client.js').ShardedClient;
  },
  get ShardedIndex() {
    return require('./lib/sharding/sharded-index.js').ShardedIndex;
  },
};

// Written out, one by one: in this form Node.js sees the names when an ES module imports them.
Object.defineProperty(exports, 'Client', {
  enumerable: true,
  get() {
    return client.Client;
  },
});
Object.defineProperty(exports, 'Index', {
  enumerable: true,
  get() {
    return client.Index;
  },
});
Object.defineProperty(exports, 'ShardedClient', {
  enumerable: true,
  get() {
    return client.ShardedClient;
  },
});
Object.defineProperty(exports, 'ShardedIndex', {
  enumerable: true,
  get() {
    return client.ShardedIndex;
  },
});
