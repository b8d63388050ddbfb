'use strict';

const { COLUMNS } = require('../users.js');

const SELECT = `SELECT ${COLUMNS.join(', ')} FROM bench.users WHERE`;
const SELECT_ONE = `${SELECT} id = ?`;

/** @type {Map<number, string>} */
const selectsOfMany = new Map();

/** @param {number} count  of keys */
function selectMany(count) {
  let select = selectsOfMany.get(count);
  if (select === undefined) {
    select = `${SELECT} id IN (${Array(count).fill('?').join(', ')})`;
    selectsOfMany.set(count, select);
  }
  return select;
}

module.exports = { SELECT_ONE, selectMany };
