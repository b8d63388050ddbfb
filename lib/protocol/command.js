'use strict';

const {
  types: { isUint8Array },
} = require('node:util');
const {
  MAX_UINT32,
  checkArray,
  checkIntegerArgument,
  checkNames,
  checkOneOfArgument,
  checkOptions,
} = require('../util/check.js');
const {
  encodeValue,
  encodeValues,
  encodeName,
  checkBindable,
  checkValues,
  copyBytes,
} = require('./encode.js');
const { showKind } = require('../util/show.js');

/*
 * The requests of the protocol. Each is encoded from after its index id to before its line end, so
 * that it can be checked before it is known under which id its index will be open.
 */

/** @type {readonly unknown[]} */
const NO_VALUES = [];

/**
 * A request: its beginning as a byte string (encode.js), and the values that end it, which are
 * usually most of it.
 */
class Command {
  /**
   * @param {string} text
   * @param {readonly unknown[]} values
   * @param {string} argument  name of the values in errors
   */
  constructor(text, values = NO_VALUES, argument = '') {
    this.text = text;
    this.values = values;
    this.argument = argument;
  }

  /** Approximate size, in bytes. */
  get size() {
    let size = this.text.length;
    for (const value of this.values) size += sizeOf(value);
    return size;
  }

  /** The whole request as a byte string. */
  toByteString() {
    return this.text + encodeValues(this.values, this.argument);
  }

  /**
   * Prepares the request for being written later: throws a TypeError for values that cannot be
   * sent, and copies those that the caller may change.
   */
  keep() {
    const { values, argument } = this;
    let hasObjects = false;
    for (let i = 0; i < values.length; i++) {
      hasObjects ||= typeof checkBindable(values[i], argument, i) === 'object';
    }
    this.values = hasObjects ? values.map(copyBytes) : values.slice();
    return this;
  }
}

const NUMBER_BYTES = 8;

/** @param {unknown} value */
function sizeOf(value) {
  if (typeof value === 'string') return value.length + 1;
  return isUint8Array(value) ? value.length + 1 : NUMBER_BYTES;
}

const FIND_OPERATORS = new Set(['=', '>', '>=', '<', '<=']);
// The server silently replaces an unknown operator by one that matches everything or nothing.
const FILTER_OPERATORS = new Set(['=', '!=', '>', '>=', '<', '<=']);
const FILTER_TYPES = new Set(['filter', 'while']);
const FILTER_OPTIONS = ['type', 'column', 'op', 'value'];
const LIST_OPTIONS = ['position', 'values'];

/** @param {import('../..').IndexTarget} target */
function encodeOpenIndex(target) {
  checkOptions(target, 'target');
  const { index = 'PRIMARY' } = target;
  if (/^\d+\D/.test(index)) {
    throw new TypeError(
      'target.index cannot be opened: the server takes a name that begins with a digit for a number',
    );
  }
  const names = [
    encodeName(target.database, 'target.database'),
    encodeName(target.table, 'target.table'),
    encodeName(index, 'target.index'),
    encodeColumns(target.columns, 'target.columns'),
  ];
  if (target.filterColumns !== undefined) {
    names.push(encodeColumns(target.filterColumns, 'target.filterColumns'));
  }
  return `\t${names.join('\t')}`;
}

/**
 * @param {readonly string[]} columns
 * @param {string} argument
 */
function encodeColumns(columns, argument) {
  if (!Array.isArray(columns)) {
    throw new TypeError(`${argument} must be an array of column names, not ${showKind(columns)}`);
  }
  // Array.from, because map skips holes.
  const names = Array.from(columns, (name, i) => {
    if (name === '') throw new TypeError(`${argument}[${i}] must not be empty`);
    return encodeName(name, `${argument}[${i}]`, /[\x00-\x0f,]/);
  });
  return names.join(',');
}

/**
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {import('../..').FindOptions} [options]
 */
function encodeFind(op, key, options) {
  checkValues(key, 'key');
  checkOperator(op);
  if (key.length === 0) throw new TypeError('key must have at least one part');
  const head = key.length === 1 ? SINGLE_PART[op] : `\t${op}\t${key.length}`;
  if (options === undefined) return new Command(head, key, 'key');
  return encodeFindWith(options, `${head}${encodeValues(key, 'key')}`, op, key.length);
}

/** @param {unknown} op */
function checkOperator(op) {
  checkOneOfArgument(op, 'op', FIND_OPERATORS);
}

/** How a find of a key of one part begins. @type {Readonly<Record<string, string>>} */
const SINGLE_PART = Object.fromEntries(Array.from(FIND_OPERATORS, (op) => [op, `\t${op}\t1`]));

/** @param {readonly unknown[]} values */
function encodeInsert(values) {
  checkNotEmpty(values);
  return new Command(`\t+\t${values.length}`, values, 'values');
}

/**
 * @param {'U' | '+' | '-'} modification
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {readonly unknown[]} values
 * @param {import('../..').FindOptions} [options]
 * @param {boolean} [returning]
 */
function encodeModify(modification, op, key, values, options, returning) {
  const text = encodeModifyHead(modification, op, key, options, returning);
  checkNotEmpty(values);
  return new Command(text, values, 'values');
}

/**
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {import('../..').FindOptions} [options]
 * @param {boolean} [returning]
 */
function encodeDelete(op, key, options, returning) {
  return new Command(encodeModifyHead('D', op, key, options, returning));
}

/**
 * @param {string} modification
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {import('../..').FindOptions} [options]
 * @param {boolean} [returning]
 */
function encodeModifyHead(modification, op, key, options = {}, returning = false) {
  const find = encodeFind(op, key, options).toByteString();
  return `${find}\t${modification}${returning ? '?' : ''}`;
}

/**
 * Encodes options in the only order that the server reads: limit, offset, IN list, filters.
 * @param {import('../..').FindOptions} options
 * @param {string} find  the request so far
 * @param {string} op
 * @param {number} keyParts
 */
function encodeFindWith(options, find, op, keyParts) {
  checkOptions(options, 'options');
  const list = options.in === undefined ? undefined : encodeIn(options.in, op, keyParts);
  // The server counts the rows of all values of an IN list together, so a limit below the number of
  // values is never intended.
  const { limit = list?.values.length ?? 1, offset = 0 } = options;
  checkIntegerArgument(limit, 'options.limit', 1, MAX_UINT32, 'the server takes 0 for 1');
  checkIntegerArgument(offset, 'options.offset', 0, MAX_UINT32);
  if (limit + offset > MAX_UINT32) {
    throw new RangeError(
      `options.limit + options.offset must be at most ${MAX_UINT32}, past which the server finds nothing; they are ${limit} and ${offset}`,
    );
  }
  const head = `${find}\t${limit}\t${offset}`;
  if (options.filters !== undefined) {
    return new Command(head + (list?.toByteString() ?? '') + encodeFilters(options.filters));
  }
  return list === undefined
    ? new Command(head)
    : new Command(head + list.text, list.values, list.argument);
}

/**
 * @param {NonNullable<import('../..').FindOptions['in']>} list
 * @param {string} op
 * @param {number} keyParts
 */
function encodeIn(list, op, keyParts) {
  checkNames(checkOptions(list, 'options.in'), 'options.in', LIST_OPTIONS);
  if (op !== '=') {
    throw new TypeError(`options.in goes with the operator '=' only, not with '${op}'`);
  }
  checkIntegerArgument(list.position, 'options.in.position', 0, keyParts - 1, 'a part of the key');
  checkValues(list.values, 'options.in.values');
  if (list.values.length === 0) throw new TypeError('options.in.values must not be empty');
  const nullAt = list.values.indexOf(null);
  if (nullAt !== -1) {
    throw new TypeError(
      `options.in.values[${nullAt}] is null: HandlerSocket cannot ask for NULL in an IN list; ask for it with a find of its own`,
    );
  }
  const head = `\t@\t${list.position}\t${list.values.length}`;
  return new Command(head, list.values, 'options.in.values');
}

/** @param {readonly import('../..').Filter[]} filters */
function encodeFilters(filters) {
  checkArray(filters, 'options.filters');
  let tokens = '';
  for (const [i, filter] of filters.entries()) {
    const argument = `options.filters[${i}]`;
    checkNames(checkOptions(filter, argument), argument, FILTER_OPTIONS);
    const type = checkOneOfArgument(filter.type ?? 'filter', `${argument}.type`, FILTER_TYPES);
    checkOneOfArgument(filter.op, `${argument}.op`, FILTER_OPERATORS);
    checkIntegerArgument(filter.column, `${argument}.column`, 0, MAX_UINT32);
    const value = encodeValue(filter.value, `${argument}.value`);
    tokens += `\t${type === 'while' ? 'W' : 'F'}\t${filter.op}\t${filter.column}\t${value}`;
  }
  return tokens;
}

/** @param {readonly unknown[]} values */
function checkNotEmpty(values) {
  checkValues(values, 'values');
  if (values.length === 0) {
    throw new TypeError('values must not be empty: the server would blank every column');
  }
}

module.exports = {
  FILTER_OPTIONS,
  checkOperator,
  Command,
  encodeOpenIndex,
  encodeFind,
  encodeInsert,
  encodeModify,
  encodeDelete,
};
