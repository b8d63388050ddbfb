'use strict';

const { checkOneOf, checkOptions } = require('../check.js');
const { Index } = require('../client/table-index.js');
const { FanOutError } = require('../errors.js');
const { merge, orderBy } = require('./merge.js');
const { ShardKey } = require('./shard-key.js');

const ALL = new Set(['all']);

/** See index.d.ts. An Index whose requests go to the servers that their keys belong to. */
class ShardedIndex extends Index {
  #cluster;
  #shardKey;
  #order;
  /** One for each server, for what goes to a certain one or to all. */
  #indexes;

  /**
   * @param {symbol} maker
   * @param {import('../..').ShardedIndexTarget<readonly string[], Record<string, string>>} target
   * @param {InstanceType<typeof import('./cluster.js').Cluster>} cluster
   */
  constructor(maker, target, cluster) {
    checkOptions(target, 'target');
    const { shardBy, shardKey: override, ...rest } = target;
    const { columns, types = {}, keyColumns = knownKeyColumns(shardBy, columns) } = rest;
    const shardKey = new ShardKey(columns, shardBy, override);
    const whole = { ...rest, keyColumns };
    const { define } = cluster;
    super(maker, whole, {
      define,
      submit: (operation) => this.#submit(operation),
      isRouted: true,
    });
    this.#cluster = cluster;
    this.#shardKey = shardKey;
    this.#order = { columns: keyColumns, types };
    this.#indexes = new Map(
      cluster.shards.map((shard) => {
        const submit = (/** @type {Operation} */ operation) => shard.submit(operation);
        return [shard, new Index(maker, whole, { define, submit })];
      }),
    );
  }

  /**
   * @override
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions & { servers?: 'all' }} options
   */
  async find(op, key, options) {
    if (options !== undefined) checkOptions(options, 'options');
    const { servers, ...rest } = options ?? {};
    if (servers === undefined) return super.find(op, key, rest);
    checkOneOf(servers, 'options.servers', ALL);
    const indexes = [...this.#indexes.values()];
    const found = await Promise.all(indexes.map((index) => index.find(op, key, rest)));
    return found.flat();
  }

  /**
   * @override
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {{ pageSize?: number, limit?: number, filters?: readonly import('../..').RowFilter[], servers?: 'all' }} [options]
   */
  scan(op, key, options = {}) {
    checkOptions(options, 'options');
    const { servers, ...rest } = options;
    if (servers === undefined) {
      this.#checkOneServer(op, key);
      // What follows the first page is on the same server, whatever its keys are.
      const shard = this.#cluster.shardOf(this.#shardKey.ofKey(key, 'key'));
      const index = /** @type {InstanceType<typeof Index>} */ (this.#indexes.get(shard));
      return index.scan(op, key, rest);
    }
    checkOneOf(servers, 'options.servers', ALL);
    const { columns, types } = this.#order;
    if (columns === undefined) {
      throw new TypeError(
        "a scan of all servers needs the index's columns among target.columns, to merge their rows",
      );
    }
    const streams = Array.from(this.#indexes.values(), (index) => index.scan(op, key, rest));
    return merge(streams, orderBy(columns, types, op.startsWith('<')), rest.limit ?? Infinity);
  }

  /** @param {Operation} operation */
  #submit(operation) {
    const { name, op, key, values, options } = operation;
    switch (name) {
      case 'insert':
        return this.#cluster.submit(operation, this.#shardKey.ofValues(values, 'values'));
      case 'insertMany':
        return this.#submitEach(operation, values, (row, i) => {
          return this.#shardKey.ofValues(row, `rows[${i}]`);
        });
      case 'getMany':
      case 'getManySettled':
      case 'findMany':
        return this.#submitEach(operation, key, (one, i) => {
          return this.#shardKey.ofKey(one, `keys[${i}]`);
        });
      default:
        this.#checkOneServer(op, key, options);
        return this.#cluster.submit(operation, this.#shardKey.ofKey(key, 'key'));
    }
  }

  /**
   * @param {Operation} operation
   * @param {any} given  an array, by now
   * @param {(one: unknown, i: number) => string | Uint8Array} hash
   */
  async #submitEach(operation, given, hash) {
    const hashed = Array.from(given, hash);
    const { outcomes, failures } = await this.#cluster.submitEach(operation, hashed);
    if (failures.length === 0 || SETTLED.has(operation.name)) return operation.finish(outcomes);
    const rows = outcomes.map((outcome) => {
      if (outcome instanceof Error) return undefined;
      return /** @type {unknown[]} */ (operation.finish([outcome]))[0];
    });
    throw new FanOutError(operation.name, failures, rows);
  }

  /**
   * @param {string | undefined} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  #checkOneServer(op, key, options) {
    const { columns } = this.#shardKey;
    const parts = Array.isArray(key) ? key.length : 1;
    if (op !== undefined && op !== '=' && parts <= columns.length) {
      throw new TypeError(
        `op '${op}' finds keys of all servers: ask them with find or scan and { servers: 'all' }, or give key parts ` +
          `behind ${columns.join(', ')}`,
      );
    }
    const position = options?.in?.position;
    if (position !== undefined && position < columns.length) {
      throw new TypeError(
        'options.in must not vary the part of the key that says on which server a row is: use getMany or findMany',
      );
    }
  }
}

/** What gives each request's outcome by itself. */
const SETTLED = new Set(['insertMany', 'getManySettled']);

/**
 * The leading columns of the index that a row tells; undefined if it does not tell them all.
 * @param {readonly string[]} shardBy
 * @param {readonly string[]} columns
 */
function knownKeyColumns(shardBy, columns) {
  const isKnown = Array.isArray(shardBy) && Array.isArray(columns);
  return isKnown && shardBy.every((name) => columns.includes(name)) ? shardBy : undefined;
}

/** @typedef {import('../client/table-index.js').Operation} Operation */

module.exports = { ShardedIndex };
