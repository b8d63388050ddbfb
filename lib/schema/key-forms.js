'use strict';

const {
  types: { isUint8Array },
} = require('node:util');
const { asBuffer, toByteString } = require('../protocol/encode.js');

/*
 * Keys that are equal may be written in more than one way: `1.5` and `1.50`. Their forms are the same.
 */

/**
 * What makes the form of a column's keys; undefined where the server shows less than it holds.
 * @param {import('../../types/schema').ColumnSchema} column
 * @returns {((encoded: import('../..').Bindable) => string) | undefined}
 */
function keyFormOf({ type }) {
  switch (type) {
    case 'float':
      return undefined;
    case 'double':
      return (encoded) => String(Number(encoded));
    case 'decimal':
      return decimalForm;
    case 'time':
      return timeForm;
    case 'datetime':
    case 'timestamp':
      return momentForm;
    default:
      return bytesForm;
  }
}

/** @param {import('../..').Bindable} encoded */
function bytesForm(encoded) {
  return isUint8Array(encoded)
    ? asBuffer(encoded).toString('latin1')
    : toByteString(String(encoded));
}

const DECIMAL = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/;

/** @param {import('../..').Bindable} encoded */
function decimalForm(encoded) {
  const [, sign, whole, decimals = ''] = /** @type {RegExpExecArray} */ (
    DECIMAL.exec(String(encoded))
  );
  const digits = `${whole || '0'}.${decimals}`;
  return digits === '0.' ? digits : sign + digits;
}

/** @param {import('../..').Bindable} encoded */
function timeForm(encoded) {
  const [, sign, hours, rest] = /** @type {RegExpExecArray} */ (
    /^(-?)0*(\d+)(:.*)$/.exec(String(encoded))
  );
  return sign + hours + momentForm(rest);
}

/** @param {import('../..').Bindable} encoded */
function momentForm(encoded) {
  const text = String(encoded);
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text;
}

module.exports = { keyFormOf };
