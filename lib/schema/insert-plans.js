'use strict';

const { insertedColumns, unnamedValue } = require('./inserts.js');
const { remember } = require('./remember.js');
const { planSplit, splitValues } = require('./split-insert.js');

/**
 * Makes the rows that strict SQL would insert of the rows given, with one plan for each set of
 * named columns.
 */
class InsertPlans {
  #schema;
  #columnOf;
  #refuse;
  /** Plans by the named columns. @type {Map<string, InsertPlan>} */
  #plans = new Map();
  /** The plan used last. @type {InsertPlan | null} */
  #last = null;

  /**
   * @param {import('../../types/schema').TableSchema} schema
   * @param {(name: string) => KnownColumn} columnOf
   * @param {(operation: import('./rules.js').Operation) => void} refuse  throws if the operation is
   *   forbidden
   */
  constructor(schema, columnOf, refuse) {
    this.#schema = schema;
    this.#columnOf = columnOf;
    this.#refuse = refuse;
  }

  /**
   * @param {Readonly<Record<string, unknown>>} given  undefined counts as not named
   * @param {string} argument
   * @returns {{ names: readonly string[], values: readonly Bindable[], rest?: import('./split-insert.js').Rest }}
   */
  toInsert(given, argument) {
    const { names, slots, split } = this.#planOf(given, argument);
    const values = [];
    for (const { name, encode, unnamed } of slots) {
      values.push(encode === null ? unnamed : encode(given[name], argument));
    }
    return split === null ? { names, values } : splitValues(split, values);
  }

  /**
   * @param {Readonly<Record<string, unknown>>} given
   * @param {string} argument
   */
  #planOf(given, argument) {
    const keys = Object.keys(given);
    if (this.#last !== null && namesTheseAll(given, keys, this.#last.named)) return this.#last;
    const named = keys.filter((name) => given[name] !== undefined);
    // NUL cannot occur in a column name.
    const key = named.join('\0');
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      plan = this.#plan(named, argument);
      remember(this.#plans, key, plan);
    }
    this.#last = plan;
    return plan;
  }

  /**
   * @param {readonly string[]} named
   * @param {string} argument
   * @returns {InsertPlan}
   */
  #plan(named, argument) {
    for (const name of named) {
      if (this.#columnOf(name).isVirtual) throw takesNoValue(name, argument);
    }
    this.#refuse({ kind: 'insert', columns: named });
    const columns = insertedColumns(this.#schema, named);
    const names = columns.map(({ name }) => name);
    return {
      named,
      names,
      split: planSplit(this.#schema, names),
      slots: columns.map((column) =>
        named.includes(column.name)
          ? { name: column.name, encode: this.#encoderOf(column), unnamed: null }
          : { name: column.name, encode: null, unnamed: this.#unnamedValue(column, argument) },
      ),
    };
  }

  /**
   * @param {Column} column
   * @returns {Codec['encode']}
   */
  #encoderOf({ name, autoIncrement }) {
    const { encode } = this.#columnOf(name).codec;
    // NULL makes the server generate the next id.
    return autoIncrement
      ? (value, argument) => (value === null ? null : encode(value, argument))
      : encode;
  }

  /**
   * @param {Column} column
   * @param {string} argument
   */
  #unnamedValue(column, argument) {
    const unnamed = unnamedValue(column, this.#columnOf(column.name).codec);
    if ('required' in unnamed) throw new TypeError(`${argument}: ${unnamed.required}`);
    return unnamed.value;
  }
}

/**
 * Whether a row has values for exactly these names.
 * @param {Readonly<Record<string, unknown>>} given
 * @param {readonly string[]} keys  of the row
 * @param {readonly string[]} names
 */
function namesTheseAll(given, keys, names) {
  if (keys.length !== names.length) return false;
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] !== names[i] || given[keys[i]] === undefined) return false;
  }
  return true;
}

/**
 * @param {string} name
 * @param {string} argument
 */
function takesNoValue(name, argument) {
  return new TypeError(`${argument}: column '${name}' is virtual, and takes no value`);
}

/**
 * @typedef {object} KnownColumn
 * @property {Column} column
 * @property {Codec} codec
 * @property {boolean} isVirtual
 *
 * @typedef {object} InsertPlan  the columns of an insert, and the source of each value
 * @property {readonly string[]} named  by the caller
 * @property {readonly string[]} names  of the columns that are sent
 * @property {import('./split-insert.js').Split | null} split
 * @property {readonly { name: string, encode: Codec['encode'] | null, unnamed: Bindable }[]} slots
 *
 * @typedef {import('../..').Bindable} Bindable
 * @typedef {import('../../types/schema').ColumnSchema} Column
 * @typedef {import('./codecs/codec.js').Codec} Codec
 */

module.exports = { InsertPlans, takesNoValue };
