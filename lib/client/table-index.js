'use strict';

const { inspect } = require('node:util');
const { checkArray, checkNames, checkOptions } = require('../util/check.js');
const { copyBytes } = require('../protocol/encode.js');
const { callSettingsOf, readCallOptions } = require('./pipeline/call-options.js');
const { withOutcome } = require('./pipeline/outcomes.js');
const {
  countOf,
  insertedAsNumber,
  insertedOf,
  joinLists,
  replyOf,
  settling,
} = require('./rows/results.js');
const { listRowsOf, mergeInSteps, rowsOf } = require('./rows/row-steps.js');

const TARGET_OPTIONS = [
  'database',
  'table',
  'index',
  'columns',
  'filterColumns',
  'types',
  'keyColumns',
  'notNull',
];

/** Only a client makes indexes. */
const MADE_BY_CLIENT = Symbol('made by a client');

/**
 * How an index reaches its client.
 * @typedef {object} Access
 * @property {(target: import('../..').IndexTarget) => import('./instances').Definition} define
 * @property {Submit} submit
 * @property {boolean} [isRouted]  whether each request goes where its own key belongs
 * @property {boolean} [readsAhead]  whether a scan has its next page on its way; true
 *
 * @callback Submit
 * @param {Operation} operation
 * @returns {Promise<any>}
 *
 * @typedef {object} Operation
 * @property {string} name  the method's
 * @property {boolean} isWrite
 * @property {boolean} [isProbe]  whether it is the package's own question, of no interest to who watches
 * @property {number} [since]  when the call was made that it is the rest of, as performance.now() tells it
 * @property {boolean} [isUnit]  whether the requests have to be in one batch
 * @property {readonly import('./instances').Request[]} requests
 * @property {(outcome: Outcome, position: number) => unknown} read  makes a value of each outcome, at once or in Steps; what it
 *   throws is the call's error
 * @property {(values: any[]) => unknown} [finish]  makes the result of these values, where it is not the only one of them
 * @property {boolean} [settlesEach]  whether the result tells of each request by itself, so that the call does not reject
 * @property {import('./pipeline/call-options.js').CallSettings} [call]  of this call alone
 * @property {string} [op]  what the caller gave, as are the others; without it a key stands for what equals it
 * @property {unknown} [key]  or the keys
 * @property {unknown} [values]  or the rows
 * @property {import('../..').RangeOptions} [options]
 */

/** See index.d.ts. The methods begin alike: what they are given becomes requests, or they reject. */
class Index {
  #submit;
  #isRouted;
  #readsAhead;
  #columns;
  #reader;
  #commands;
  #keyColumns;
  #name;
  /** @type {(outcome: Outcome) => { insertId: number | bigint | null }} */
  #readInserted;

  /**
   * @param {symbol} maker
   * @param {import('../..').OpenIndexTarget<readonly string[], Record<string, string>>} target
   * @param {Access} access
   */
  constructor(maker, target, { define, submit, isRouted = false, readsAhead = true }) {
    if (maker !== MADE_BY_CLIENT) throw new TypeError('an Index is made by Client.openIndex');
    checkOptions(target, 'target');
    checkNames(target, 'target', TARGET_OPTIONS);
    // Loaded here, for the same reason as what a client is made of.
    const { Columns } = require('./rows/columns.js');
    const { Commands } = require('./commands.js');
    const { IndexShape } = require('./index-shape.js');
    const { KeyColumns } = require('./scan/key-columns.js');
    const { RowReader } = require('./rows/row-reader.js');
    const { database, table, index, columns, filterColumns, types = {}, keyColumns } = target;
    const { notNull } = target;
    this.#name = `${database}.${table}`;
    this.#submit = submit;
    this.#isRouted = isRouted;
    this.#readsAhead = readsAhead;
    this.#columns = new Columns(columns, types, notNull);
    const { names } = this.#columns;
    this.#reader = new RowReader(names, this.#columns.types, this.#name, this.#columns.notNull);
    const place = { database, table, index, filterColumns };
    this.#keyColumns = new KeyColumns(this.#columns.names, keyColumns);
    const shape = new IndexShape(index, keyColumns && [...keyColumns]);
    this.#commands = new Commands(place, this.#columns, shape, define);
    const idType = shape.idColumn === undefined ? undefined : types[shape.idColumn];
    this.#readInserted = idType === 'number' ? insertedAsNumber : insertedOf;
  }

  /**
   * @param {unknown} key
   * @param {unknown} [options]
   */
  get(key, options) {
    // Not async as the others are: the promise around the promise would cost a tenth of a get.
    try {
      const call = readCallOptions(options);
      const requests = [this.#commands.find('=', key)];
      const read = this.#firstRow;
      return this.#submit({ name: 'get', isWrite: false, requests, read, key, call });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @param {readonly unknown[]} keys
   * @param {unknown} [options]
   */
  async getMany(keys, options) {
    const call = readCallOptions(options);
    const lists = this.#isRouted
      ? null
      : this.#commands.findInLists(keys, this.#keyColumns.firstGiven);
    // Nothing is awaited where there is nothing to: what is asked for in one turn is to travel together.
    if (lists !== null) {
      const rows = await this.#getLists(keys, lists, call);
      if (rows !== undefined) return rows;
    }
    // The caller's list may be another one by now.
    const requests = this.#commands.findEach(lists === null ? keys : lists.parts);
    const operation = { name: 'getMany', isWrite: false, requests, key: keys, call };
    const read = this.#firstRow;
    if (lists === null) return this.#submit({ ...operation, read, finish: all });
    try {
      return await this.#submit({ ...operation, read, finish: all, since: lists.since });
    } catch (error) {
      // The lists were sent before.
      throw withOutcome(/** @type {Error} */ (error), 'unknown');
    }
  }

  /**
   * getMany by IN lists. undefined where the rows do not tell which key each belongs to.
   * @param {readonly unknown[]} keys
   * @param {import('./commands.js').KeyLists} keyLists
   * @param {import('./pipeline/call-options.js').CallSettings} [call]
   */
  #getLists(keys, { requests, lists, column }, call) {
    return this.#submit({
      name: 'getMany',
      isWrite: false,
      requests,
      read: (outcome, i) => listRowsOf(this.#reader, replyOf(outcome), lists[i], column),
      finish: joinLists,
      key: keys,
      call,
    });
  }

  /**
   * @param {readonly unknown[]} keys
   * @param {unknown} [options]
   */
  async getManySettled(keys, options) {
    const call = readCallOptions(options);
    return this.#submit({
      name: 'getManySettled',
      isWrite: false,
      settlesEach: true,
      requests: this.#commands.findEach(keys),
      read: settling(this.#firstRow),
      finish: all,
      key: keys,
      call,
    });
  }

  /**
   * @param {readonly unknown[]} keys
   * @param {import('../..').RangeOptions} options
   */
  async findMany(keys, options) {
    const requests = this.#commands.findEach(keys, withLimit(options));
    expectRows(requests, options);
    const read = this.#rows;
    const call = callSettingsOf(options);
    const operation = { name: 'findMany', isWrite: false, requests, key: keys, options, call };
    return this.#submit({ ...operation, read, finish: all });
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  async find(op, key, options) {
    const requests = [this.#commands.find(op, key, withLimit(options))];
    expectRows(requests, options);
    const operation = { name: 'find', isWrite: false, requests, read: this.#rows };
    return this.#submit({ ...operation, op, key, options, call: callSettingsOf(options) });
  }

  /**
   * @param {...unknown} given  an operator, a key and options, or options alone
   * @returns {AsyncIterableIterator<any>}
   */
  scan(...given) {
    // Loaded here, since many programs scan nothing.
    const { RowIterator } = require('./scan/row-iterator.js');
    const { readScanArguments, readScanOptions, scan, scanAll } = require('./scan/scan.js');
    const { op, key, options } = readScanArguments(given);
    const { pageSize, limit, filters, call } = readScanOptions(options);
    // What is wrong is to be known at the call.
    this.#commands.find(op ?? '>=', op === undefined ? '' : key, { limit: 1, filters });
    const kept = filters?.map((filter) => ({ ...filter, value: copyBytes(filter.value) }));
    /** @type {import('./scan/scan.js').Find} */
    const find = async (op, key, limit, offset) => {
      const requests = [this.#commands.find(op, key, { limit, offset, filters: kept })];
      expectRows(requests, { limit });
      const operation = { name: 'scan', isWrite: false, isProbe: op === '=', requests };
      /** @param {import('./pipeline/call.js').Outcome} outcome */
      const read = (outcome) => this.#reader.checkWidth(replyOf(outcome));
      return this.#submit({ ...operation, read, op, key, call });
    };
    const rowReader = (/** @type {import('../..').Reply} */ reply) => this.#reader.inTurn(reply);
    const walk = { pageSize, limit, find, keyColumns: this.#keyColumns, rowReader };
    const start = op && { op, key: this.#commands.keyParts(key, 'key').map(copyBytes), offset: 0 };
    const pages = start === undefined ? scanAll(walk) : scan(walk, start);
    return new RowIterator(pages, this.#readsAhead, call?.signal);
  }

  /**
   * @param {unknown} values
   * @param {unknown} [options]
   */
  async insert(values, options) {
    const call = readCallOptions(options);
    const requests = [this.#commands.insert(values, 'values')];
    return this.#submit({
      name: 'insert',
      isWrite: true,
      requests,
      read: this.#readInserted,
      values,
      call,
    });
  }

  /**
   * @param {readonly unknown[]} rows
   * @param {unknown} [options]
   */
  async insertMany(rows, options) {
    const call = readCallOptions(options);
    checkArray(rows, 'rows');
    const requests = [];
    for (let i = 0; i < rows.length; i++) {
      requests.push(this.#commands.insert(rows[i], `rows[${i}]`));
    }
    return this.#submit({
      name: 'insertMany',
      isWrite: true,
      settlesEach: true,
      requests,
      read: settling(this.#readInserted),
      finish: all,
      values: rows,
      call,
    });
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} values
   * @param {import('../..').RangeOptions} [options]
   */
  async update(op, key, values, options) {
    return this.#modify('update', op, key, values, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} by
   * @param {import('../..').RangeOptions} [options]
   */
  async increment(op, key, by, options) {
    return this.#modify('increment', op, key, by, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} by
   * @param {import('../..').RangeOptions} [options]
   */
  async decrement(op, key, by, options) {
    return this.#modify('decrement', op, key, by, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  async delete(op, key, options) {
    const requests = [this.#commands.delete(op, key, options, false)];
    const operation = { name: 'delete', isWrite: true, requests, read: countOf };
    return this.#submit({ ...operation, op, key, options, call: callSettingsOf(options) });
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} values
   * @param {import('../..').RangeOptions} [options]
   */
  async updateReturning(op, key, values, options) {
    return this.#modifyReturning('update', op, key, values, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} by
   * @param {import('../..').RangeOptions} [options]
   */
  async incrementReturning(op, key, by, options) {
    return this.#modifyReturning('increment', op, key, by, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} by
   * @param {import('../..').RangeOptions} [options]
   */
  async decrementReturning(op, key, by, options) {
    return this.#modifyReturning('decrement', op, key, by, options);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  async deleteReturning(op, key, options) {
    const requests = [this.#commands.delete(op, key, options, true)];
    expectRows(requests, options);
    const operation = { name: 'deleteReturning', isWrite: true, requests, read: this.#rows };
    return this.#submit({ ...operation, op, key, options, call: callSettingsOf(options) });
  }

  [inspect.custom]() {
    return `Index ${inspect({ table: this.#name, columns: this.#columns.names })}`;
  }

  /**
   * @param {Modification} name
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} values
   * @param {import('../..').RangeOptions} [options]
   */
  #modify(name, op, key, values, options) {
    const requests = [this.#commands.modify(name, op, key, values, options)];
    const call = callSettingsOf(options);
    const operation = { name, isWrite: true, requests, read: countOf, call };
    return this.#submit({ ...operation, op, key, values, options });
  }

  /**
   * @param {Modification} modification
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {unknown} values
   * @param {import('../..').RangeOptions} [options]
   */
  #modifyReturning(modification, op, key, values, options) {
    const { requests, names } = this.#commands.modifyReturning(
      modification,
      op,
      key,
      values,
      options,
    );
    expectRows(requests, options);
    const name = `${modification}Returning`;
    const call = callSettingsOf(options);
    const given = { op, key, values, options };
    const operation = { name, isWrite: true, isUnit: true, requests, call, ...given };
    if (requests.length === 1) return this.#submit({ ...operation, read: this.#rows });
    const some = this.#reader.only(names);
    return this.#submit({
      ...operation,
      // The change decides what becomes of the call.
      read: (outcome, i) => (i === 0 ? this.#rowsBefore(outcome) : rowsOf(some, replyOf(outcome))),
      finish: ([found, changed]) => {
        if (found instanceof Error) throw withOutcome(found, 'unknown');
        return mergeInSteps(found, changed);
      },
    });
  }

  /**
   * The rows that a change of some columns is to give, or why they could not be found.
   * @param {Outcome} outcome
   */
  #rowsBefore(outcome) {
    return outcome instanceof Error ? outcome : rowsOf(this.#reader, outcome);
  }

  /** @param {Outcome} outcome */
  #firstRow = (outcome) => this.#reader.first(replyOf(outcome));

  /** @param {Outcome} outcome */
  #rows = (outcome) => rowsOf(this.#reader, replyOf(outcome));
}

/**
 * @typedef {import('./commands.js').Modification} Modification
 * @typedef {import('./pipeline/call.js').Outcome} Outcome
 */

/**
 * @param {import('../..').RangeOptions} options
 * @returns {import('../..').RangeOptions}
 */
function withLimit(options) {
  if (options !== undefined) checkOptions(options, 'options');
  if (options?.limit === undefined) {
    throw new TypeError("options.limit must be given: without it the server's limit is 1");
  }
  return options;
}

/**
 * Has a batch count the rows that may come back.
 * @param {readonly import('./instances').Request[]} requests
 * @param {import('../..').RangeOptions} [options]
 */
function expectRows(requests, options) {
  const limit = options?.limit ?? options?.in?.values?.length ?? 1;
  for (const request of requests) request.expectRows(limit);
}

/**
 * @template T
 * @param {T[]} values
 */
function all(values) {
  return values;
}

module.exports = { Index, MADE_BY_CLIENT, TARGET_OPTIONS };
