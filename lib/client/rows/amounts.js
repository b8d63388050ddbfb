'use strict';

const { show } = require('../../util/show.js');

/*
 * The amounts of increment and decrement, which are the server's signed 64-bit integers.
 */

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_INT64_DIGITS = 19;
const WHOLE_NUMBER = /^[+-]?\d+$/;
const SIGN_AND_ZEROS = /^[+-]?0*/;

/**
 * The server reads digits up to the first other character and ignores the rest.
 * @param {unknown} value
 * @param {string} argument
 */
function checkAmount(value, argument) {
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
  // A bigint of millions of digits takes a second to make.
  if (typeof value === 'string' && value.replace(SIGN_AND_ZEROS, '').length > MAX_INT64_DIGITS) {
    return false;
  }
  const amount = BigInt(value);
  return amount <= MAX_INT64 && amount >= -MAX_INT64;
}

module.exports = { checkAmount };
