'use strict';

const { encodeOpenIndex } = require('../../protocol/command.js');

/**
 * The content of an open_index request. Each connection opens a definition once, under an id of its
 * own. Equal definitions are usually one object (Definitions).
 */
class Definition {
  /** @param {import('../../..').IndexTarget} target */
  constructor(target) {
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
    /** Whether it has all columns that the caller opened, and not some for an update. */
    this.isWhole = false;
  }

  /** For errors. */
  toString() {
    return `index '${this.index}' of '${this.database}.${this.table}'`;
  }
}

/**
 * Most definitions that a client remembers, more than a connection has ids for. A forgotten one is
 * made again on demand and opened under another id; an Index that still has the old object can go
 * on using it.
 */
const MAX_KNOWN = 1024;

/** The definitions of a client. */
class Definitions {
  /** By request, the last used at the end. @type {Map<string, Definition>} */
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

  /** The definitions that callers opened, without those of some columns for updates. */
  get whole() {
    return [...this.#known.values()].filter(({ isWhole }) => isWhole);
  }
}

module.exports = { Definition, Definitions };
