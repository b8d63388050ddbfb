'use strict';

const { REPLACED, partsOf, positionOf, readInOption } = require('./key-parts.js');
const { ShownMatcher } = require('./rows/shown-matcher.js');
const { KeyColumns } = require('./scan/key-columns.js');
const { MIDDLE } = require('./scan/scan.js');

/** @typedef {import('./index-knowledge').IndexShape} IndexShape */

/**
 * The key of an index as a schema describes it (index-knowledge.d.ts).
 * @implements {IndexShape}
 */
class SchemaShape {
  #guard;

  /**
   * @param {InstanceType<typeof import('../schema/guard.js').Guard>} guard
   * @param {InstanceType<typeof import('./rows/schema-columns.js').SchemaColumns>} columns
   * @param {Readonly<Record<string, string>>} types
   */
  constructor(guard, columns, types) {
    this.#guard = guard;
    this.names = guard.index.columns.map(({ name }) => name);
    this.keyColumns = keyColumnsOf(guard, columns.names);
    const { firstKey } = guard;
    this.begin =
      firstKey === undefined ? { key: MIDDLE, isFirst: false } : { key: [firstKey], isFirst: true };
    this.idIsNumber = idIsNumber(guard, types);
    // Rows show the key as its codecs make it only if all its columns are open and keep their
    // types.
    const isShown = this.names.every(
      (name) => columns.names.includes(name) && !Object.hasOwn(types, name),
    );
    this.order = isShown ? guard.order : null;
    this.matcher = isShown ? this.#makeMatcher() : null;
  }

  get mergeIsExact() {
    return this.order !== null && this.begin.isFirst;
  }

  /**
   * @param {unknown} key
   * @param {string} argument
   * @param {number} [replaced]
   */
  keyParts(key, argument, replaced) {
    const given = partsOf(key, argument);
    if (given.length > this.names.length) {
      throw new TypeError(
        `${argument} must have at most ${this.names.length} parts (${this.names.join(', ')}), not ${given.length}`,
      );
    }
    const parts = [];
    for (let i = 0; i < given.length; i++) {
      const name = given.length === 1 ? argument : `${argument}[${i}]`;
      parts.push(i === replaced ? REPLACED : this.#guard.toKeyPart(given[i], i, name));
    }
    return parts;
  }

  /**
   * @param {unknown} given
   * @param {number} partCount
   */
  readList(given, partCount) {
    const { column, values } = readInOption(given);
    const position = positionOf(column, this.names, partCount, 'the columns of the index');
    if (!this.#guard.namesOneRow(partCount)) {
      throw new TypeError(
        `options.in finds only the first row of each value where several rows may have the key, as on the index '${this.#guard.index.name}' with ${partCount} of its parts: use findMany, or a call for each value`,
      );
    }
    const encoded = Array.from(values, (value, i) => {
      return this.#guard.toKeyPart(value, position, `options.in.values[${i}]`);
    });
    return { position, values: encoded };
  }

  /**
   * @param {string} op
   * @param {readonly unknown[]} parts
   */
  findsOneRow(op, parts) {
    return op === '=' && this.#guard.namesOneRow(parts.length) && !parts.includes(null);
  }

  /**
   * @param {readonly unknown[]} parts
   * @param {string} argument
   */
  checkOneRow(parts, argument) {
    if (this.findsOneRow('=', parts)) return;
    const { name, unique } = this.#guard.index;
    const columns = this.names.join(', ');
    const reason = unique
      ? `${argument} must have all parts of the index (${columns}), none of them NULL`
      : `the index '${name}' (${columns}) is not unique`;
    throw new TypeError(`${reason}: several rows may have the key. Read them with find`);
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {number} partCount
   */
  checkFind(op, partCount) {
    this.#guard.checkFind(op, partCount);
  }

  /**
   * @param {import('./index-knowledge').WriteKind} kind
   * @param {import('../..').FindOperator} op
   * @param {number} partCount
   * @param {import('../..').FindOptions} found
   * @param {readonly string[]} [names]
   */
  checkWrite(kind, op, partCount, found, names) {
    const isOne = found.limit === 1;
    const isList = found.in !== undefined;
    this.#guard.checkWrite({ kind, op, parts: partCount, isOne, isList, columns: names });
  }

  /**
   * @param {unknown} part
   * @param {number} position
   * @param {string} argument
   */
  hashedPart = (part, position, argument) => {
    const encoded = this.#guard.toKeyPart(part, position, argument);
    const shown = this.#guard.shownKeyPart(encoded, position);
    return ASCII.test(shown) ? shown : Buffer.from(shown, 'latin1');
  };

  #makeMatcher() {
    if (!this.#guard.namesOneRow(1) || !this.#guard.keysTellRows) return null;
    const toPart = (/** @type {unknown} */ key, /** @type {string} */ argument) => {
      const parts = this.keyParts(key, argument);
      this.checkOneRow(parts, argument);
      return /** @type {import('../..').Bindable} */ (parts[0]);
    };
    return new ShownMatcher(this.names[0], toPart, (encoded) =>
      this.#guard.shownKeyPart(encoded, 0),
    );
  }
}

const ASCII = /^[\x00-\x7f]*$/;

/** The server shows these as text but reads that text as NULL, so keys go as bytes. */
const SHOWN_OTHERWISE = new Set(['uuid', 'inet4', 'inet6']);

/**
 * @param {InstanceType<typeof import('../schema/guard.js').Guard>} guard
 * @param {readonly string[]} opened
 */
function keyColumnsOf(guard, opened) {
  const { columns } = guard.index;
  const areFound = columns.every(({ name, prefix }) => {
    // The text of other columns finds other rows, or none.
    return opened.includes(name) && prefix === undefined && guard.findsByShown(name);
  });
  if (!areFound) return new KeyColumns(opened.length, null);
  const positions = columns.map(({ name }) => opened.indexOf(name));
  const toSent = columns.map(({ name }) => {
    if (!SHOWN_OTHERWISE.has(guard.columnOf(name).type)) return null;
    return (/** @type {unknown} */ shown) => guard.codecOf(name).encode(shown, 'key');
  });
  return new KeyColumns(opened.length, positions, toSent);
}

/**
 * Whether generated ids are numbers: not if their column is a BIGINT or is declared as one.
 * @param {InstanceType<typeof import('../schema/guard.js').Guard>} guard
 * @param {Readonly<Record<string, string>>} types
 */
function idIsNumber({ schema }, types) {
  const column = schema.columns.find(({ autoIncrement }) => autoIncrement);
  if (column === undefined) return false;
  const declared = Object.hasOwn(types, column.name) ? types[column.name] : undefined;
  return declared === 'number' || (column.type !== 'bigint' && declared !== 'bigint');
}

module.exports = { SchemaShape };
