'use strict';

const { checkArray, checkOneOf, checkOptions } = require('../util/check.js');
const { show } = require('../util/show.js');
const { compileCodec } = require('./codecs/codec.js');
const { checkStep } = require('./codecs/integers.js');
const { schemaError } = require('./errors.js');
const {
  findColumn,
  findIndex,
  findsByShown,
  firstKey,
  keysTellRows,
  namesOneRow,
  orderOf,
  prefixLengthRefusal,
  prefixRefusal,
} = require('./indexes.js');
const { InsertPlans, takesNoValue } = require('./insert-plans.js');
const { remember } = require('./remember.js');
const { refusalOf } = require('./rules.js');
const { shownKeyOf } = require('./shown-keys.js');

/**
 * Checks every call of an index with a schema before anything is sent. openIndex makes it once, and
 * refuses tables that are unsafe even to read. The calls then use:
 *
 *     find, scan, get …   checkFind(op, parts), toKeyPart for each part, toFilter
 *     update              checkWrite('update', …), toKeyPart, toValue for each column that it names
 *     increment           checkWrite('increment', …), toKeyPart, toStep
 *     delete              checkWrite('delete', …), toKeyPart
 *     insert              toInsert
 *
 * Refusals are errors with the code ERR_HS_SCHEMA; an invalid value of the caller is a TypeError or
 * RangeError.
 */
class Guard {
  #schema;
  #index;
  #allow;
  #types;
  /** @type {Map<string, KnownColumn>} */
  #known = new Map();
  /** @type {readonly Part[]} */
  #parts;
  /** Refusals of finds, by operator and number of parts. @type {Map<string, (string | null)[]>} */
  #finds = new Map();
  /**
   * Refusals of writes, by operation, because they take long to determine.
   * @type {Map<string, string | null>}
   */
  #writes = new Map();
  #inserts;

  /**
   * @param {object} target
   * @param {Schema} target.schema
   * @param {string} [target.index]
   * @param {readonly string[]} [target.columns]  by default those of `SELECT *`
   * @param {Readonly<Record<string, string>>} [target.types]  columns that are read as another type
   * @param {readonly string[]} [target.allow]
   */
  constructor({ schema, index, columns, types = {}, allow = [] }) {
    this.#schema = checkSchema(schema);
    this.#allow = checkAllow(allow);
    this.#types = types;
    // A view has no index.
    this.#index = schema.kind === 'BASE TABLE' ? findIndex(schema, index) : NO_INDEX;
    this.#refuse({ kind: 'open' });
    /** The names of the columns that rows have. @readonly */
    this.columns = columns ?? schema.columns.filter((one) => !one.invisible).map((one) => one.name);
    this.#parts = this.#index.columns.map(({ name, prefix }) => {
      const { column, codec } = this.#columnOf(name);
      const refusal = prefixRefusal(column, prefix);
      return { name, column, codec, prefix, refusal, show: shownKeyOf(column) };
    });
    for (const name of this.columns) this.#checkReadable(name);
    this.#inserts = new InsertPlans(
      schema,
      (name) => this.#columnOf(name),
      (operation) => this.#refuse(operation),
    );
  }

  get schema() {
    return this.#schema;
  }

  /** The index as the schema describes it. */
  get index() {
    return this.#index;
  }

  /** @param {string} name */
  columnOf(name) {
    return this.#columnOf(name).column;
  }

  /** @param {string} name */
  codecOf(name) {
    return this.#columnOf(name).codec;
  }

  /**
   * Whether a key with this many parts, none of them NULL, finds at most one row.
   * @param {number} parts
   */
  namesOneRow(parts) {
    return namesOneRow(this.#index, parts);
  }

  /** The first key of a scan over the whole index; undefined if it is unknown. */
  get firstKey() {
    return firstKey(this.#schema, this.#index, (column) => this.#compile(column));
  }

  /**
   * Whether the text that the server shows for a column, sent as a key, finds the same rows.
   * @param {string} name
   */
  findsByShown(name) {
    return findsByShown(this.#columnOf(name).column);
  }

  /** Whether a row tells which key found it. */
  get keysTellRows() {
    return keysTellRows(this.#schema, this.#index);
  }

  /**
   * Compares two rows' keys as the index orders them; null if the JavaScript values do not
   * determine the order.
   */
  get order() {
    return orderOf(this.#schema, this.#index, (column) => this.#compile(column));
  }

  /**
   * @param {import('../..').FindOperator} op
   * @param {number} parts
   */
  checkFind(op, parts) {
    let refusals = this.#finds.get(op);
    if (refusals === undefined) {
      refusals = [];
      this.#finds.set(op, refusals);
    }
    let refusal = refusals[parts];
    if (refusal === undefined) {
      refusal = this.#refusalOf({ kind: 'find', op, parts });
      refusals[parts] = refusal;
    }
    if (refusal !== null) throw schemaError(refusal);
  }

  /** @param {import('./operations.js').Operation} operation */
  checkWrite(operation) {
    const { kind, op = '', parts = 0, isOne, isList, columns = [] } = operation;
    const key = `${kind}${op}${parts}${isOne},${isList},${columns.join()}`;
    let refusal = this.#writes.get(key);
    if (refusal === undefined) {
      refusal = this.#refusalOf(operation);
      remember(this.#writes, key, refusal);
    }
    if (refusal !== null) throw schemaError(refusal);
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
    if (part.prefix === undefined || encoded === null) return encoded;
    if (part.refusal !== null) throw schemaError(`${argument}: ${part.refusal}`);
    const refusal = prefixLengthRefusal(part.column, part.prefix, encoded);
    if (refusal !== null) throw new RangeError(`${argument}: ${refusal}`);
    return encoded;
  }

  /**
   * A key part as the server shows it: equal parts have the same text, however they are written.
   * @param {Bindable} encoded
   * @param {number} position
   * @returns {string} a byte string
   */
  shownKeyPart(encoded, position) {
    return this.#parts[position].show(encoded);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toValue(name, value, argument) {
    const { codec, isVirtual } = this.#columnOf(name);
    if (isVirtual) throw takesNoValue(name, argument);
    return codec.encode(value, argument);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toFilter(name, value, argument) {
    const { column, codec } = this.#columnOf(name);
    if (value !== null && /(?:text|blob)$|^json$/.test(column.type)) {
      throw new TypeError(
        `${argument}: column '${name}' (${column.type}) can only be compared with NULL`,
      );
    }
    return codec.encode(value, argument);
  }

  /**
   * Checks an amount for increment or decrement.
   * @param {string} name
   * @param {unknown} value
   * @param {string} argument
   */
  toStep(name, value, argument) {
    const { column, codec } = this.#columnOf(name);
    return checkStep(column, codec, value, argument);
  }

  /**
   * Returns the columns to insert and their values, so that the row is the one that strict SQL
   * would insert.
   * @param {Readonly<Record<string, unknown>>} given  undefined counts as not named
   * @param {string} argument
   */
  toInsert(given, argument) {
    return this.#inserts.toInsert(given, argument);
  }

  /**
   * @param {string} name
   * @returns {KnownColumn}
   */
  #columnOf(name) {
    let known = this.#known.get(name);
    if (known === undefined) {
      const own = findColumn(this.#schema, name);
      // A TINYINT(1) that is read as a number takes other numbers than 0 and 1.
      const isBoolean = ['boolean', undefined].includes(this.#typeOf(name));
      const column = own.type === 'boolean' && !isBoolean ? { ...own, type: 'tinyint' } : own;
      known = {
        column,
        codec: this.#compile(column),
        isVirtual: column.generated?.kind === 'virtual',
      };
      this.#known.set(name, known);
    }
    return known;
  }

  /**
   * The type that `types` declares for a column.
   * @param {string} name
   */
  #typeOf(name) {
    return Object.hasOwn(this.#types, name) ? this.#types[name] : undefined;
  }

  /** @param {Column} column */
  #compile(column) {
    return compileCodec(column, this.#schema.server);
  }

  /** @param {string} name */
  #checkReadable(name) {
    const { unreadable } = this.codecOf(name);
    const isRaw = ['string', 'buffer'].includes(this.#typeOf(name) ?? '');
    if (unreadable !== undefined && !isRaw) {
      const { database, table } = this.#schema;
      throw schemaError(`open ${database}.${table}: ${unreadable}`);
    }
  }

  /** @param {import('./operations.js').Operation} operation */
  #refuse(operation) {
    const refusal = this.#refusalOf(operation);
    if (refusal !== null) throw schemaError(refusal);
  }

  /** @param {import('./operations.js').Operation} operation */
  #refusalOf(operation) {
    return refusalOf({ schema: this.#schema, index: this.#index }, operation, this.#allow);
  }
}

/** @type {import('../../types/schema').IndexSchema} */
const NO_INDEX = { name: '', unique: false, algorithm: 'BTREE', columns: [] };

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
  return freeze(schema);
}

/** @type {WeakSet<object>} */
const frozen = new WeakSet();

/**
 * Freezes a schema and everything in it, so that later changes of the caller's object do not change
 * what an open index refuses. It is not copied, because clients tell schemas by identity.
 * @template {object} T
 * @param {T} part
 * @returns {T}
 */
function freeze(part) {
  if (frozen.has(part)) return part;
  frozen.add(part);
  for (const one of Object.values(part)) {
    if (typeof one === 'object' && one !== null) freeze(one);
  }
  return Object.freeze(part);
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
 * @typedef {object} Part  of the index
 * @property {string} name
 * @property {Column} column
 * @property {Codec} codec
 * @property {number | undefined} prefix
 * @property {string | null} refusal  why it takes no key but NULL
 * @property {(encoded: Bindable) => string} show
 *
 * @typedef {import('../..').Bindable} Bindable
 *
 * @typedef {import('../../types/schema').TableSchema} Schema
 * @typedef {import('../../types/schema').ColumnSchema} Column
 * @typedef {import('./codecs/codec.js').Codec} Codec
 * @typedef {import('./insert-plans.js').KnownColumn} KnownColumn
 */

module.exports = { Guard };
