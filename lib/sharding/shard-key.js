'use strict';

const {
  types: { isDate, isUint8Array },
} = require('node:util');
const { valuesOf } = require('../client/rows/row-object.js');
const { encodeValue } = require('../protocol/encode.js');
const { show, showKind } = require('../util/show.js');

/**
 * The shard part of keys: the columns that determine a row's server, and how they are hashed. One
 * column is hashed as its plain text, so that data laid out by libhansock or another libketama
 * client is found. Several columns are hashed as the protocol writes a key: each part escaped, with
 * a TAB between them.
 */
class ShardKey {
  #columns;
  #positions;
  #override;
  #hashedPart;

  /**
   * @param {readonly string[]} columns  the index's
   * @param {readonly string[]} shardBy
   * @param {((parts: readonly any[]) => string | Uint8Array) | undefined} override
   * @param {import('../client/index-knowledge').IndexShape['hashedPart']} hashedPart
   */
  constructor(columns, shardBy, override, hashedPart) {
    if (!Array.isArray(shardBy) || shardBy.length === 0) {
      throw new TypeError(
        `target.shardBy must be an array of column names, not ${showKind(shardBy)}`,
      );
    }
    if (override !== undefined && typeof override !== 'function') {
      throw new TypeError(`target.shardKey must be a function, not ${showKind(override)}`);
    }
    this.#columns = shardBy;
    this.#positions = Array.from(shardBy, (name, i) => {
      const position = Array.isArray(columns) ? columns.indexOf(name) : -1;
      if (position !== -1) return position;
      throw new TypeError(`target.shardBy[${i}] is not among target.columns`);
    });
    this.#override = override;
    this.#hashedPart = hashedPart;
  }

  /** Whether the part is hashed as its text. */
  get #isOneColumn() {
    return this.#columns.length === 1 && !this.#override && this.#hashedPart === null;
  }

  get columns() {
    return this.#columns;
  }

  /**
   * The hashed text of a key.
   * @param {unknown} key
   * @param {string} argument
   */
  ofKey(key, argument) {
    // The fast path for most keys.
    if (typeof key === 'number' && this.#isOneColumn) return String(key);
    if (typeof key === 'string' && this.#isOneColumn) return key;
    const parts = Array.isArray(key) ? key : [key];
    const { length } = this.#columns;
    if (parts.length >= length) return this.#hashed(parts.slice(0, length), argument);
    throw new TypeError(
      `${argument} has ${parts.length} of the ${length} parts (${this.#columns.join(', ')}) that say on which server a ` +
        "row is: give them all, or ask all servers with find or scan and { servers: 'all' }",
    );
  }

  /**
   * The hashed text of values to insert.
   * @param {unknown} values
   * @param {string} argument
   */
  ofValues(values, argument) {
    const parts = this.#partsOf(values);
    const missing = parts.findIndex((part) => part === undefined || part === null);
    if (missing === -1) return this.#hashed(parts, argument);
    throw new TypeError(
      `${argument}.${this.#columns[missing]} must be given: it says on which server the row belongs`,
    );
  }

  /**
   * Whether values have one of its columns. An array has all of them.
   * @param {unknown} values
   */
  isNamedIn(values) {
    return this.#partsOf(values).some((part) => part !== undefined);
  }

  /**
   * The hashed text of a key after an update of its row.
   * @param {unknown} key
   * @param {unknown} values
   */
  afterUpdate(key, values) {
    const before = Array.isArray(key) ? key : [key];
    const parts = this.#partsOf(values).map((part, i) => (part === undefined ? before[i] : part));
    return this.#hashed(parts, 'values');
  }

  /**
   * The values of its columns; undefined for columns without one.
   * @param {unknown} values  a row, or some of its values
   * @returns {unknown[]}
   */
  #partsOf(values) {
    if (Array.isArray(values)) return this.#positions.map((position) => values[position]);
    const named = valuesOf(values, this.#columns);
    return this.#columns.map((name) => {
      return named !== null && Object.hasOwn(named, name) ? named[name] : undefined;
    });
  }

  /**
   * Converts the parts as a schema defines them; without a schema they stay as they are.
   * @param {readonly unknown[]} parts
   * @param {string} argument
   */
  #known(parts, argument) {
    const { length } = parts;
    return parts.map((part, i) => {
      if (this.#hashedPart === null || part === null) return part;
      return this.#hashedPart(part, i, length === 1 ? argument : `${argument}[${i}]`);
    });
  }

  /**
   * @param {readonly unknown[]} parts
   * @param {string} argument
   */
  #hashed(parts, argument) {
    if (this.#override === undefined) return hashedText(this.#known(parts, argument), argument);
    const hashed = this.#override(parts);
    if (typeof hashed === 'string' || isUint8Array(hashed)) return hashed;
    throw new TypeError(
      `target.shardKey must give a string or a Uint8Array, and gave ${show(hashed)} for ${show(parts)}`,
    );
  }
}

/**
 * @param {readonly unknown[]} given
 * @param {string} argument
 * @returns {string | Uint8Array}
 */
function hashedText(given, argument) {
  const parts = given.map((part, i) => {
    if (part === null) {
      throw new TypeError(`${argument}[${i}] must not be null: NULL belongs to no server`);
    }
    if (isDate(part)) {
      throw new TypeError(
        `${argument}[${i}] is a Date, which a column may give back as another text than it was hashed as: give target.shardKey`,
      );
    }
    return part;
  });
  const [part] = parts;
  if (parts.length > 1) {
    const tokens = parts.map((part, i) => encodeValue(part, argument, i));
    return Buffer.from(tokens.join('\t'), 'latin1');
  }
  if (typeof part === 'string' || isUint8Array(part)) return part;
  return encodeValue(part, argument);
}

module.exports = { ShardKey, hashedText };
