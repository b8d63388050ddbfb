'use strict';

const { userToInsert } = require('./tables.js');

/**
 * @typedef {import('./client-process.js').Call} Call
 * @typedef {import('./client-process.js').Session} Session
 * @typedef {import('./tables.js').Table} Table
 * @typedef {import('./workloads.js').Workload} Workload
 */

const FEWEST_LISTS = 200;
/** Short lists are repeated, so that they reach as many rows as long ones. */
const KEYS_OF_ALL_LISTS = 50_000;
const ROWS_OF_ALL_LISTS = 20_000;

/**
 * @type {Record<Workload['operation'], (workload: Workload, table: Table) => (session: Session) => Call>}
 */
const CALLS = { get, getMany, scan, insert, update, openLoop: get };

/**
 * Makes the function that makes a caller's call on a session. Keys and rows are made only once.
 *
 * @param {Workload} workload
 * @param {Table} table
 */
function callMaker(workload, table) {
  return CALLS[workload.operation](workload, table);
}

/**
 * @param {Workload} _work
 * @param {Table} table
 * @returns {(session: Session) => Call}
 */
function get(_work, table) {
  const done = { rows: 1 };
  return (session) => async () => {
    const id = randomId(table.rows);
    if (session.read(await session.get(id)) !== id) throw new Error(`another row than ${id}`);
    return done;
  };
}

/**
 * @param {Workload} workload
 * @param {Table} table
 * @returns {(session: Session) => Call}
 */
function getMany({ rows: count }, table) {
  const lists = keyLists(count, table.rows);
  const sums = lists.map((ids) => ids.reduce((sum, id) => sum + id, 0));
  const done = { rows: count };
  let next = 0;
  return (session) => async () => {
    const list = next++ % lists.length;
    let sum = 0;
    for (const row of await session.getMany(lists[list])) sum += session.read(row);
    if (sum !== sums[list]) throw new Error(`other rows than ${lists[list]}`);
    return done;
  };
}

/**
 * @param {Workload} workload
 * @param {Table} table
 * @returns {(session: Session) => Call}
 */
function scan({ rows: count }, table) {
  const done = { rows: count };
  return (session) => async () => {
    const from = scanStart(count, table.rows);
    let next = from;
    await session.scan(from, count, (row) => {
      if (session.read(row) !== next) throw new Error(`another row than ${next}`);
      next++;
    });
    if (next !== from + count) throw new Error(`${next - from} rows in place of ${count}`);
    return done;
  };
}

/**
 * @param {Workload} workload
 * @returns {(session: Session) => Call}
 */
function insert({ rows: count }) {
  const lists = insertLists(count);
  const done = { rows: count };
  let next = 0;
  return (session) => async () => {
    const inserted = await session.insertMany(lists[next++ % lists.length]);
    if (inserted !== count) throw new Error(`${inserted} rows inserted in place of ${count}`);
    return done;
  };
}

/**
 * @param {Workload} _work
 * @param {Table} table
 * @returns {(session: Session) => Call}
 */
function update(_work, table) {
  const done = { rows: 1 };
  return (session) => async () => {
    const id = randomId(table.rows);
    const found = await session.update(id, randomCity());
    if (found !== 1) throw new Error(`row ${id} was not found`);
    return done;
  };
}

/**
 * @param {number} count  of keys in a list
 * @param {number} rows  of the table
 */
function keyLists(count, rows) {
  const length = Math.max(FEWEST_LISTS, KEYS_OF_ALL_LISTS / count);
  return Array.from({ length }, () => differentIds(count, rows));
}

/** @param {number} count  of rows in a list */
function insertLists(count) {
  return Array.from({ length: Math.ceil(ROWS_OF_ALL_LISTS / count) }, (_, list) =>
    Array.from({ length: count }, (_, n) => userToInsert(list * count + n)),
  );
}

/**
 * @param {number} count
 * @param {number} rows
 */
function differentIds(count, rows) {
  /** @type {Set<number>} */
  const ids = new Set();
  while (ids.size < count) ids.add(randomId(rows));
  return [...ids];
}

/** @param {number} rows */
function randomId(rows) {
  return 1 + Math.floor(Math.random() * rows);
}

/**
 * @param {number} count
 * @param {number} rows
 */
function scanStart(count, rows) {
  return randomId(rows - count + 1);
}

function randomCity() {
  return `city ${Math.floor(Math.random() * 1e9)}`;
}

module.exports = { callMaker, keyLists, insertLists, scanStart, randomCity };
