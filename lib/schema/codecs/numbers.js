'use strict';

const { compareNumbers, toNumber } = require('./integers.js');
const { outOfRange, wrongType } = require('./refuse.js');

/** The parts are separated by a point or an `e`, so the match takes linear time. */
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/** Longer texts are refused: no numeric column holds them. */
const MAX_NUMBER_LENGTH = 4096;
const ZERO = 0x30;
const MAX_FLOAT = 3.4028234663852886e38;
/** A float below this holds fewer than six digits. */
const MIN_NORMAL_FLOAT = 1.1754943508222875e-38;
/** The server shows this many digits of a float, and they identify it. */
const FLOAT_DIGITS = 6;
/** A double tells apart all numbers below 1 of this many decimals. */
const MAX_SCALE = 15;
/** The server's rounding to d decimals can change a further digit. */
const FIXED_DIGITS = 15;

/**
 * DECIMAL: strings, because a double cannot represent every value.
 * @param {Column} column
 * @returns {Codec}
 */
function decimalCodec(column) {
  const { precision = 10, scale = 0, unsigned } = column;
  const sign = unsigned ? '' : '-?';
  const fits = new RegExp(
    `^(?=.*\\d)${sign}0*\\d{0,${precision - scale}}(?:\\.\\d{0,${scale}}0*)?$`,
  );
  const nines = '9'.repeat(precision - scale) || '0';
  const greatest = scale === 0 ? nines : `${nines}.${'9'.repeat(scale)}`;
  const least = unsigned ? '0' : `-${greatest}`;
  const expected = `decimal numbers from ${least} to ${greatest} with at most ${scale} decimals`;
  return {
    encode: (value, argument) => {
      const text = typeof value === 'string' ? value : decimalText(value);
      if (text === undefined) throw wrongType(column, argument, expected, value);
      if (!fits.test(text)) throw outOfRange(column, argument, expected, value);
      return text;
    },
    decode: null,
    least,
    greatest,
    compare: compareDecimals,
  };
}

/** @param {unknown} value */
function decimalText(value) {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
    ? String(value)
    : undefined;
}

/**
 * Compares decimal numbers of the same scale.
 * @param {string} a
 * @param {string} b
 */
function compareDecimals(a, b) {
  return compareNumbers(BigInt(a.replace('.', '')), BigInt(b.replace('.', '')));
}

/**
 * FLOAT and DOUBLE: numbers.
 * @param {Column} column
 * @returns {Codec}
 */
function floatCodec(column) {
  const { type, unsigned, precision, scale } = column;
  const isRounded = roundsOtherwise(column);
  const isFloat = type === 'float';
  const range = unsigned ? 'finite numbers from 0' : 'finite numbers';
  const { isExact, expected, greatest } =
    precision === undefined || scale === undefined
      ? plainFloat(isFloat, range)
      : fixedFloat(isFloat, range, precision, scale);
  return {
    encode: (value, argument) => {
      if (isRounded) {
        const none = `no value, as the server rounds what has more than ${MAX_SCALE} decimals to other numbers: use DOUBLE or DECIMAL`;
        throw wrongType(column, argument, none, value);
      }
      const number = typeof value === 'string' ? exactNumber(value) : value;
      if (typeof number !== 'number') throw wrongType(column, argument, expected, value);
      const isWithin = Math.abs(number) <= greatest && !(unsigned && number < 0);
      if (!isWithin || !isExact(number)) throw outOfRange(column, argument, expected, value);
      return number;
    },
    decode: toNumber,
    least: unsigned ? 0 : -greatest,
    greatest,
    // Six digits do not distinguish all floats.
    compare: isFloat ? undefined : compareNumbers,
  };
}

/**
 * Whether the server stores values of this FLOAT(m,d) or DOUBLE(m,d) as other numbers. It rounds
 * (value - floor(value)) * 10^d, which a double does not hold exactly for d > 15.
 * @param {Column} column
 */
function roundsOtherwise({ type, scale = 0 }) {
  return (type === 'float' || type === 'double') && scale > MAX_SCALE;
}

/**
 * @param {boolean} isFloat
 * @param {string} range
 */
function plainFloat(isFloat, range) {
  if (!isFloat) return { isExact: () => true, expected: range, greatest: Number.MAX_VALUE };
  return {
    isExact: (/** @type {number} */ value) =>
      Math.fround(value) === value ||
      (Math.abs(value) >= MIN_NORMAL_FLOAT && hasDigits(value, FLOAT_DIGITS)),
    expected: `${range} up to ${MAX_FLOAT} that a float holds: of at most ${FLOAT_DIGITS} digits, or rounded by Math.fround`,
    greatest: MAX_FLOAT,
  };
}

/**
 * @param {number} value
 * @param {number} digits  that write it, at most
 */
function hasDigits(value, digits) {
  return Number(value.toPrecision(digits)) === value;
}

/**
 * FLOAT(m,d) and DOUBLE(m,d) hold d decimals.
 * @param {boolean} isFloat
 * @param {string} range
 * @param {number} precision
 * @param {number} scale
 */
function fixedFloat(isFloat, range, precision, scale) {
  const greatest = Number(`${'9'.repeat(precision - scale)}.${'9'.repeat(scale)}`);
  const held = isFloat ? Math.fround : (/** @type {number} */ value) => value;
  return {
    isExact: (/** @type {number} */ value) =>
      Number(held(value).toFixed(scale)) === value && hasDigits(value, FIXED_DIGITS),
    expected: `${range} up to ${greatest} with at most ${scale} decimals and ${FIXED_DIGITS} digits that a ${isFloat ? 'float' : 'double'} holds`,
    greatest,
  };
}

/**
 * The number that a text represents, if a double holds all its digits; undefined otherwise.
 * @param {string} text
 */
function exactNumber(text) {
  if (text.length > MAX_NUMBER_LENGTH || !NUMBER.test(text)) return undefined;
  const value = Number(text);
  return digitsOf(text) === digitsOf(String(value)) ? value : undefined;
}

/** @param {string} text */
function digitsOf(text) {
  const [mantissa] = text.toLowerCase().split('e', 1);
  const digits = mantissa.replace(/[-.]/g, '').replace(/^0+/, '');
  let end = digits.length;
  // Not by /0+$/, which starts again at each zero.
  while (end > 0 && digits.charCodeAt(end - 1) === ZERO) end--;
  return digits.slice(0, end);
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { decimalCodec, floatCodec, roundsOtherwise };
