'use strict';

const { isNumber } = require('../client/rows/types.js');

/*
 * Merges the streams of several servers into one, in the order of the index.
 */

/**
 * @template {Record<string, any>} Row
 * @param {AsyncIterable<Row>[]} streams
 * @param {(a: Row, b: Row) => number} compare
 * @param {number} limit
 */
async function* merge(streams, compare, limit) {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    if (limit === 0) return;
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (let given = 1; ; given++) {
      let first = -1;
      for (const [i, { done, value }] of heads.entries()) {
        if (!done && (first === -1 || compare(value, heads[first].value) < 0)) first = i;
      }
      if (first === -1) return;
      yield heads[first].value;
      if (given === limit) return;
      heads[first] = await iterators[first].next();
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

/**
 * Makes a function that compares rows by the values of the index's columns.
 * @param {readonly string[]} names  of those
 * @param {(a: readonly unknown[], b: readonly unknown[]) => number} order
 * @param {boolean} isDescending
 */
function exactOrder(names, order, isDescending) {
  /** @param {Record<string, unknown>} row */
  const keyOf = (row) => names.map((name) => row[name]);
  /**
   * @param {Record<string, unknown>} a
   * @param {Record<string, unknown>} b
   */
  return (a, b) => (isDescending ? order(keyOf(b), keyOf(a)) : order(keyOf(a), keyOf(b)));
}

/**
 * Makes a function that compares rows as an index of these columns orders them, by their values
 * alone.
 * @param {readonly string[]} columns
 * @param {Readonly<Record<string, string | undefined>>} types
 * @param {boolean} isDescending
 */
function orderBy(columns, types, isDescending) {
  const sign = isDescending ? -1 : 1;
  /**
   * @param {Record<string, any>} a
   * @param {Record<string, any>} b
   */
  return (a, b) => {
    for (const column of columns) {
      const type = Object.hasOwn(types, column) ? types[column] : undefined;
      const order = compareValues(a[column], b[column], type);
      if (order !== 0) return sign * order;
    }
    return 0;
  };
}

/**
 * NULL sorts first, as in the server's indexes. Text in a column without a declared type is
 * compared as a number if it is one.
 * @param {any} a
 * @param {any} b
 * @param {string | undefined} type
 */
function compareValues(a, b, type) {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a !== 'string')
    return Buffer.isBuffer(a) ? Buffer.compare(a, b) : Number(a > b) - Number(a < b);
  if (type === undefined && isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * @param {string} a
 * @param {string} b
 */
function compareNumbers(a, b) {
  const difference = Number(a) - Number(b);
  if (difference < 0 || difference > 0) return difference;
  if (/e/i.test(a + b)) return 0;
  // Both may be the same double, or larger than any double.
  const decimals = Math.max(decimalsOf(a).length, decimalsOf(b).length);
  const [scaledA, scaledB] = [a, b].map((text) => {
    return BigInt(text.replace(/\..*/, '') + decimalsOf(text).padEnd(decimals, '0'));
  });
  return Number(scaledA > scaledB) - Number(scaledA < scaledB);
}

/** @param {string} text */
function decimalsOf(text) {
  return text.split('.')[1] ?? '';
}

module.exports = { exactOrder, merge, orderBy };
