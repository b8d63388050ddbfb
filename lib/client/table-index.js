'use strict';

const { inspect } = require('node:util');
const { now } = require('../runtime/clock.js');
const { checkArray } = require('../util/check.js');
const { callSettingsOf, readCallOptions } = require('./pipeline/call-options.js');
const { Commands } = require('./commands.js');
const { readCompletion, withCompletions } = require('./insert-rest.js');
const { withOutcome } = require('./pipeline/outcomes.js');
const {
  countOf,
  insertedAsNumber,
  insertedOf,
  joinLists,
  replyOf,
  settling,
} = require('./rows/results.js');
const { RowReader } = require('./rows/row-reader.js');
const { listRowsOf, mergeInSteps, rowsOf } = require('./rows/row-steps.js');
const { scanIndex } = require('./scan-index.js');

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
  #shape;
  #reader;
  #commands;
  #name;
  #names;
  /** @type {(outcome: Outcome) => { insertId: number | bigint | null }} */
  #readInserted;

  /**
   * @param {symbol} maker
   * @param {import('./target.js').IndexDescription} index
   * @param {import('./operation.js').Access} access
   */
  constructor(maker, index, { define, submit, isRouted = false, readsAhead = true }) {
    if (maker !== MADE_BY_CLIENT) throw new TypeError('an Index is made by Client.openIndex');
    const { place, columns, shape } = index;
    this.#name = `${place.database}.${place.table}`;
    this.#names = columns.names;
    this.#submit = submit;
    this.#isRouted = isRouted;
    this.#readsAhead = readsAhead;
    this.#shape = shape;
    this.#reader = new RowReader(columns, this.#name);
    this.#commands = new Commands(index, define);
    this.#readInserted = shape.idIsNumber ? insertedAsNumber : insertedOf;
  }

  get mergeIsExact() {
    return this.#shape.mergeIsExact;
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
      read: this.#firstRow,
      finish: all,
      key: keys,
      call,
      since: lists?.since,
    });
    if (lists === null) return submitted;
    try {
      return await submitted;
    } catch (error) {
      // The lists were sent already, so the call as a whole may have been sent.
      throw withOutcome(/** @type {Error} */ (error), 'unknown');
    }
  }

  /**
   * getMany by IN lists; undefined if the rows do not tell which key each belongs to.
   * @param {readonly unknown[]} keys
   * @param {import('./commands.js').KeyLists} keyLists
   * @param {import('./pipeline/call-options.js').CallSettings} [call]
   */
  #getLists(keys, { requests, lists, matcher }, call) {
    return this.#submit({
      name: 'getMany',
      isWrite: false,
      requests,
      read: (outcome, i) => listRowsOf(this.#reader, replyOf(outcome), lists[i], matcher),
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
      requests: this.#commands.getEach(keys),
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
    const requests = this.#commands.findEach(keys, options);
    return this.#submit({
      name: 'findMany',
      isWrite: false,
      requests,
      read: this.#rows,
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
    const [read, call] = [this.#rows, callSettingsOf(options)];
    return this.#submit({ name: 'find', isWrite: false, requests, read, op, key, options, call });
  }

  /**
   * @param {...unknown} given  an operator, a key and options, or options alone
   * @returns {AsyncIterableIterator<any>}
   */
  scan(...given) {
    const [commands, shape, reader] = [this.#commands, this.#shape, this.#reader];
    return scanIndex(
      { commands, shape, reader, submit: this.#submit, readsAhead: this.#readsAhead },
      given,
    );
  }

  /**
   * @param {unknown} values
   * @param {unknown} [options]
   */
  async insert(values, options) {
    const call = readCallOptions(options);
    const { request, rest } = this.#commands.insert(values, 'values');
    const read = this.#readInserted;
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
      read: readCompletion,
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
    const submitted = this.#submit({ ...operation, read: settling(this.#readInserted) });
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
      read: settling(readCompletion),
      since,
    });
    return withCompletions(results, positions, completed);
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
    const [read, call] = [countOf, callSettingsOf(options)];
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
    const [name, read, call] = ['deleteReturning', this.#rows, callSettingsOf(options)];
    return this.#submit({ name, isWrite: true, requests, read, op, key, options, call });
  }

  [inspect.custom]() {
    return `Index ${inspect({ table: this.#name, columns: this.#names })}`;
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
    const [read, call] = [countOf, callSettingsOf(options)];
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
      const read = this.#rows;
      return this.#submit({ name, isWrite: true, requests, read, op, key, values, options, call });
    }
    const some = this.#reader.only(names);
    return this.#submit({
      name,
      isWrite: true,
      isUnit: true,
      requests,
      // A failed find does not end the call, because the change decides its outcome.
      read: (outcome, i) => (i === 0 ? this.#rowsBefore(outcome) : rowsOf(some, replyOf(outcome))),
      finish: ([found, changed]) => {
        if (found instanceof Error) throw withOutcome(found, 'unknown');
        return mergeInSteps(found, changed);
      },
      op,
      key,
      values,
      options,
      call,
    });
  }

  /**
   * The rows that the find has read before a change of some columns, or why it found none.
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
 * @template T
 * @param {T[]} values
 */
function all(values) {
  return values;
}

module.exports = { Index, MADE_BY_CLIENT };
