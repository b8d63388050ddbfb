'use strict';

const { checkString } = require('../check.js');
const { encodeValue, show } = require('../encode.js');

/**
 * Which part of a key says on which server its row is, and how that part is hashed: one column as its plain text, so that
 * data laid out by libhansock or another libketama client is found; several as the protocol writes a key, each part
 * escaped, with a TAB between them.
 */
class ShardKey {
  #columns;
  #positions;
  #override;

  /**
   * @param {readonly string[]} columns  the index's
   * @param {readonly string[]} shardBy
   * @param {((parts: readonly any[]) => string | Uint8Array) | undefined} override
   */
  constructor(columns, shardBy, override) {
    if (!Array.isArray(shardBy) || shardBy.length === 0) {
      throw new TypeError(`target.shardBy must be an array of column names, not ${show(shardBy)}`);
    }
    if (override !== undefined && typeof override !== 'function') {
      throw new TypeError(`target.shardKey must be a function, not ${show(override)}`);
    }
    this.#columns = shardBy;
    for (const [i, name] of shardBy.entries()) checkString(name, `target.shardBy[${i}]`);
    this.#positions = shardBy.map((name) => columns.indexOf(name));
    this.#override = override;
  }

  get columns() {
    return this.#columns;
  }

  /**
   * Of a key.
   * @param {unknown} key
   * @param {string} argument
   */
  ofKey(key, argument) {
    const parts = Array.isArray(key) ? key : [key];
    const { length } = this.#columns;
    if (parts.length >= length) return this.#hashed(parts.slice(0, length), argument);
    throw new TypeError(
      `${argument} has ${parts.length} parts, and it takes ${length} (${this.#columns.join(', ')}) to know the server: ` +
        "give them all, or ask all servers with find or scan and { servers: 'all' }",
    );
  }

  /**
   * Of values to insert.
   * @param {unknown} values
   * @param {string} argument
   */
  ofValues(values, argument) {
    const given = /** @type {any} */ (values);
    const parts = this.#columns.map((name, i) => {
      const part = Array.isArray(values) ? given[this.#positions[i]] : given[name];
      if (part !== undefined && part !== null) return part;
      throw new TypeError(
        `${argument}.${name} must be given: it says on which server the row belongs`,
      );
    });
    return this.#hashed(parts, argument);
  }

  /**
   * @param {readonly unknown[]} parts
   * @param {string} argument
   */
  #hashed(parts, argument) {
    return this.#override === undefined ? hashedText(parts, argument) : this.#override(parts);
  }
}

/**
 * @param {readonly unknown[]} parts
 * @param {string} argument
 * @returns {string | Uint8Array}
 */
function hashedText(parts, argument) {
  for (const [i, part] of parts.entries()) {
    if (part === null) {
      throw new TypeError(`${argument}[${i}] must not be null: NULL belongs to no server`);
    }
  }
  const [part] = parts;
  if (parts.length > 1) {
    const tokens = parts.map((part, i) => encodeValue(part, argument, i));
    return Buffer.from(tokens.join('\t'), 'latin1');
  }
  if (typeof part === 'string' || part instanceof Uint8Array) return part;
  return encodeValue(part, argument);
}

module.exports = { ShardKey, hashedText };
