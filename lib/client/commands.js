'use strict';

const { now } = require('../runtime/clock.js');
const { checkArray, checkNames, checkOptions } = require('../util/check.js');
const command = require('../protocol/command.js');
const { copyBytes } = require('../protocol/encode.js');
const { show } = require('../util/show.js');
const { Request } = require('./pipeline/call.js');
const { CALL_OPTIONS } = require('./pipeline/call-options.js');
const { expectRows, withLimit } = require('./row-limit.js');

const RANGE_OPTIONS = ['limit', 'offset', 'in', 'filters', ...CALL_OPTIONS];
const FIND_MANY_OPTIONS = ['limit', 'filters', ...CALL_OPTIONS];

/** The longest IN list, so that several connections can share the keys. */
const MAX_LIST = 128;

/**
 * The most sets of columns that are remembered: about as many as a connection has index ids for.
 */
const MAX_PART_DEFINITIONS = 256;

/** @type {Readonly<Record<Modification, 'U' | '+' | '-'>>} */
const MODIFICATIONS = { update: 'U', increment: '+', decrement: '-' };

/**
 * Makes commands from the arguments of an index's methods: checks them, and maps named values to
 * column positions. The columns and the shape of the index do the checks (index-knowledge.d.ts).
 */
class Commands {
  #place;
  /** @type {(target: import('../..').IndexTarget) => Definition} */
  #define;
  #columns;
  #shape;
  #definition;
  /**
   * Definitions with only some of the columns, by the columns' names.
   * @type {Map<string, Definition>}
   */
  #partDefinitions = new Map();
  /** The definition used last. */
  #last;

  /**
   * @param {import('./target.js').IndexDescription} index
   * @param {import('./operation.js').Define} define
   */
  constructor({ place, columns, shape, schema }, define) {
    this.#place = place;
    this.#columns = columns;
    this.#shape = shape;
    this.#define = (target) => define(target, schema);
    this.#definition = this.#define({ ...place, columns: columns.names });
    this.#definition.isWhole = true;
    this.#last = { names: columns.names, definition: this.#definition };
  }

  /**
   * Finds the one row of a key.
   * @param {unknown} key
   */
  get(key) {
    return this.#findOne(key, 'key');
  }

  /** @param {readonly unknown[]} keys */
  getEach(keys) {
    checkArray(keys, 'keys');
    const requests = [];
    for (let i = 0; i < keys.length; i++) requests.push(this.#findOne(keys[i], `keys[${i}]`));
    return requests;
  }

  /**
   * The same keys as IN lists, which take the server less time; null if the rows found would not
   * tell which key each belongs to.
   * @param {readonly unknown[]} keys
   * @returns {KeyLists | null}
   */
  getLists(keys) {
    const { matcher } = this.#shape;
    if (matcher === null || !Array.isArray(keys) || keys.length < 2) return null;
    const parts = matcher.partsOf(keys);
    if (parts === null) return null;
    this.#shape.checkFind('=', 1);
    const requests = [];
    const lists = [];
    for (let start = 0; start < parts.length; start += MAX_LIST) {
      const values = parts.slice(start, start + MAX_LIST);
      const options = { limit: values.length, in: { position: 0, values } };
      const find = command.encodeFind('=', [''], options);
      requests.push(new Request(this.#definition, find, values.length));
      lists.push(values);
    }
    return { requests, parts, lists, matcher, since: now() };
  }

  /**
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  find(op, key, options) {
    const { parts, found } = this.#readFind(key, withLimit(options));
    const request = this.#find(op, parts, found);
    expectRows([request], options);
    return request;
  }

  /**
   * @param {readonly unknown[]} keys
   * @param {import('../..').RangeOptions} options
   */
  findEach(keys, options) {
    withLimit(options);
    checkArray(keys, 'keys');
    checkNames(options, 'options', FIND_MANY_OPTIONS);
    const found = this.#findOptions(options);
    const requests = [];
    for (let i = 0; i < keys.length; i++) {
      requests.push(this.#find('=', this.#shape.keyParts(keys[i], `keys[${i}]`), found));
    }
    expectRows(requests, options);
    return requests;
  }

  /**
   * The position where a scan begins, checked with its filters.
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  findFrom(op, key, options) {
    const parts = this.#shape.keyParts(key, 'key').map(copyBytes);
    this.#find(op, parts, this.#findOptions(options));
    return { op, key: parts };
  }

  /**
   * Checks the start and the filters of a scan over the whole index.
   * @param {import('./index-knowledge').Begin} begin
   * @param {import('../..').RangeOptions} options
   */
  checkWhole({ key, isFirst }, options) {
    this.findSent('>=', key, options);
    this.#shape.checkFind('>=', key.length);
    if (!isFirst) this.#shape.checkFind('<', key.length);
  }

  /**
   * Makes a find for a key that is known to be valid, because it came with a row or was made here.
   * @param {FindOperator} op
   * @param {readonly unknown[]} parts  as they are sent
   * @param {import('../..').RangeOptions} [options]
   */
  findSent(op, parts, options) {
    const found = options && this.#findOptions(options);
    return this.#request(command.encodeFind(op, parts, found));
  }

  /**
   * An insert, and the columns to set afterwards if the server does not take all of them.
   * @param {unknown} given
   * @param {string} argument
   */
  insert(given, argument) {
    const { names, values, rest } = this.#columns.toInsert(given, argument);
    const request = new Request(this.#definitionOf(names), command.encodeInsert(values));
    // Copied, because the caller may change the bytes before they are sent.
    return { request, rest: rest && { ...rest, values: rest.values.map(copyBytes) } };
  }

  /**
   * Sets the columns of a row that its insert had no room for.
   * @param {Rest} rest
   * @param {number | bigint | null} insertId
   */
  complete({ names, values, key, idPart }, insertId) {
    const parts = insertId === null || idPart === -1 ? key : key.with(idPart, insertId);
    const update = command.encodeModify('U', '=', parts, values, ONE);
    const definition = this.#define({ ...this.#place, index: 'PRIMARY', columns: names });
    return new Request(definition, update);
  }

  /**
   * @param {Modification} modification
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions} [options]
   */
  modify(modification, op, key, given, options) {
    return this.#modify(modification, op, key, given, options, false).request;
  }

  /**
   * The protocol returns only the columns that it changes. If these are not all columns, a find of
   * all goes first.
   * @param {Modification} modification
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions} [options]
   */
  modifyReturning(modification, op, key, given, options) {
    const { request: modify, names } = this.#modify(modification, op, key, given, options, true);
    const requests = [modify];
    if (names.length < this.#columns.names.length) {
      const { parts, found } = this.#readModify(op, key, options);
      requests.unshift(this.#request(command.encodeFind(op, parts, found)));
    }
    expectRows(requests, options);
    return { requests, names };
  }

  /**
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions | undefined} options
   * @param {boolean} returning
   */
  delete(op, key, options, returning) {
    const { parts, found } = this.#readModify(op, key, options);
    const request = this.#request(command.encodeDelete(op, parts, found, returning));
    this.#shape.checkWrite('delete', op, parts.length, found);
    if (returning) expectRows([request], options);
    return request;
  }

  /**
   * @param {unknown} key
   * @param {string} argument
   */
  #findOne(key, argument) {
    const parts = this.#shape.keyParts(key, argument);
    this.#shape.checkOneRow(parts, argument);
    return this.#find('=', parts);
  }

  /**
   * @param {FindOperator} op
   * @param {readonly unknown[]} parts
   * @param {import('../..').FindOptions} [found]
   */
  #find(op, parts, found) {
    const request = this.#request(command.encodeFind(op, parts, found));
    this.#shape.checkFind(op, parts.length);
    return request;
  }

  /**
   * @param {Modification} modification
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions | undefined} options
   * @param {boolean} returning
   */
  #modify(modification, op, key, given, options, returning) {
    const { names, values } =
      modification === 'update'
        ? this.#columns.toUpdate(given, 'values')
        : this.#columns.toIncrement(given, 'by');
    const { parts, found } = this.#readModify(op, key, options);
    this.#shape.checkWrite(modification, op, parts.length, found, names);
    const letter = MODIFICATIONS[modification];
    const request = command.encodeModify(letter, op, parts, values, found, returning);
    return { request: new Request(this.#definitionOf(names), request), names };
  }

  /**
   * A definition with only these columns: the server would blank open columns that get no value.
   * @param {readonly string[]} names
   */
  #definitionOf(names) {
    if (names === this.#columns.names) return this.#definition;
    if (names === this.#last.names) return this.#last.definition;
    const list = names.join(); // No name that can be opened has a comma in it.
    let definition = this.#partDefinitions.get(list);
    if (definition === undefined) {
      definition = this.#define({ ...this.#place, columns: names });
      if (this.#partDefinitions.size === MAX_PART_DEFINITIONS) this.#partDefinitions.clear();
      this.#partDefinitions.set(list, definition);
    }
    this.#last = { names, definition };
    return definition;
  }

  /**
   * Reads a key, and the options that select among the rows that it finds.
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  #readFind(key, options) {
    checkOptions(options, 'options');
    checkNames(options, 'options', RANGE_OPTIONS);
    const found = this.#findOptions(options);
    if (options.in === undefined) return { parts: this.#shape.keyParts(key, 'key'), found };
    const list = this.#shape.readList(options.in, Array.isArray(key) ? key.length : 1);
    const parts = this.#shape.keyParts(key, 'key', list.position);
    return { parts, found: { ...found, in: list } };
  }

  /**
   * The same for a change, where a missing limit must not change a whole table. The limit may be
   * omitted if the key determines how many rows it finds.
   * @param {FindOperator} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  #readModify(op, key, options) {
    command.checkOperator(op);
    if (options === undefined) {
      const parts = this.#shape.keyParts(key, 'key');
      if (this.#shape.findsOneRow(op, parts)) return { parts, found: ONE };
      throw noLimit();
    }
    const { parts, found } = this.#readFind(key, options);
    if (found.limit !== undefined) return { parts, found };
    if (!this.#shape.findsOneRow(op, parts)) throw noLimit();
    return { parts, found: { ...found, limit: found.in?.values.length ?? 1 } };
  }

  /**
   * Maps filters by name to filters by position.
   * @param {import('../..').RangeOptions} options
   * @returns {import('../..').FindOptions}
   */
  #findOptions({ limit, offset, filters }) {
    if (filters === undefined) return { limit, offset };
    checkArray(filters, 'options.filters');
    return { limit, offset, filters: Array.from(filters, this.#toFilter, this) };
  }

  /**
   * @param {import('../..').RowFilter} filter
   * @param {number} i
   * @returns {import('../..').Filter}
   */
  #toFilter(filter, i) {
    const argument = `options.filters[${i}]`;
    checkOptions(filter, argument);
    checkNames(filter, argument, command.FILTER_OPTIONS);
    const { filterColumns = [] } = this.#place;
    const column = filterColumns.indexOf(filter.column);
    if (column === -1) {
      throw new TypeError(
        `${argument}.column ${show(filter.column)} is not among the index's filterColumns: ${filterColumns.join(', ') || 'it has none'}`,
      );
    }
    const value = this.#columns.toFilter(filter.value, filter.column, `${argument}.value`);
    return { type: filter.type, column, op: filter.op, value };
  }

  /** @param {InstanceType<typeof command.Command>} made */
  #request(made) {
    return new Request(this.#definition, made);
  }
}

/** @type {Readonly<{ limit: number }>} */
const ONE = Object.freeze({ limit: 1 });

function noLimit() {
  return new TypeError(
    "options.limit must be given, unless op is '=' and the key has all parts of a unique index and none is null " +
      "(without target.keyColumns: one part of 'PRIMARY')",
  );
}

/**
 * @typedef {'update' | 'increment' | 'decrement'} Modification
 * @typedef {import('../..').FindOperator} FindOperator
 * @typedef {import('./instances').Definition} Definition
 * @typedef {import('../schema/split-insert.js').Rest} Rest
 *
 * @typedef {object} KeyLists
 * @property {import('./instances').Request[]} requests
 * @property {import('../..').Bindable[]} parts  the keys
 * @property {import('../..').Bindable[][]} lists  the keys, one list per request
 * @property {import('./index-knowledge').RowMatcher} matcher
 * @property {number} since  when they were made, in the time of `now()`
 */

module.exports = { Commands };
