'use strict';

const { inspect } = require('node:util');
const { readCallOptions, readConnectOptions } = require('../client/pipeline/call-options.js');
const { MADE_BY_CLIENT } = require('../client/table-index.js');
const { lazy } = require('../util/lazy.js');
const { ShardedIndex } = require('./sharded-index.js');

const parts = lazy(() => ({
  ...require('./cluster.js'),
  ...require('./options.js'),
  ...require('./sharded-target.js'),
}));

/** See index.d.ts. Presents several servers as one; Cluster does the work. */
class ShardedClient {
  /** @type {InstanceType<typeof import('./cluster.js').Cluster>} */
  #cluster;

  /** @param {import('../..').ShardedClientOptions} options */
  constructor(options) {
    const { Cluster, parseShardedOptions } = parts();
    this.#cluster = new Cluster(parseShardedOptions(options));
  }

  /**
   * @param {import('../..').ShardedIndexTarget<readonly string[], Record<string, string>>} target
   */
  openIndex(target) {
    const { openSharded } = parts();
    const { define } = this.#cluster;
    return new ShardedIndex(MADE_BY_CLIENT, openSharded(target, define), this.#cluster);
  }

  /** @param {import('../..').Key} key */
  getServer(key) {
    const parts = Array.isArray(key) ? key : [key];
    if (parts.length === 0) throw new TypeError('key must have at least one part');
    return this.#cluster.addressOfParts(parts);
  }

  /** @param {unknown} [options] */
  async connect(options) {
    await this.#cluster.connect(readConnectOptions(options));
  }

  /** @param {unknown} [options] */
  async ping(options) {
    const call = readCallOptions(options);
    return Promise.all(this.#cluster.shards.map((shard) => shard.ping(call)));
  }

  verify() {
    return this.#cluster.findChanges();
  }

  destroy() {
    for (const shard of this.#cluster.shards) shard.destroy();
  }

  stats() {
    return this.#cluster.shards.map((shard) => shard.stats());
  }

  async close() {
    await Promise.all(this.#cluster.shards.map((shard) => shard.close()));
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  [inspect.custom]() {
    return `ShardedClient ${inspect({ servers: this.#cluster.shards.map(({ address }) => address) })}`;
  }
}

module.exports = { ShardedClient };
