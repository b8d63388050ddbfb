'use strict';

const { inspect, types } = require('node:util');

/* How errors show a value that a caller gave. */

/** Larger ones are not converted: a bigint of millions of digits takes a second. */
const MAX_SHOWN_BIGINT = 2n ** 256n;
/** In characters. */
const MAX_SHOWN = 80;
/** How much of a longer text is read. */
const MAX_READ = 10 * MAX_SHOWN;

/**
 * Shows a value in an error, short and on one line.
 * @param {unknown} value
 */
function show(value) {
  const text = textOf(value).slice(0, MAX_READ).replace(/\s+/g, ' ');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 3)}...` : text;
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value === 'bigint' && (value > MAX_SHOWN_BIGINT || value < -MAX_SHOWN_BIGINT)) {
    return 'a bigint of more than 256 bits';
  }
  if (types.isNativeError(value)) return String(value);
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 40 });
}

/**
 * Shows only the kind of a value, for errors about values that may be secret.
 * @param {unknown} value
 */
function showKind(value) {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const madeBy = Object.getPrototypeOf(value)?.constructor;
  const name = typeof madeBy === 'function' ? madeBy.name : 'Object';
  return name === 'Object' ? 'an object' : `an object of class ${name}`;
}

module.exports = { show, showKind };
