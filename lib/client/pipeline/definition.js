'use strict';

const { encodeOpenIndex } = require('../../protocol/command.js');

/**
 * What an open_index request says. Each connection opens a definition once, under an id of its own;
 * those that say the same are mostly one and the same object.
 */
class Definition {
  /**
   * @param {import('../../..').IndexTarget} target
   * @param {import('../../../types/schema').TableSchema} [schema]  that says what the table is
   */
  constructor(target, schema) {
    /** Behind the index id. */
    this.request = encodeOpenIndex(target);
    const { database, table, index = 'PRIMARY', columns, filterColumns } = target;
    this.database = database;
    this.table = table;
    this.index = index;
    this.columns = [...columns];
    this.filterColumns = filterColumns === undefined ? undefined : [...filterColumns];
    /** The same for all definitions of an index. No name that can be opened has a TAB in it. */
    this.place = `${database}\t${table}\t${index}`;
    this.schema = schema;
    /** Whether it is all of what a caller has opened, and not some columns of it. */
    this.isWhole = false;
  }

  /** For errors. */
  toString() {
    return `index '${this.index}' of '${this.database}.${this.table}'`;
  }
}

/**
 * How many a client remembers: more than a connection has ids for. One that was forgotten is opened
 * again under another id when it is asked for, and works beside the object that an Index still has.
 */
const MAX_KNOWN = 1024;

/** Schemas are told apart by who they are. @type {WeakMap<object, number>} */
const schemaNumbers = new WeakMap();
let schemas = 0;

/**
 * The same for definitions that say the same.
 * @param {Definition} definition
 */
function keyOf({ request, schema }) {
  if (schema === undefined) return request;
  const number = schemaNumbers.get(schema) ?? ++schemas;
  schemaNumbers.set(schema, number);
  // No request has this character.
  return `${request}\n${number}`;
}

/** The definitions of a client. */
class Definitions {
  /** The one asked for last at the end. @type {Map<string, Definition>} */
  #known = new Map();

  /**
   * @param {import('../../..').IndexTarget} target
   * @param {import('../../../types/schema').TableSchema} [schema]
   */
  get(target, schema) {
    const made = new Definition(target, schema);
    const key = keyOf(made);
    const definition = this.#known.get(key) ?? made;
    this.#known.delete(key);
    if (this.#known.size === MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(key, definition);
    return definition;
  }

  /** Those that indexes were opened with. */
  get schemas() {
    const found = new Set();
    for (const { schema } of this.#known.values()) if (schema !== undefined) found.add(schema);
    return found;
  }

  /** What callers have opened. */
  get whole() {
    return [...this.#known.values()].filter(({ isWhole }) => isWhole);
  }
}

module.exports = { Definition, Definitions };
