'use strict';

const { show } = require('./encode.js');

/** The server reads numbers of the protocol as unsigned 32-bit ones. */
const MAX_UINT32 = 2 ** 32 - 1;

/**
 * A whole number within bounds, or an error that names the argument.
 * @param {unknown} value
 * @param {string} argument
 * @param {number} min
 * @param {number} max
 * @param {string} [reason]  why the bounds are what they are
 * @returns {number}
 */
function checkInteger(value, argument, min, max, reason) {
  if (typeof value !== 'number') {
    throw new TypeError(`${argument} must be a number, not ${show(value)}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    const why = reason === undefined ? '' : ` (${reason})`;
    throw new RangeError(
      `${argument} must be a whole number from ${min} to ${max}${why}, not ${show(value)}`,
    );
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {string}
 */
function checkString(value, argument) {
  if (typeof value !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${show(value)}`);
  }
  return value;
}

/**
 * The secret is shown in no error.
 * @param {unknown} secret
 * @param {string} argument
 * @returns {string}
 */
function checkSecret(secret, argument) {
  if (typeof secret !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${typeof secret}`);
  }
  if (/[\x00-\x0f]/.test(secret)) {
    throw new TypeError(
      `${argument} holds a control character below 0x10, which no secret can match`,
    );
  }
  return secret;
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {Record<string, unknown>}
 */
function checkOptions(value, argument) {
  if (typeof value !== 'object' || value === null) {
    // Not a text itself: it may be a secret that came to the wrong place.
    const given = typeof value === 'string' ? 'a string' : show(value);
    throw new TypeError(`${argument} must be an object, not ${given}`);
  }
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
function checkArray(value, argument) {
  if (!Array.isArray(value)) {
    throw new TypeError(`${argument} must be an array, not ${show(value)}`);
  }
}

/**
 * Refuses options that there are not: a misspelt one would do nothing, or more than was meant.
 * @param {object} options
 * @param {string} argument
 * @param {readonly string[]} names
 */
function checkNames(options, argument, names) {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${argument}.${unknown} is no option: there are ${names.join(', ')}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {ReadonlySet<string>} allowed
 * @returns {string}
 */
function checkOneOf(value, argument, allowed) {
  if (typeof value === 'string' && allowed.has(value)) return value;
  const list = [...allowed].map((one) => `'${one}'`).join(', ');
  throw new TypeError(`${argument} must be one of ${list}, not ${show(value)}`);
}

module.exports = {
  MAX_UINT32,
  checkInteger,
  checkString,
  checkArray,
  checkSecret,
  checkNames,
  checkOptions,
  checkOneOf,
};
