'use strict';

const { Commands } = require('./commands.js');
const { ResultReader } = require('./result-reader.js');
const { scanIndex } = require('./scan-index.js');
const { describeIndex } = require('./target.js');

/** What an Index works with: makes its requests, and reads their outcomes. */
class OpenedIndex {
  /**
   * @param {import('./target.js').IndexDescription} description
   * @param {import('./operation.js').Define} define
   */
  constructor(description, define) {
    const { place, columns, shape } = description;
    this.table = `${place.database}.${place.table}`;
    this.names = columns.names;
    this.shape = shape;
    this.commands = new Commands(description, define);
    this.results = new ResultReader(columns, this.table, shape.idIsNumber);
  }

  /**
   * @param {readonly unknown[]} given  an operator, a key and options, or options alone
   * @param {import('./operation.js').Submit} submit
   * @param {boolean} readsAhead
   */
  scan(given, submit, readsAhead) {
    const { commands, shape, results } = this;
    return scanIndex({ commands, shape, reader: results.rowReader, submit, readsAhead }, given);
  }
}

/**
 * @param {import('./target.js').Target} target
 * @param {import('./operation.js').Define} define
 */
function openIndex(target, define) {
  return new OpenedIndex(describeIndex(target), define);
}

module.exports = { OpenedIndex, openIndex };
