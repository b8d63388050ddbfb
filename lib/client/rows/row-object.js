'use strict';

const { types } = require('node:util');
const { show } = require('../../util/show.js');

/*
 * Reads rows that callers pass: plain objects, or objects of a class whose values may be accessors,
 * as ORMs make them.
 */

/**
 * The values of an object under these names, as own properties; null if it does not hold values. An
 * object that inherits none of them, such as a plain object, is returned as it is.
 * @param {unknown} given
 * @param {readonly string[]} names
 * @returns {Record<string, unknown> | null}
 */
function valuesOf(given, names) {
  if (typeof given !== 'object' || given === null) return null;
  const prototype = Object.getPrototypeOf(given);
  const object = /** @type {Record<string, unknown>} */ (given);
  if (isRoot(prototype)) return object;

  if (types.isUint8Array(given)) return null;
  const hasOwn = Object.keys(given).length > 0;
  // The accessors of a Date, a Map or a promise that was not awaited, such as `size`, are not
  // values of a row.
  if (!hasOwn && isBuiltIn(given)) return null;
  const inherited = names.filter(
    (name) => !Object.hasOwn(given, name) && inherits(prototype, name),
  );
  if (inherited.length === 0) return hasOwn ? object : null;
  const found = names.filter((name) => inherited.includes(name) || Object.hasOwn(given, name));
  return Object.fromEntries(found.map((name) => [name, object[name]]));
}

/**
 * Whether an object of this prototype has a value of that name from its class. Methods are not
 * values, nor is anything that all objects have.
 * @param {object | null} prototype
 * @param {string} name
 */
function inherits(prototype, name) {
  for (let at = prototype; at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property === undefined) continue;
    return property.get !== undefined || !['function', 'undefined'].includes(typeof property.value);
  }
  return false;
}

/**
 * Whether the prototype is null, or the Object.prototype of any realm: a vm context has its own.
 * @param {object | null} prototype
 */
function isRoot(prototype) {
  if (prototype === null || prototype === Object.prototype) return true;
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'propertyIsEnumerable')
  );
}

/** @param {object} value */
function isBuiltIn(value) {
  return (
    types.isDate(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  );
}

/**
 * The same, but throws if the object does not hold values.
 * @param {unknown} given
 * @param {readonly string[]} names
 * @param {string} argument
 */
function checkedValuesOf(given, names, argument) {
  const values = valuesOf(given, names);
  if (values !== null) return values;
  throw new TypeError(
    `${argument} must be an object of values by column, or an array, not ${show(given)}`,
  );
}

/**
 * The same, but also throws if the object has any other name.
 * @param {unknown} given
 * @param {readonly string[]} names
 * @param {string} argument
 */
function onlyValuesOf(given, names, argument) {
  const values = checkedValuesOf(given, names, argument);
  for (const name of Object.keys(/** @type {object} */ (given))) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${argument} names '${name}', which is not among the index's columns: ${names.join(', ')}`,
      );
    }
  }
  return values;
}

/**
 * Checks that there is one value for each column.
 * @param {readonly unknown[]} given
 * @param {number} length  how many columns there are
 * @param {string} argument
 */
function checkValueCount(given, length, argument) {
  if (given.length === length) return;
  throw new TypeError(
    `${argument} must have a value for each of the ${length} columns, not ${given.length} values`,
  );
}

module.exports = { checkValueCount, checkedValuesOf, onlyValuesOf, valuesOf };
