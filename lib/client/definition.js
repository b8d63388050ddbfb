'use strict';

const { encodeOpenIndex } = require('../command.js');

/**
 * What an open_index request says. Each connection opens a definition once, under an id of its own; those that say the
 * same are one and the same object.
 */
class Definition {
  /** @param {import('../..').IndexTarget} target */
  constructor(target) {
    /** Behind the index id. */
    this.request = encodeOpenIndex(target);
    const { database, table, index = 'PRIMARY', columns, filterColumns } = target;
    this.database = database;
    this.table = table;
    this.index = index;
    this.columns = [...columns];
    this.filterColumns = filterColumns === undefined ? undefined : [...filterColumns];
  }

  /** For errors. */
  toString() {
    return `index '${this.index}' of '${this.database}.${this.table}'`;
  }
}

/** How many index ids a connection has. */
const MAX_DEFINITIONS = 65_536;

/** The definitions of a client. */
class Definitions {
  /** By their requests. @type {Map<string, Definition>} */
  #known = new Map();

  /** @param {import('../..').IndexTarget} target */
  get(target) {
    const made = new Definition(target);
    const known = this.#known.get(made.request);
    if (known !== undefined) return known;
    if (this.#known.size === MAX_DEFINITIONS) {
      throw new RangeError(`a client opens at most ${MAX_DEFINITIONS} different indexes`);
    }
    this.#known.set(made.request, made);
    return made;
  }
}

module.exports = { Definition, Definitions };
