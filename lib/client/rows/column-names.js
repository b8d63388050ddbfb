'use strict';

const { showKind } = require('../../util/show.js');

/**
 * A copy of the names of an index's columns.
 * @param {readonly string[]} names
 */
function checkColumns(names) {
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(`target.columns must be an array of column names, not ${showKind(names)}`);
  }
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated !== -1) {
    throw new TypeError(
      `target.columns[${repeated}] is the same as another: a row can hold a column only once`,
    );
  }
  return [...names];
}

module.exports = { checkColumns };
