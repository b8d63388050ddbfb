'use strict';

const { inspect } = require('node:util');
const { now } = require('../runtime/clock.js');
const { checkArray } = require('../util/check.js');
const { callSettingsOf, readCallOptions } = require('./pipeline/call-options.js');

/** Keeps users from making an Index, which only a client can do. */
const MADE_BY_CLIENT = Symbol('made by a client');

/**
 * The implementation of Index (index.d.ts). Each method turns its arguments into requests, or
 * rejects.
 */
class Index {
  #submit;
  #isRouted;
  #readsAhead;
  #opened;
  #commands;
  #results;

  /**
   * @param {symbol} maker
   * @param {InstanceType<typeof import('./opened-index.js').OpenedIndex>} opened
   * @param {import('./operation.js').Access} access
   */
  constructor(maker, opened, { submit, isRouted = false, readsAhead = true }) {
    if (maker !== MADE_BY_CLIENT) throw new TypeError('an Index is made by Client.openIndex');
    this.#submit = submit;
    this.#isRouted = isRouted;
    this.#readsAhead = readsAhead;
    this.#opened = opened;
    this.#commands = opened.commands;
    this.#results = opened.results;
  }

  get mergeIsExact() {
    return this.#opened.shape.mergeIsExact;
  }

  /**
   * @param {unknown} key
   * @param {unknown} [options]
   */
  get(key, options) {
    // Not async like the others: a second promise would cost a tenth of a get.
    try {
      const call = readCallOptions(options);
      const requests = [this.#commands.get(key)];
      const read = this.#results.firstRow;
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
    const lists = this.#isRouted ? null : this.#commands.getLists(keys);
    // Await only if there are lists: calls of one turn share a batch.
    if (lists !== null) {
      const rows = await this.#getLists(keys, lists, call);
      if (rows !== undefined) return rows;
    }
    // The parts are a copy; the caller may have changed its own list since.
    const requests =
      lists === null
        ? this.#commands.getEach(keys)
        : lists.parts.map((part) => this.#commands.findSent('=', [part]));
    const submitted = this.#submit({
      name: 'getMany',
      isWrite: false,
      requests,
      read: this.#results.firstRow,
      finish: all,
      key: keys,
      call,
      since: lists?.since,
    });
    if (lists === null) return submitted;
    try {
      return await submitted;
    } catch (error) {
      throw this.#results.afterFirstPart(error);
    }
  }

  /**
   * getMany by IN lists; undefined if the rows do not tell which key each belongs to.
   * @param {readonly unknown[]} keys
   * @param {import('./commands.js').KeyLists} keyLists
   * @param {import('./pipeline/call-options.js').CallSettings} [call]
   */
  #getLists(keys, keyLists, call) {
    const { read, finish } = this.#results.listRows(keyLists);
    return this.#submit({
      name: 'getMany',
      isWrite: false,
      requests: keyLists.requests,
      read,
      finish,
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
      requests: this.#commands.getEach(keys),
      read: this.#results.firstRowSettled(),
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
    const requests = this.#commands.findEach(keys, options);
    return this.#submit({
      name: 'findMany',
      isWrite: false,
      requests,
      read: this.#results.rows,
      finish: all,
      key: keys,
      options,
      call: callSettingsOf(options),
    });
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  async find(op, key, options) {
    const requests = [this.#commands.find(op, key, options)];
    const [read, call] = [this.#results.rows, callSettingsOf(options)];
    return this.#submit({ name: 'find', isWrite: false, requests, read, op, key, options, call });
  }

  /**
   * @param {...unknown} given  an operator, a key and options, or options alone
   * @returns {AsyncIterableIterator<any>}
   */
  scan(...given) {
    return this.#opened.scan(given, this.#submit, this.#readsAhead);
  }

  /**
   * @param {unknown} values
   * @param {unknown} [options]
   */
  async insert(values, options) {
    const call = readCallOptions(options);
    const { request, rest } = this.#commands.insert(values, 'values');
    const read = this.#results.inserted;
    const submitted = this.#submit({
      name: 'insert',
      isWrite: true,
      requests: [request],
      read,
      values,
      call,
    });
    if (rest === undefined) return submitted;
    const since = now();
    const inserted = await submitted;
    const completing = [this.#commands.complete(rest, inserted.insertId)];
    await this.#submit({
      name: 'insert',
      isWrite: true,
      requests: completing,
      read: this.#results.completion,
      values,
      call,
      since,
    });
    return inserted;
  }

  /**
   * @param {readonly unknown[]} rows
   * @param {unknown} [options]
   */
  async insertMany(rows, options) {
    const call = readCallOptions(options);
    checkArray(rows, 'rows');
    const requests = [];
    const rests = new Map();
    for (let i = 0; i < rows.length; i++) {
      const { request, rest } = this.#commands.insert(rows[i], `rows[${i}]`);
      requests.push(request);
      if (rest !== undefined) rests.set(i, rest);
    }
    const shared = { name: 'insertMany', isWrite: true, settlesEach: true, finish: all, call };
    const operation = { ...shared, requests, values: rows };
    const submitted = this.#submit({ ...operation, read: this.#results.insertedSettled() });
    if (rests.size === 0) return submitted;
    const since = now();
    const results = await submitted;
    const positions = [...rests.keys()].filter((i) => results[i].status === 'fulfilled');
    const completed = await this.#submit({
      ...shared,
      requests: positions.map((i) =>
        this.#commands.complete(rests.get(i), results[i].value.insertId),
      ),
      values: positions.map((i) => rows[i]),
      read: this.#results.completionSettled(),
      since,
    });
    return this.#results.withCompletions(results, positions, completed);
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
    const [read, call] = [this.#results.count, callSettingsOf(options)];
    return this.#submit({ name: 'delete', isWrite: true, requests, read, op, key, options, call });
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
    const [name, read, call] = ['deleteReturning', this.#results.rows, callSettingsOf(options)];
    return this.#submit({ name, isWrite: true, requests, read, op, key, options, call });
  }

  [inspect.custom]() {
    const { table, names } = this.#opened;
    return `Index ${inspect({ table, columns: names })}`;
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
    const [read, call] = [this.#results.count, callSettingsOf(options)];
    return this.#submit({ name, isWrite: true, requests, read, op, key, values, options, call });
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
    const name = `${modification}Returning`;
    const call = callSettingsOf(options);
    if (requests.length === 1) {
      const read = this.#results.rows;
      return this.#submit({ name, isWrite: true, requests, read, op, key, values, options, call });
    }
    const { read, finish } = this.#results.changedRows(names);
    return this.#submit({
      name,
      isWrite: true,
      isUnit: true,
      requests,
      read,
      finish,
      op,
      key,
      values,
      options,
      call,
    });
  }
}

/** @typedef {import('./commands.js').Modification} Modification */

/**
 * @template T
 * @param {T[]} values
 */
function all(values) {
  return values;
}

module.exports = { Index, MADE_BY_CLIENT };
