'use strict';

const { checkNames, checkOneOfArgument, checkOptions } = require('../util/check.js');
const { CALL_OPTIONS } = require('../client/pipeline/call-options.js');
const { withOutcome } = require('../client/pipeline/outcomes.js');
const { readOutcomes } = require('../client/pipeline/steps.js');
const { Index } = require('../client/table-index.js');
const { AbortError, FanOutError, HandlerSocketError } = require('../errors/index.js');

const ALL = new Set(['all']);
const ASKS_ALL = "the whole index is on all servers: read it with { servers: 'all' }";

/*
 * Modules that only a program with several servers needs are loaded on first use, as in
 * ShardedClient.
 */

/**
 * See index.d.ts. An Index whose requests go to the servers that their keys belong to. Index makes
 * the requests; `#submit` finds the shard part of each and passes it to the Cluster.
 */
class ShardedIndex extends Index {
  #cluster;
  #shardKey;
  /**
   * Makes the function that merges rows of several servers.
   * @type {(isDescending: boolean) => (a: any, b: any) => number}
   */
  #orderOf;
  /**
   * Opens the index for the requests to one server.
   * @type {(submit: Submit, readsAhead?: boolean) => InstanceType<typeof Index>}
   */
  #openAt;

  /**
   * @param {symbol} maker
   * @param {import('../client/target.js').Target & Pick<import('../..').ShardedIndexTarget<readonly string[], object>, 'shardBy' | 'shardKey'>}
   *   target
   * @param {InstanceType<typeof import('./cluster.js').Cluster>} cluster
   */
  constructor(maker, target, cluster) {
    const { TARGET_OPTIONS, describeIndex } = require('../client/target.js');
    const { ShardKey } = require('./shard-key.js');
    checkNames(checkOptions(target, 'target'), 'target', [
      ...TARGET_OPTIONS,
      'shardBy',
      'shardKey',
    ]);
    const { shardBy, shardKey: override, ...rest } = target;
    const { types = {}, schema } = rest;
    const index = describeIndex(rest);
    const { columns, shape } = index;
    const shardKey = new ShardKey(columns.names, shardBy, override, shape.hashedPart);
    const { names = shardBy } = shape;
    if (shardBy.some((name, i) => names[i] !== name)) {
      throw new TypeError(
        `target.shardBy must name the leading columns of the index, ${schema === undefined ? 'as target.keyColumns does' : names.join(', ')}`,
      );
    }
    const { define } = cluster;
    super(maker, index, {
      define,
      submit: (operation) => this.#submit(operation),
      isRouted: true,
    });
    this.#cluster = cluster;
    this.#shardKey = shardKey;
    this.#orderOf = (isDescending) => rowOrder(names, index, types, isDescending);
    this.#openAt = (submit, readsAhead = true) => {
      return new Index(maker, index, { define, submit, readsAhead });
    };
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
    const asked = this.#cluster.shards.map(async (shard) => {
      const index = this.#openAt((operation) => this.#cluster.submitTo(shard, operation));
      try {
        return { rows: await index.find(op, key, rest) };
      } catch (error) {
        if (error instanceof HandlerSocketError) return { address: shard.address, error };
        throw error;
      }
    });
    return rowsOfAll(await Promise.all(asked));
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
  async #submitEach(operation, given, hash) {
    const hashed = Array.from(given, hash);
    const { outcomes, failures } = await this.#cluster.submitEach(operation, hashed);
    if (failures.length === 0 || operation.settlesEach) return readOutcomes(operation, outcomes);
    throwIfRefusedHere(failures);
    const rows = await Promise.all(outcomes.map((outcome) => rowOf(operation, outcome)));
    throw new FanOutError(operation.name, failures, rows);
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
 * Makes a function that compares rows as an index orders them, as far as their columns tell the
 * order.
 * @param {readonly string[]} names  of the index's columns, or of those that are known
 * @param {import('../client/target.js').IndexDescription} index
 * @param {Readonly<Record<string, string | undefined>>} types  as they were declared
 * @param {boolean} isDescending
 */
function rowOrder(names, { columns, shape, schema }, types, isDescending) {
  const { exactOrder, orderBy } = require('./merge.js');
  if (shape.order !== null) return exactOrder(names, shape.order, isDescending);
  if (schema === undefined) return orderBy(names, types, isDescending);
  const shown = names.filter((name) => columns.names.includes(name));
  // With a schema, text in a column without a declared type is not a number.
  const known = Object.fromEntries(shown.map((name) => [name, types[name] ?? 'string']));
  return orderBy(shown, known, isDescending);
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
 * @param {Operation} operation
 * @param {import('../client/pipeline/call.js').Outcome} outcome
 * @returns {Promise<unknown>} the row; undefined if there is none
 */
function rowOf(operation, outcome) {
  return readOutcomes({ ...operation, finish: undefined }, [outcome]).catch(() => undefined);
}

/**
 * The rows of all servers.
 * @param {({ rows: unknown[] } | { address: string, error: import('../..').HandlerSocketError })[]}
 *   results
 */
function rowsOfAll(results) {
  const rows = results.flatMap((result) => ('rows' in result ? result.rows : []));
  const failures = results.flatMap((result) => {
    return 'error' in result ? { ...result, positions: [] } : [];
  });
  throwIfRefusedHere(failures);
  if (failures.length > 0) throw new FanOutError('find', failures, rows);
  return rows;
}

/**
 * Throws errors that no server caused as a Client throws them, without a FanOutError.
 * @param {import('../..').ShardFailure[]} failures
 */
function throwIfRefusedHere(failures) {
  const aborted = failures.find(({ error }) => error instanceof AbortError);
  if (aborted !== undefined) {
    const isNotSent = failures.every(({ error }) => error.outcome === 'not-sent');
    throw isNotSent ? aborted.error : withOutcome(aborted.error, 'unknown');
  }
  for (const code of ['ERR_HS_CLOSED', 'ERR_HS_OVERLOADED']) {
    const isShared = failures.length > 0 && failures.every(({ error }) => error.code === code);
    if (isShared) throw failures[0].error;
  }
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
