'use strict';

const { checkNames, checkOneOfArgument, checkOptions } = require('../util/check.js');
const { CALL_OPTIONS } = require('../client/pipeline/call-options.js');
const { Index } = require('../client/table-index.js');

const ALL = new Set(['all']);
const ASKS_ALL = "the whole index is on all servers: read it with { servers: 'all' }";

/**
 * See index.d.ts. An Index whose requests go to the servers that their keys belong to. Index makes
 * the requests; `#submit` finds the shard part of each and passes it to the Cluster.
 */
class ShardedIndex extends Index {
  #cluster;
  #shardKey;
  #orderOf;
  /**
   * Opens the index for the requests to one server.
   * @type {(submit: Submit, readsAhead?: boolean) => InstanceType<typeof Index>}
   */
  #openAt;

  /**
   * @param {symbol} maker
   * @param {import('./sharded-target.js').OpenedShardedIndex} index
   * @param {InstanceType<typeof import('./cluster.js').Cluster>} cluster
   */
  constructor(maker, index, cluster) {
    super(maker, index?.opened, {
      submit: (operation) => this.#submit(operation),
      isRouted: true,
    });
    const { opened, shardKey, orderOf } = index;
    this.#cluster = cluster;
    this.#shardKey = shardKey;
    this.#orderOf = orderOf;
    this.#openAt = (submit, readsAhead = true) => new Index(maker, opened, { submit, readsAhead });
  }

  /** @param {unknown} key */
  getServer(key) {
    return this.#cluster.addressOf(this.#shardKey.ofKey(key, 'key'));
  }

  /**
   * @override
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions & { servers?: 'all' }} options
   */
  async find(op, key, options) {
    const given = options === undefined ? {} : options;
    const { servers, ...rest } = ownOptions(given, [
      'limit',
      'offset',
      'in',
      'filters',
      ...CALL_OPTIONS,
    ]);
    if (servers === undefined) return super.find(op, key, rest);
    checkOneOfArgument(servers, 'options.servers', ALL);
    return this.#cluster.findAll((submit) => this.#openAt(submit).find(op, key, rest));
  }

  /**
   * @override
   * @param {...unknown} given  an operator, a key and options, or options alone
   */
  scan(...given) {
    const { SCAN_OPTIONS, readScanArguments } = require('../client/scan/scan.js');
    const { op, key, options } = readScanArguments(given);
    const { servers, ...rest } = ownOptions(options, SCAN_OPTIONS);
    const start = op === undefined ? [rest] : [op, key, rest];
    if (servers === undefined) {
      if (op === undefined) throw new TypeError(ASKS_ALL);
      this.#checkOneServer(op, key);
      // All pages come from the first one's server, whatever their keys are.
      const submit = this.#cluster.pinnedReader(this.#shardKey.ofKey(key, 'key'));
      return this.#openAt(submit).scan(...start);
    }
    checkOneOfArgument(servers, 'options.servers', ALL);
    const { merge } = require('./merge.js');
    const streams = this.#cluster.shards.map((shard) => {
      // It does not read ahead, because one page of each server in memory is enough.
      return this.#openAt(this.#cluster.pinnedReaderAt(shard), false).scan(...start);
    });
    const compare = this.#orderOf(op?.startsWith('<') === true);
    return merge(streams, compare, rest.limit ?? Number.POSITIVE_INFINITY);
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
        return this.#cluster.submit(operation, this.#checkStaysThere(name, key, values));
    }
  }

  /**
   * @param {Operation} operation
   * @param {any} given  an array, by now
   * @param {(one: unknown, i: number) => string | Uint8Array} hash
   */
  #submitEach(operation, given, hash) {
    return this.#cluster.submitEach(operation, Array.from(given, hash));
  }

  /**
   * Returns the key's shard part. Refuses a change of the row's shard part, after which other calls
   * would look for the row on another server.
   * @param {string} name  the operation's
   * @param {unknown} key
   * @param {unknown} values
   */
  #checkStaysThere(name, key, values) {
    const hashed = this.#shardKey.ofKey(key, 'key');
    if (values === undefined || !this.#shardKey.isNamedIn(values)) return hashed;
    if (SETS_VALUES.has(name)) {
      const after = this.#shardKey.afterUpdate(key, values);
      if (Buffer.from(after).equals(Buffer.from(hashed))) return hashed;
    }
    throw new TypeError(
      `${this.#shardKey.columns.join(', ')} says on which server a row is, and cannot be changed: delete the row and insert ` +
        'it again',
    );
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
        `op '${op}' finds keys of all servers: read with find or scan and { servers: 'all' }, or give key parts behind ` +
          `${columns.join(', ')}; write with '=' and a key`,
      );
    }
    const varied = options?.in?.column;
    if (varied !== undefined && columns.includes(varied)) {
      throw new TypeError(
        'options.in must not vary the part of the key that says on which server a row is: use getMany or findMany',
      );
    }
  }
}

/**
 * Copies options, including those that are accessors of a class.
 * @template {object} Options
 * @param {Options} options
 * @param {readonly string[]} names
 * @returns {Options}
 */
function ownOptions(options, names) {
  const given = checkOptions(options, 'options');
  const known = [...names, 'servers'];
  checkNames(given, 'options', known);
  return /** @type {Options} */ (Object.fromEntries(known.map((name) => [name, given[name]])));
}

/**
 * Operations whose values replace the old ones. Only the server knows the result of an increment.
 */
const SETS_VALUES = new Set(['update', 'updateReturning']);

/**
 * @typedef {import('../client/operation.js').Operation} Operation
 * @typedef {import('../client/operation.js').Submit} Submit
 */

module.exports = { ShardedIndex };
