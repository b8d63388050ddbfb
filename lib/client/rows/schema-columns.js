'use strict';

const { checkColumns } = require('./column-names.js');
const { checkValueCount, checkedValuesOf, onlyValuesOf } = require('./row-object.js');
const { readTypeOf, writeTypeOf } = require('./schema-types.js');
const { checkTypes } = require('./types.js');

/** @typedef {import('../index-knowledge').Columns} Columns */

/**
 * The columns of an index as a schema describes them (index-knowledge.d.ts). Each column checks its
 * values and encodes them for the server.
 * @implements {Columns}
 */
class SchemaColumns {
  #guard;
  /** Names of all columns of the table. @type {readonly string[]} */
  #all;
  /** Columns that `types` reads as another type. @type {[name: string, toText: ToText][]} */
  #conversions = [];

  /**
   * @param {InstanceType<typeof import('../../schema/guard.js').Guard>} guard
   * @param {Readonly<Record<string, string>>} types
   */
  constructor(guard, types) {
    this.#guard = guard;
    this.names = checkColumns(guard.columns);
    checkTypes(types, this.names);
    this.#all = guard.schema.columns.map(({ name }) => name);
    this.types = this.names.map((name) => {
      const declared = Object.hasOwn(types, name) ? types[name] : undefined;
      const column = guard.columnOf(name);
      const toText = writeTypeOf(column, declared);
      if (toText !== undefined) this.#conversions.push([name, toText]);
      return readTypeOf(column, guard.codecOf(name), declared);
    });
    this.notNull = new Set(this.names.filter((name) => !guard.columnOf(name).nullable));
    this.notNullReason = 'is NOT NULL by the schema, which may be old';
  }

  /**
   * All columns of the table except generated ones, whichever were opened.
   * @param {unknown} given
   * @param {string} argument
   */
  toInsert(given, argument) {
    const values = Array.isArray(given)
      ? this.#byName(given, argument)
      : checkedValuesOf(given, this.#all, argument);
    return this.#guard.toInsert(this.#convert(values, argument), argument);
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  toUpdate(given, argument) {
    const named = this.#convert(this.#named(given, argument), argument);
    return this.#collect(named, argument, (name, value) => {
      return this.#guard.toValue(name, value, argument);
    });
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  toIncrement(given, argument) {
    return this.#collect(this.#named(given, argument), argument, (name, value) => {
      return this.#guard.toStep(name, value, argument);
    });
  }

  /**
   * @param {unknown} value
   * @param {string} name
   * @param {string} argument
   */
  toFilter(value, name, argument) {
    return this.#guard.toFilter(name, value, argument);
  }

  /**
   * @param {unknown} given
   * @param {string} argument
   */
  #named(given, argument) {
    return Array.isArray(given)
      ? this.#byName(given, argument)
      : onlyValuesOf(given, this.names, argument);
  }

  /**
   * @param {readonly unknown[]} given
   * @param {string} argument
   * @returns {Record<string, unknown>}
   */
  #byName(given, argument) {
    checkValueCount(given, this.names.length, argument);
    return Object.fromEntries(this.names.map((name, i) => [name, given[i]]));
  }

  /**
   * @param {Record<string, unknown>} values
   * @param {string} argument
   */
  #convert(values, argument) {
    if (this.#conversions.length === 0) return values;
    const converted = { ...values };
    for (const [name, toText] of this.#conversions) {
      const value = values[name];
      if (value === undefined || value === null) continue;
      converted[name] = toText(value, `${argument}.${name}`);
    }
    return converted;
  }

  /**
   * @param {Record<string, unknown>} named
   * @param {string} argument
   * @param {(name: string, value: unknown) => import('../../..').Bindable} encode
   */
  #collect(named, argument, encode) {
    const names = [];
    const values = [];
    for (const name of this.names) {
      if (!Object.hasOwn(named, name)) continue;
      names.push(name);
      values.push(encode(name, named[name]));
    }
    if (names.length === 0) throw new TypeError(`${argument} must name at least one column`);
    return { names, values };
  }
}

/** @typedef {(value: unknown, argument: string) => unknown} ToText */

module.exports = { SchemaColumns };
