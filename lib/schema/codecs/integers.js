'use strict';

const { outOfRange, wrongType } = require('./refuse.js');

/** In bits. @type {Readonly<Record<string, number>>} */
const SIZES = { tinyint: 8, boolean: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
/**
 * Bounds the length, because BigInt takes time quadratic in the digits. ZEROFILL makes at most 255
 * digits.
 */
const DIGITS = /^-?\d{1,255}$/;

/**
 * TINYINT to INT: numbers.
 * @param {Column} column
 * @returns {Codec}
 */
function integerCodec(column) {
  const [least, greatest] = boundsOf(column).map(Number);
  return {
    encode: (value, argument) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest
        ? value
        : Number(encodeSlowly(column, value, argument)),
    decode: toNumber,
    counts: true,
    least,
    greatest,
    compare: compareNumbers,
  };
}

/**
 * BIGINT: bigints, and numbers if they are exact.
 * @param {Column} column
 * @returns {Codec}
 */
function bigintCodec(column) {
  const [least, greatest] = boundsOf(column);
  const leastNumber = column.unsigned ? 0 : Number.MIN_SAFE_INTEGER;
  return {
    encode: (value, argument) => {
      if (typeof value === 'bigint' && value >= least && value <= greatest) return value;
      if (Number.isSafeInteger(value) && Number(value) >= leastNumber) return Number(value);
      return encodeSlowly(column, value, argument);
    },
    decode: (text) => (DIGITS.test(text) ? BigInt(text) : undefined),
    counts: true,
    least,
    greatest,
    compare: compareNumbers,
  };
}

/**
 * BOOLEAN is TINYINT(1), which holds other numbers too. Those are refused, because they could not
 * be read back.
 * @param {Column} column
 * @returns {Codec}
 */
function booleanCodec(column) {
  const [least, greatest] = boundsOf(column).map(Number);
  return {
    encode: (value, argument) => {
      if (value === true || value === 1 || value === 1n || value === '1') return 1;
      if (value === false || value === 0 || value === 0n || value === '0') return 0;
      throw wrongType(column, argument, 'true or false', value);
    },
    decode: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    least,
    greatest,
    compare: compareNumbers,
  };
}

/**
 * @param {Column} column
 * @param {unknown} value
 * @param {string} argument
 */
function encodeSlowly(column, value, argument) {
  const [least, greatest] = boundsOf(column);
  const expected = `whole numbers from ${least} to ${greatest}`;
  const isWhole =
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isInteger(value)) ||
    (typeof value === 'string' && DIGITS.test(value));
  if (!isWhole) {
    throw typeof value === 'number'
      ? outOfRange(column, argument, expected, value)
      : wrongType(column, argument, expected, value);
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw outOfRange(
      column,
      argument,
      `${expected}, as a bigint where a number is not exact`,
      value,
    );
  }
  const exact = BigInt(/** @type {number | bigint | string} */ (value));
  if (exact < least || exact > greatest) throw outOfRange(column, argument, expected, value);
  return exact;
}

/**
 * @param {Column} column
 * @returns {[bigint, bigint]}
 */
function boundsOf({ type, unsigned }) {
  const size = BigInt(SIZES[type]);
  return unsigned ? [0n, 2n ** size - 1n] : [-(2n ** (size - 1n)), 2n ** (size - 1n) - 1n];
}

/** @param {string} text */
function toNumber(text) {
  const value = Number(text);
  return Number.isNaN(value) || text === '' ? undefined : value;
}

/**
 * Numbers, bigints and booleans.
 * @param {any} a
 * @param {any} b
 */
function compareNumbers(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The greatest amount that the protocol adds to a column. */
const LARGEST_STEP = 2n ** 63n - 1n;

/**
 * Checks an amount for increment or decrement. Whether the sum exceeds the column's range cannot be
 * known beforehand.
 * @param {Column} column
 * @param {Codec} codec
 * @param {unknown} value
 * @param {string} argument
 */
function checkStep(column, codec, value, argument) {
  const { name, declared } = column;
  if (column.type === 'boolean') {
    throw new TypeError(
      `${argument}: column '${name}' (${declared}) is true or false, and a sum could not be read again: count it with types: { ${name}: 'number' }`,
    );
  }
  if (!codec.counts) {
    throw new TypeError(
      `${argument}: column '${name}' (${declared}) cannot be counted up or down: the server would round it to a whole number, or read it as one`,
    );
  }
  const expected = `whole numbers within 64 bits to be added`;
  if (Number.isSafeInteger(value)) return /** @type {number} */ (value);
  if (typeof value === 'number') throw outOfRange(column, argument, expected, value);
  const isWhole = typeof value === 'bigint' || (typeof value === 'string' && DIGITS.test(value));
  if (!isWhole) throw wrongType(column, argument, expected, value);
  const exact = BigInt(/** @type {bigint | string} */ (value));
  if (exact < -LARGEST_STEP - 1n || exact > LARGEST_STEP) {
    throw outOfRange(column, argument, expected, value);
  }
  return exact;
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { bigintCodec, booleanCodec, checkStep, compareNumbers, integerCodec, toNumber };
