'use strict';

const { checkArray, checkOneOf, checkOptions } = require('../util/check.js');
const { show } = require('../util/show.js');
const { compileCodec } = require('./codecs/codec.js');
const { checkStep } = require('./codecs/integers.js');
const { schemaError } = require('./errors.js');
const { findColumn, findIndex, prefixRefusal } = require('./indexes.js');
const { insertedColumns, unnamedValue } = require('./inserts.js');
const { refusalOf } = require('./rules.js');

/**
 * What an index with a schema asks before it sends anything. It is made once, at openIndex, which refuses what reading
 * hurts; each call then asks:
 *
 *     find, scan, get …   checkFind(op, parts), toKeyPart for each part, toFilter
 *     update              checkWrite('update', …), toKeyPart, toValue for each column that it names
 *     increment           checkWrite('increment', …), toKeyPart, toStep
 *     delete              checkWrite('delete', …), toKeyPart
 *     insert              checkWrite('insert', …), toInsert
 *
 * Refusals are errors with the code ERR_HS_SCHEMA; where the caller's value is at fault, TypeErrors and RangeErrors.
 */
class Guard {
  #schema;
  #index;
  #allow;
  /** By column. @type {Map<string, Codec>} */
  #codecs = new Map();
  /** @type {readonly { name: string, column: Column, codec: Codec, prefix: number | undefined }[]} */
  #parts;
  /** Refusals by operation, since they take long to find. @type {Map<string, string | null>} */
  #refusals = new Map();
  /** By the names that are given. @type {Map<string, InsertPlan>} */
  #inserts = new Map();

  /**
   * @param {object} target
   * @param {Schema} target.schema
   * @param {string} [target.index]
   * @param {readonly string[]} [target.columns]  those of `SELECT *` if left out
   * @param {Readonly<Record<string, string>>} [target.types]  how columns are read otherwise
   * @param {readonly string[]} [target.allow]
   */
  constructor({ schema, index, columns, types = {}, allow = [] }) {
    this.#schema = checkSchema(schema);
    this.#allow = checkAllow(allow);
    // A view has no index to be found.
    this.#index = schema.kind === 'BASE TABLE' ? findIndex(schema, index) : NO_INDEX;
    this.#refuse({ kind: 'open' });
    /** The names of the columns that rows have. @readonly */
    this.columns = columns ?? schema.columns.filter((one) => !one.invisible).map((one) => one.name);
    this.#parts = this.#index.columns.map(({ name, prefix }) => {
      return { name, column: findColumn(schema, name), codec: this.codecOf(name), prefix };
    });
    for (const name of this.columns) this.#checkReadable(name, types);
  }

  /** The index as the schema has it. */
  get index() {
    return this.#index;
  }

  /** @param {string} name */
  codecOf(name) {
    let codec = this.#codecs.get(name);
    if (codec === undefined) {
      codec = compileCodec(findColumn(this.#schema, name), this.#schema.server);
      this.#codecs.set(name, codec);
    }
    return codec;
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {number} parts
   */
  checkFind(op, parts) {
    this.#refuse({ kind: 'find', op, parts });
  }

  /** @param {import('./rules.js').Operation} operation */
  checkWrite(operation) {
    this.#refuse(operation);
  }

  /**
   * @param {unknown} value
   * @param {number} position
   * @param {string} argument
   */
  toKeyPart(value, position, argument) {
    const part = this.#parts[position];
    if (part === undefined) {
      throw new TypeError(
        `${argument} must have at most ${this.#parts.length} parts, as the index ${show(this.#index.name)} has`,
      );
    }
    const encoded = part.codec.encode(value, argument);
    if (part.prefix === undefined) return encoded;
    const refusal = prefixRefusal(part.column, part.prefix, encoded);
    if (refusal !== null) throw new RangeError(`${argument}: ${refusal}`);
    return encoded;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toValue(name, value, argument) {
    const { generated } = findColumn(this.#schema, name);
    if (generated?.kind === 'virtual') throw takesNoValue(name, argument);
    return this.codecOf(name).encode(value, argument);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toFilter(name, value, argument) {
    const { type } = findColumn(this.#schema, name);
    if (value !== null && /(?:text|blob)$|^json$/.test(type)) {
      throw new TypeError(`${argument}: column '${name}' (${type}) can only be compared with NULL`);
    }
    return this.codecOf(name).encode(value, argument);
  }

  /**
   * What is added to a column.
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toStep(name, value, argument) {
    return checkStep(findColumn(this.#schema, name), this.codecOf(name), value, argument);
  }

  /**
   * The columns to insert and their values, so that the row is the one that strict SQL would make.
   * @param {Readonly<Record<string, unknown>>} given  undefined is as if it was not named
   * @param {string} argument
   */
  toInsert(given, argument) {
    const named = Object.keys(given).filter((name) => given[name] !== undefined);
    // No name has this character.
    const key = named.join('\0');
    let plan = this.#inserts.get(key);
    if (plan === undefined) {
      plan = this.#planInsert(named, argument);
      this.#inserts.set(key, plan);
    }
    const values = plan.slots.map(({ name, encode, unnamed }) =>
      encode === null ? unnamed : encode(given[name], argument),
    );
    return { names: plan.names, values };
  }

  /**
   * @param {readonly string[]} named
   * @param {string} argument
   * @returns {InsertPlan}
   */
  #planInsert(named, argument) {
    for (const name of named) {
      const { generated } = findColumn(this.#schema, name);
      if (generated?.kind === 'virtual') throw takesNoValue(name, argument);
    }
    this.#refuse({ kind: 'insert', columns: named });
    const columns = insertedColumns(this.#schema, named);
    return {
      names: columns.map(({ name }) => name),
      slots: columns.map((column) =>
        named.includes(column.name)
          ? { name: column.name, encode: this.#insertEncoder(column), unnamed: null }
          : { name: column.name, encode: null, unnamed: this.#unnamedValue(column, argument) },
      ),
    };
  }

  /**
   * @param {Column} column
   * @returns {Codec['encode']}
   */
  #insertEncoder({ name, autoIncrement }) {
    const { encode } = this.codecOf(name);
    // The server counts on.
    return autoIncrement
      ? (value, argument) => (value === null ? null : encode(value, argument))
      : encode;
  }

  /**
   * @param {Column} column
   * @param {string} argument
   */
  #unnamedValue(column, argument) {
    const unnamed = unnamedValue(column, this.codecOf(column.name));
    if ('required' in unnamed) throw new TypeError(`${argument}: ${unnamed.required}`);
    return unnamed.value;
  }

  /**
   * @param {string} name
   * @param {Readonly<Record<string, string>>} types
   */
  #checkReadable(name, types) {
    const { unreadable } = this.codecOf(name);
    const isRaw = Object.hasOwn(types, name) && ['string', 'buffer'].includes(types[name]);
    if (unreadable !== undefined && !isRaw) {
      const { database, table } = this.#schema;
      throw schemaError(`open ${database}.${table}: ${unreadable}`);
    }
  }

  /** @param {import('./rules.js').Operation} operation */
  #refuse(operation) {
    const { kind, op = '', parts = 0, columns = [] } = operation;
    const key = `${kind}${op}${parts},${columns.join()}`;
    let refusal = this.#refusals.get(key);
    if (refusal === undefined) {
      refusal = refusalOf({ schema: this.#schema, index: this.#index }, operation, this.#allow);
      this.#refusals.set(key, refusal);
    }
    if (refusal !== null) throw schemaError(refusal);
  }
}

/** @type {import('../../types/schema').IndexSchema} */
const NO_INDEX = { name: '', unique: false, algorithm: 'BTREE', columns: [] };

/**
 * @param {string} name
 * @param {string} argument
 */
function takesNoValue(name, argument) {
  return new TypeError(`${argument}: column '${name}' is virtual, and takes no value`);
}

/**
 * @param {any} schema
 * @returns {Schema}
 */
function checkSchema(schema) {
  checkOptions(schema, 'target.schema');
  const isSchema =
    typeof schema.database === 'string' &&
    typeof schema.table === 'string' &&
    [schema.columns, schema.indexes, schema.checks, schema.triggers].every(Array.isArray) &&
    typeof schema.server?.version === 'string';
  if (!isSchema) {
    throw new TypeError(`target.schema must be what readTable gives, not ${show(schema)}`);
  }
  return schema;
}

const ALLOWANCES = new Set([
  'triggers',
  'checks',
  'generated',
  'on-update',
  'defaults',
  'unlogged',
  'split-insert',
]);

/**
 * @param {readonly string[]} allow
 * @returns {readonly import('./rules.js').Allowance[]}
 */
function checkAllow(allow) {
  checkArray(allow, 'target.allow');
  for (const [i, one] of allow.entries()) checkOneOf(one, `target.allow[${i}]`, ALLOWANCES);
  return /** @type {readonly import('./rules.js').Allowance[]} */ ([...allow]);
}

/**
 * @typedef {object} InsertPlan  the columns of an insert, and where each value comes from
 * @property {readonly string[]} names
 * @property {readonly { name: string, encode: Codec['encode'] | null, unnamed: import('../..').Bindable }[]} slots
 *
 * @typedef {import('../../types/schema').TableSchema} Schema
 * @typedef {import('../../types/schema').ColumnSchema} Column
 * @typedef {import('./codecs/codec.js').Codec} Codec
 */

module.exports = { Guard };
