'use strict';

const { now } = require('../runtime/clock.js');
const { checkArray, checkNames, checkOptions } = require('../util/check.js');
const command = require('../protocol/command.js');
const { show } = require('../util/show.js');
const { Request } = require('./pipeline/call.js');
const { CALL_OPTIONS } = require('./pipeline/call-options.js');

/** Increments are of the server's signed 64-bit integers. */
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_INT64_DIGITS = 19;
const WHOLE_NUMBER = /^[+-]?\d+$/;
const SIGN_AND_ZEROS = /^[+-]?0*/;

const RANGE_OPTIONS = ['limit', 'offset', 'in', 'filters', ...CALL_OPTIONS];
const FIND_MANY_OPTIONS = ['limit', 'filters', ...CALL_OPTIONS];

/** How long the IN lists are that keys are cut into: several connections may share them. */
const MAX_LIST = 128;

/** How many sets of columns are remembered, of ever new ones: about as many as a connection has index ids for. */
const MAX_PART_DEFINITIONS = 256;

/** @type {Readonly<Record<Modification, 'U' | '+' | '-'>>} */
const MODIFICATIONS = { update: 'U', increment: '+', decrement: '-' };

/** What the methods of an index are given, as commands: checked, and by position where the caller gave names. */
class Commands {
  #target;
  #define;
  #columns;
  #shape;
  #definition;
  /** Those of some of the columns, by their names. @type {Map<string, Definition>} */
  #partDefinitions = new Map();

  /**
   * @param {Omit<import('../..').IndexTarget, 'columns'>} target
   * @param {import('./instances').Columns} columns
   * @param {InstanceType<typeof import('./index-shape.js').IndexShape>} shape
   * @param {(target: import('../..').IndexTarget) => Definition} define
   */
  constructor(target, columns, shape, define) {
    this.#target = target;
    this.#shape = shape;
    this.#columns = columns;
    this.#define = define;
    this.#definition = define({ ...target, columns: columns.names });
    this.#definition.isWhole = true;
  }

  /**
   * @param {string} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  find(op, key, options) {
    if (options === undefined) {
      return this.#request(command.encodeFind(op, this.keyParts(key, 'key')));
    }
    const { parts, found } = this.#readFind(key, options);
    return this.#request(command.encodeFind(op, parts, found));
  }

  /**
   * @param {readonly unknown[]} keys
   * @param {import('../..').RangeOptions} [options]
   */
  findEach(keys, options) {
    checkArray(keys, 'keys');
    if (options !== undefined) checkNames(options, 'options', FIND_MANY_OPTIONS);
    const found = options === undefined ? undefined : this.#findOptions(options);
    const requests = [];
    for (let i = 0; i < keys.length; i++) {
      const parts = this.keyParts(keys[i], `keys[${i}]`);
      requests.push(this.#request(command.encodeFind('=', parts, found)));
    }
    return requests;
  }

  /**
   * The same keys as IN lists, which take the server less time; null where keys are not such that the rows found tell which
   * of them they belong to.
   * @param {readonly unknown[]} keys
   * @param {number | undefined} column  that tells it
   * @returns {KeyLists | null}
   */
  findInLists(keys, column) {
    if (column === undefined || !Array.isArray(keys) || keys.length < 2) return null;
    const parts = [];
    for (const key of keys) {
      const part = Array.isArray(key) && key.length === 1 ? key[0] : key;
      if (!hasOneText(part)) return null;
      parts.push(part);
    }
    const requests = [];
    const lists = [];
    for (let start = 0; start < parts.length; start += MAX_LIST) {
      const values = parts.slice(start, start + MAX_LIST);
      const options = { limit: values.length, in: { position: 0, values } };
      const find = command.encodeFind('=', [''], options);
      requests.push(new Request(this.#definition, find, values.length));
      lists.push(values);
    }
    return { requests, parts, lists, column, since: now() };
  }

  /**
   * @param {unknown} values
   * @param {string} argument
   */
  insert(values, argument) {
    return this.#request(command.encodeInsert(this.#columns.toInsert(values, argument)));
  }

  /**
   * @param {Modification} modification
   * @param {string} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions} [options]
   */
  modify(modification, op, key, given, options) {
    return this.#modify(modification, op, key, given, options, false).request;
  }

  /**
   * The protocol gives back the columns that it changes. Where they are not all, a find of all goes before.
   * @param {Modification} modification
   * @param {string} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions} [options]
   */
  modifyReturning(modification, op, key, given, options) {
    const { request: modify, names } = this.#modify(modification, op, key, given, options, true);
    const isWhole = names.length === this.#columns.names.length;
    if (isWhole) return { requests: [modify], names };
    const { parts, found } = this.#readModify(op, key, options);
    const find = this.#request(command.encodeFind(op, parts, found));
    return { requests: [find, modify], names };
  }

  /**
   * @param {string} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions | undefined} options
   * @param {boolean} returning
   */
  delete(op, key, options, returning) {
    const { parts, found } = this.#readModify(op, key, options);
    return this.#request(command.encodeDelete(op, parts, found, returning));
  }

  /**
   * @param {unknown} key
   * @param {string} argument
   * @returns {readonly unknown[]}
   */
  keyParts(key, argument) {
    const parts = Array.isArray(key) ? key : [key];
    if (parts.length === 0) throw new TypeError(`${argument} must have at least one part`);
    for (let i = 0; i < parts.length; i++) {
      if (!isSimple(parts[i])) return this.#checkKey(parts, argument);
    }
    return parts;
  }

  /**
   * @param {readonly unknown[]} parts
   * @param {string} argument
   */
  #checkKey(parts, argument) {
    const checked = [];
    // A loop, for the sake of the stack: see notBindable.
    for (let i = 0; i < parts.length; i++) {
      const name = parts.length === 1 ? argument : `${argument}[${i}]`;
      checked.push(this.#columns.toKeyPart(parts[i], name));
    }
    return checked;
  }

  /**
   * @param {Modification} modification
   * @param {string} op
   * @param {unknown} key
   * @param {unknown} given
   * @param {import('../..').RangeOptions | undefined} options
   * @param {boolean} returning
   */
  #modify(modification, op, key, given, options, returning) {
    const isUpdate = modification === 'update';
    const { names, values } = this.#columns.toUpdate(given, isUpdate ? 'values' : 'by');
    if (!isUpdate) for (const [i, value] of values.entries()) checkWhole(value, `by.${names[i]}`);
    const { parts, found } = this.#readModify(op, key, options);
    const letter = MODIFICATIONS[modification];
    const request = command.encodeModify(letter, op, parts, values, found, returning);
    return { request: new Request(this.#definitionOf(names), request), names };
  }

  /**
   * With these columns only: the server would blank those that are open and get no value.
   * @param {readonly string[]} names
   */
  #definitionOf(names) {
    const list = names.join(); // No name that can be opened has a comma in it.
    let definition = this.#partDefinitions.get(list);
    if (definition === undefined) {
      definition = this.#define({ ...this.#target, columns: names });
      if (this.#partDefinitions.size === MAX_PART_DEFINITIONS) this.#partDefinitions.clear();
      this.#partDefinitions.set(list, definition);
    }
    return definition;
  }

  /**
   * A key, and which of the rows that it finds. The part that an IN list takes the place of is neither
   * looked at nor sent.
   * @param {unknown} key
   * @param {import('../..').RangeOptions} options
   */
  #readFind(key, options) {
    checkOptions(options, 'options');
    checkNames(options, 'options', RANGE_OPTIONS);
    if (options.in === undefined) {
      return { parts: this.keyParts(key, 'key'), found: this.#findOptions(options) };
    }
    const given = Array.isArray(key) ? Array.from(key) : [key];
    const { column, position, values } = this.#shape.readList(options.in, given.length);
    given[position] = REPLACED;
    checkArray(values, 'options.in.values');
    const compared = Array.from(values, (value, i) => {
      return this.#columns.toCompared(value, column, `options.in.values[${i}]`);
    });
    const found = this.#findOptions(options);
    const list = { position, values: /** @type {import('../..').Bindable[]} */ (compared) };
    return { parts: this.keyParts(given, 'key'), found: { ...found, in: list } };
  }

  /**
   * The same for a change: a missing limit must not change a table. It may be left out where the key
   * says how many rows it finds.
   * @param {string} op
   * @param {unknown} key
   * @param {import('../..').RangeOptions} [options]
   */
  #readModify(op, key, options) {
    command.checkOperator(op);
    if (options === undefined) {
      const parts = this.keyParts(key, 'key');
      if (this.#shape.findsOneRow(op, parts)) return { parts, found: ONE };
      throw noLimit();
    }
    const { parts, found } = this.#readFind(key, options);
    if (found.limit !== undefined) return { parts, found };
    if (!this.#shape.findsOneRow(op, parts)) throw noLimit();
    return { parts, found: { ...found, limit: found.in?.values.length ?? 1 } };
  }

  /**
   * Filters by position, where they came by name.
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
    const { filterColumns = [] } = this.#target;
    const column = filterColumns.indexOf(filter.column);
    if (column === -1) {
      throw new TypeError(
        `${argument}.column ${show(filter.column)} is not among the index's filterColumns: ${filterColumns.join(', ') || 'it has none'}`,
      );
    }
    const value = this.#columns.toCompared(filter.value, filter.column, `${argument}.value`);
    return { type: filter.type, column, op: filter.op, value };
  }

  /** @param {InstanceType<typeof command.Command>} made */
  #request(made) {
    return new Request(this.#definition, made);
  }
}

/** @type {Readonly<{ limit: number }>} */
const ONE = Object.freeze({ limit: 1 });

/** What is sent for a part of a key that an IN list takes the place of. */
const REPLACED = '';

function noLimit() {
  return new TypeError(
    "options.limit must be given, unless op is '=' and the key has all parts of a unique index and none is null " +
      "(without target.keyColumns: one part of 'PRIMARY')",
  );
}

/**
 * What a key part mostly is.
 * @param {unknown} part
 */
function isSimple(part) {
  return typeof part === 'string' || Number.isFinite(part);
}

/**
 * Whether the server, where it has this value, mostly gives it back as the same text.
 * @param {unknown} part
 */
function hasOneText(part) {
  return typeof part === 'string' || typeof part === 'bigint' || Number.isFinite(part);
}

/**
 * The server reads digits up to the first other character, and takes the rest for nothing.
 * @param {unknown} value
 * @param {string} argument
 */
function checkWhole(value, argument) {
  if (!isWhole(value)) {
    throw new TypeError(`${argument} must be a whole number, not ${show(value)}`);
  }
  if (!fitsInt64(value)) {
    throw new RangeError(
      `${argument} must be from -${MAX_INT64} to ${MAX_INT64}, not ${show(value)}`,
    );
  }
}

/**
 * @param {unknown} value
 * @returns {value is bigint | number | string}
 */
function isWhole(value) {
  if (typeof value === 'string') return WHOLE_NUMBER.test(value);
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** @param {bigint | number | string} value  a whole one */
function fitsInt64(value) {
  // To make a bigint of millions of digits takes a second.
  if (typeof value === 'string' && value.replace(SIGN_AND_ZEROS, '').length > MAX_INT64_DIGITS) {
    return false;
  }
  const amount = BigInt(value);
  return amount <= MAX_INT64 && amount >= -MAX_INT64;
}

/**
 * @typedef {'update' | 'increment' | 'decrement'} Modification
 * @typedef {import('./instances').Definition} Definition
 *
 * @typedef {object} KeyLists
 * @property {import('./instances').Request[]} requests
 * @property {unknown[]} parts  the keys
 * @property {unknown[][]} lists  the same, a list a request
 * @property {number} column  of the index, that the keys are of
 * @property {number} since  when they were made, as performance.now() tells it
 */

module.exports = { Commands };
