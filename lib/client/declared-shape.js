'use strict';

const {
  types: { isDate },
} = require('node:util');
const { checkBindable } = require('../protocol/encode.js');
const { REPLACED, partsOf, positionOf, readInOption } = require('./key-parts.js');
const { TextMatcher } = require('./rows/text-matcher.js');
const { TYPES, toDateTime } = require('./rows/types.js');
const { KeyColumns, positionsOf } = require('./scan/key-columns.js');
const { MIDDLE } = require('./scan/scan.js');

/** The only index whose name tells that it is unique. */
const PRIMARY = 'PRIMARY';

/** @typedef {import('./index-knowledge').IndexShape} IndexShape */

/**
 * The key of an index as its caller declares it (index-knowledge.d.ts). Its columns may be unknown,
 * and only `PRIMARY` is known to be unique.
 * @implements {IndexShape}
 */
class DeclaredShape {
  #columns;
  #types;
  #isUnique;

  /**
   * @param {string | undefined} index
   * @param {InstanceType<typeof import('./rows/declared-columns.js').DeclaredColumns>} columns
   * @param {readonly string[]} [keyColumns]
   */
  constructor(index = PRIMARY, columns, keyColumns) {
    const { names } = columns;
    const positions = keyColumns && positionsOf(names, keyColumns);
    this.keyColumns = new KeyColumns(names.length, positions);
    this.matcher = positions === undefined ? null : new TextMatcher(columns, positions[0]);
    const first = positions && columns.types[positions[0]];
    this.begin = { key: LEAST.get(first?.name) ?? MIDDLE, isFirst: false };
    this.mergeIsExact = false;
    /** @type {IndexShape['order']} */
    this.order = null;
    /** @type {IndexShape['hashedPart']} */
    this.hashedPart = null;
    this.#columns = columns;
    this.#types = columns.types;
    this.names = keyColumns && [...keyColumns];
    this.#isUnique = index === PRIMARY;
  }

  get idIsNumber() {
    if (!this.#isUnique || this.names?.length !== 1) return false;
    return this.#typeOf(this.names[0]) === TYPES.number;
  }

  /**
   * @param {unknown} key
   * @param {string} argument
   * @param {number} [replaced]
   */
  keyParts(key, argument, replaced) {
    const parts = partsOf(key, argument);
    for (let i = 0; i < parts.length; i++) {
      if (!isSimple(parts[i])) return this.#checkParts(parts, argument, replaced);
    }
    return replaced === undefined ? parts : parts.with(replaced, REPLACED);
  }

  /**
   * @param {unknown} given
   * @param {number} partCount
   */
  readList(given, partCount) {
    const { column, values } = readInOption(given);
    const position = this.#positionOf(column, partCount);
    const type = this.#typeOf(column);
    const compared = Array.from(values, (value, i) => {
      return toSent(value, type === TYPES.datetime, `options.in.values[${i}]`);
    });
    return { position, values: compared };
  }

  /**
   * If the columns of the index are unknown, one part counts as the whole key.
   * @param {string} op
   * @param {readonly unknown[]} parts
   */
  findsOneRow(op, parts) {
    if (op !== '=' || !this.#isUnique || parts.includes(null)) return false;
    return parts.length === (this.names?.length ?? 1);
  }

  // Only a schema has what the following methods check.

  checkOneRow() {}

  checkFind() {}

  checkWrite() {}

  /** @param {string} name */
  #typeOf(name) {
    return this.#types[this.#columns.names.indexOf(name)];
  }

  /**
   * The protocol does not tell which columns a key has, so a key may have a Date if any column is
   * declared to hold one.
   * @param {readonly unknown[]} parts
   * @param {string} argument
   * @param {number | undefined} replaced
   */
  #checkParts(parts, argument, replaced) {
    const takesDates = this.#types.includes(TYPES.datetime);
    const sent = [];
    // A loop and not a callback: V8 records ten frames, and the caller's must be among them.
    for (let i = 0; i < parts.length; i++) {
      const name = parts.length === 1 ? argument : `${argument}[${i}]`;
      sent.push(i === replaced ? REPLACED : toSent(parts[i], takesDates, name));
    }
    return sent;
  }

  /**
   * @param {string} column
   * @param {number} partCount
   */
  #positionOf(column, partCount) {
    if (this.names === undefined) {
      if (partCount === 1) return 0;
      throw new TypeError(
        'options.in goes with a key of several parts only where target.keyColumns was given',
      );
    }
    return positionOf(column, this.names, partCount, 'target.keyColumns');
  }
}

/**
 * By declared type, keys that few or no values sort below. The server converts each to the least
 * value of the column's type; only DECIMAL and DOUBLE have smaller numbers.
 * @type {Map<string | undefined, readonly string[]>}
 */
const LEAST = new Map([
  ['number', ['-9223372036854775808']],
  ['bigint', ['-9223372036854775808']],
  ['boolean', ['-9223372036854775808']],
  ['datetime', ['0000-00-00 00:00:00']],
]);

/**
 * Whether a key part is of the most common kind, which needs no conversion.
 * @param {unknown} part
 */
function isSimple(part) {
  return typeof part === 'string' || Number.isFinite(part);
}

/**
 * @param {unknown} value
 * @param {boolean} takesDates
 * @param {string} argument
 */
function toSent(value, takesDates, argument) {
  return takesDates && isDate(value) ? toDateTime(value, argument) : checkBindable(value, argument);
}

module.exports = { DeclaredShape };
