'use strict';

const { types } = require('node:util');

/*
 * Rows as callers give them: plain objects, or objects of a class whose values may be accessors, as ORMs make them.
 */

/**
 * The values that an object has by these names, as own properties; null if it is no object of values. One that inherits
 * none of them, as a plain object, is given back as it is.
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
  // A Date, a Map or a promise that was not awaited: its accessors, as `size`, are about it.
  if (!hasOwn && isBuiltIn(given)) return null;
  const inherited = names.filter(
    (name) => !Object.hasOwn(given, name) && inherits(prototype, name),
  );
  if (inherited.length === 0) return hasOwn ? object : null;
  const found = names.filter((name) => inherited.includes(name) || Object.hasOwn(given, name));
  return Object.fromEntries(found.map((name) => [name, object[name]]));
}

/**
 * Whether an object of this prototype has a value of that name from its class. Methods are no values, and neither is what
 * all objects have.
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
 * Whether this is no prototype, or the Object.prototype of any realm: a vm context has one of its own.
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

module.exports = { valuesOf };
