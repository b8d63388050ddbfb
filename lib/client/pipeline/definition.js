'use strict';

const { encodeOpenIndex } = require('../../protocol/command.js');

/**
 * The content of an open_index request. Each connection opens a definition once, under an id of its
 * own. Equal definitions are usually one object (Definitions).
 */
class Definition {
  /**
   * @param {import('../../..').IndexTarget} target
   * @param {import('../../../types/schema').TableSchema} [schema]  of the table
   */
  constructor(target, schema) {
    /** The part of the request after the index id. */
    this.request = encodeOpenIndex(target);
    const { database, table, index = 'PRIMARY', columns, filterColumns } = target;
    this.database = database;
    this.table = table;
    this.index = index;
    this.columns = [...columns];
    this.filterColumns = filterColumns === undefined ? undefined : [...filterColumns];
    /** Equal for all definitions of an index. No name that can be opened has a TAB in it. */
    this.place = `${database}\t${table}\t${index}`;
    this.schema = schema;
    /** Whether it has all columns that the caller opened, and not some for an update. */
    this.isWhole = false;
  }

  /** For errors. */
  toString() {
    return `index '${this.index}' of '${this.database}.${this.table}'`;
  }
}

/**
 * The most definitions that a client remembers: more than a connection has ids for. A forgotten one
 * is made again on demand and opened under another id; an Index that still has the old object can
 * continue to use it.
 */
const MAX_KNOWN = 1024;

/** Tells schemas apart by identity. @type {WeakMap<object, number>} */
const schemaNumbers = new WeakMap();
let schemas = 0;

/**
 * Equal for equal definitions.
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
  /** The last used at the end. @type {Map<string, Definition>} */
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

  /** The schemas that indexes were opened with. */
  get schemas() {
    const found = new Set();
    for (const { schema } of this.#known.values()) if (schema !== undefined) found.add(schema);
    return found;
  }

  /** The definitions that callers opened, without those of some columns for updates. */
  get whole() {
    return [...this.#known.values()].filter(({ isWhole }) => isWhole);
  }
}

module.exports = { Definition, Definitions };
