'use strict';

const { checkNames, checkOptions, checkString } = require('../util/check.js');
const { show } = require('../util/show.js');

/** The one index of which the name says that it is unique. */
const PRIMARY = 'PRIMARY';

/**
 * What is known of an index without the server's word: which columns it has, and whether it is
 * unique. The rules of what may be left out follow from it.
 */
class IndexShape {
  #columns;
  #isUnique;

  /**
   * @param {string} [index]
   * @param {readonly string[]} [columns]  in the order of the index; undefined if they are not known
   */
  constructor(index = PRIMARY, columns) {
    this.#columns = columns;
    this.#isUnique = index === PRIMARY;
  }

  /** The column that an AUTO_INCREMENT id is of, as far as is known. */
  get idColumn() {
    return this.#isUnique && this.#columns?.length === 1 ? this.#columns[0] : undefined;
  }

  /**
   * Whether a key finds one row at most. Of an index with unknown columns one part counts as all.
   * @param {string} op
   * @param {readonly unknown[]} parts
   */
  findsOneRow(op, parts) {
    if (op !== '=' || !this.#isUnique || parts.includes(null)) return false;
    return parts.length === (this.#columns?.length ?? 1);
  }

  /**
   * Which part of a key an IN list takes the place of.
   * @param {unknown} given
   * @param {number} partCount  of the key
   * @returns {{ column: string, position: number, values: readonly unknown[] }}
   */
  readList(given, partCount) {
    const list = checkOptions(given, 'options.in');
    checkNames(list, 'options.in', ['column', 'values']);
    const column = checkString(list.column, 'options.in.column');
    const values = /** @type {readonly unknown[]} */ (list.values);
    return { column, values, position: this.#positionOf(column, partCount) };
  }

  /**
   * @param {string} column
   * @param {number} partCount
   */
  #positionOf(column, partCount) {
    if (this.#columns === undefined) {
      if (partCount === 1) return 0;
      throw new TypeError(
        'options.in goes with a key of several parts only where target.keyColumns was given',
      );
    }
    const position = this.#columns.indexOf(column);
    if (position !== -1 && position < partCount) return position;
    throw new TypeError(
      position === -1
        ? `options.in.column ${show(column)} is not among target.keyColumns: ${this.#columns.join(', ')}`
        : `options.in.column ${show(column)} is part ${position} of the key, which has ${partCount}: give null in its place`,
    );
  }
}

module.exports = { IndexShape };
