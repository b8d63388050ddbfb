'use strict';

const { Batch } = require('./lib/batch.js');
const { Connection } = require('./lib/connection.js');
const {
  AbortError,
  ExecuteError,
  FanOutError,
  HandlerSocketError,
  ServerError,
} = require('./lib/errors.js');
const { Executor } = require('./lib/executor.js');

exports.AbortError = AbortError;
exports.Batch = Batch;
exports.Connection = Connection;
exports.ExecuteError = ExecuteError;
exports.Executor = Executor;
exports.FanOutError = FanOutError;
exports.HandlerSocketError = HandlerSocketError;
exports.ServerError = ServerError;

/** More than two thirds of the package, which a program of batches does without: loaded when they are first asked for. */
const lazy = {
  get Client() {
    return require('./lib/client/client.js').Client;
  },
  get Index() {
    return require('./lib/client/table-index.js').Index;
  },
  get Ketama() {
    return require('./lib/ketama.js').Ketama;
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
    return lazy.Client;
  },
});
Object.defineProperty(exports, 'Index', {
  enumerable: true,
  get() {
    return lazy.Index;
  },
});
Object.defineProperty(exports, 'Ketama', {
  enumerable: true,
  get() {
    return lazy.Ketama;
  },
});
Object.defineProperty(exports, 'ShardedClient', {
  enumerable: true,
  get() {
    return lazy.ShardedClient;
  },
});
Object.defineProperty(exports, 'ShardedIndex', {
  enumerable: true,
  get() {
    return lazy.ShardedIndex;
  },
});
