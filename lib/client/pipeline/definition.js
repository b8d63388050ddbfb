'use strict';

const { encodeOpenIndex } = require('../../protocol/command.js');

/**
 * What an open_index request says. Each connection opens a definition once, under an id of its own;
 * those that say the same are mostly one and the same object.
 */
class Definition {
  /** @param {import('../../..').IndexTarget} target */
  constructor(target) {
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

/** The definitions of a client. */
class Definitions {
  /** By their requests, the one asked for last at the end. @type {Map<string, Definition>} */
  #known = new Map();

  /** @param {import('../../..').IndexTarget} target */
  get(target) {
    const made = new Definition(target);
    const definition = this.#known.get(made.request) ?? made;
    this.#known.delete(definition.request);
    if (this.#known.size === MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(definition.request, definition);
    return definition;
  }

  /** What callers have opened. */
  get whole() {
    return [...this.#known.values()].filter(({ isWhole }) => isWhole);
  }
}

module.exports = { Definition, Definitions };
