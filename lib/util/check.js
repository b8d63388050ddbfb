'use strict';

const { MAX_TIMEOUT_MS } = require('./defaults.js');
const { show, showKind } = require('./show.js');

/*
 * Checks of options and arguments. Errors about an option name the kind of its value and never show
 * it, since it may be a secret in a wrong place. Errors about an argument show it.
 */

/** The server reads the protocol's numbers as unsigned 32-bit integers. */
const MAX_UINT32 = 2 ** 32 - 1;

/**
 * Checks an option that is a whole number within bounds.
 * @param {unknown} value
 * @param {string} option
 * @param {number} min
 * @param {number} max
 * @returns {number}
 */
function checkInteger(value, option, min, max) {
  if (typeof value !== 'number') {
    throw new TypeError(`${option} must be a number, not ${showKind(value)}`);
  }
  if (isWithin(value, min, max)) return value;
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}`);
}

/**
 * Checks an argument that is a whole number within bounds.
 * @param {unknown} value
 * @param {string} argument
 * @param {number} min
 * @param {number} max
 * @param {string} [reason]  the reason for the bounds, for the message
 * @returns {number}
 */
function checkIntegerArgument(value, argument, min, max, reason) {
  if (typeof value !== 'number') {
    throw new TypeError(`${argument} must be a number, not ${show(value)}`);
  }
  if (isWithin(value, min, max)) return value;
  const why = reason === undefined ? '' : ` (${reason})`;
  throw new RangeError(
    `${argument} must be a whole number from ${min} to ${max}${why}, not ${show(value)}`,
  );
}

/**
 * @param {number} value
 * @param {number} min
 * @param {number} max
 */
function isWithin(value, min, max) {
  return Number.isInteger(value) && value >= min && value <= max;
}

/**
 * @param {unknown} value
 * @param {string} option
 * @returns {string}
 */
function checkString(value, option) {
  if (typeof value === 'string') return value;
  throw new TypeError(`${option} must be a string, not ${showKind(value)}`);
}

/**
 * @param {unknown} secret
 * @param {string} option
 * @returns {string}
 */
function checkSecret(secret, option) {
  const text = checkString(secret, option);
  if (!/[\x00-\x0f]/.test(text)) return text;
  throw new TypeError(`${option} holds a control character below 0x10, which no secret can match`);
}

/**
 * @param {unknown} value
 * @param {string} argument  one option, or all of them
 * @returns {Record<string, unknown>}
 */
function checkOptions(value, argument) {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${argument} must be an object, not ${showKind(value)}`);
  }
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} argument  an option or an argument
 */
function checkArray(value, argument) {
  if (!Array.isArray(value)) {
    throw new TypeError(`${argument} must be an array, not ${showKind(value)}`);
  }
}

/**
 * Throws a TypeError for unknown options. A misspelt one would have no effect, or a wider one than
 * the caller intends.
 * @param {object} options
 * @param {string} argument
 * @param {readonly string[]} names
 */
function checkNames(options, argument, names) {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `Unknown option '${argument}.${unknown}'; expected one of ${names.join(', ')}`,
    );
  }
}

/**
 * Checks an option that is a time.
 * @param {unknown} value
 * @param {string} option
 * @returns {number}
 */
function checkMilliseconds(value, option) {
  if (typeof value !== 'number') {
    throw new TypeError(`${option} must be a number, not ${showKind(value)}`);
  }
  if (value > 0 && value <= MAX_TIMEOUT_MS) return value;
  throw new RangeError(`${option} must be more than 0 and at most ${MAX_TIMEOUT_MS} milliseconds`);
}

/**
 * Checks an option that is an AbortSignal, which may be of another realm: test runners make such.
 * @param {unknown} value
 * @param {string} option
 * @returns {AbortSignal | undefined} undefined for null too
 */
function checkSignal(value, option) {
  if (value === undefined || value === null) return undefined;
  const isSignal =
    value instanceof AbortSignal ||
    Object.prototype.toString.call(value) === '[object AbortSignal]';
  if (isSignal) return /** @type {AbortSignal} */ (value);
  throw new TypeError(`${option} must be an AbortSignal, not ${show(value)}`);
}

/**
 * Checks an option that is one of some texts.
 * @param {unknown} value
 * @param {string} option
 * @param {ReadonlySet<string>} allowed
 * @returns {string}
 */
function checkOneOf(value, option, allowed) {
  const text = checkString(value, option);
  if (allowed.has(text)) return text;
  throw new TypeError(`${option} must be one of ${listOf(allowed)}`);
}

/**
 * Checks an argument that is one of some texts.
 * @param {unknown} value
 * @param {string} argument
 * @param {ReadonlySet<string>} allowed
 * @returns {string}
 */
function checkOneOfArgument(value, argument, allowed) {
  if (typeof value === 'string' && allowed.has(value)) return value;
  throw new TypeError(`${argument} must be one of ${listOf(allowed)}, not ${show(value)}`);
}

/** @param {ReadonlySet<string>} texts */
function listOf(texts) {
  return [...texts].map((text) => `'${text}'`).join(', ');
}

module.exports = {
  MAX_UINT32,
  checkInteger,
  checkIntegerArgument,
  checkMilliseconds,
  checkSignal,
  checkString,
  checkArray,
  checkSecret,
  checkNames,
  checkOptions,
  checkOneOf,
  checkOneOfArgument,
};
