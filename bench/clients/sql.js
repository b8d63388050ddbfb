'use strict';

const { DATABASE } = require('../tables.js');

/**
 * A session over a function that prepares a statement once and executes it.
 *
 * @param {import('../client-process.js').Task} task
 * @param {(statement: string, values: unknown[]) => Promise<any>} execute
 * @returns {import('../client-process.js').Session}
 */
function sqlSession({ table }, execute) {
  const place = `${DATABASE}.${table.name}`;
  const select = `SELECT ${table.columns.join(', ')} FROM ${place} WHERE`;
  const selectOne = `${select} id = ?`;
  const selectRange = `${select} id >= ? ORDER BY id LIMIT`;
  const update = `UPDATE ${place} SET city = ? WHERE id = ?`;
  const selectMany = once((count) => `${select} id IN (${list('?', count)})`);
  const insertMany = once((count) => {
    const row = `(${list('?', table.columns.length - 1)})`;
    return `${insertBegin(table)} ${list(row, count)}`;
  });
  return {
    async get(id) {
      const [row] = await execute(selectOne, [id]);
      return row;
    },
    getMany: (ids) => execute(selectMany(ids.length), ids),
    async scan(from, count, visit) {
      for (const row of await execute(`${selectRange} ${count}`, [from])) visit(row);
    },
    async insertMany(rows) {
      const { affectedRows } = await execute(insertMany(rows.length), rows.flat());
      return affectedRows;
    },
    async update(id, city) {
      const { affectedRows } = await execute(update, [city, id]);
      return affectedRows;
    },
    read: table.readObject,
  };
}

/** @param {import('../tables.js').Table} table */
function insertBegin(table) {
  return `INSERT INTO ${DATABASE}.${table.name} (${table.columns.slice(1).join(', ')}) VALUES`;
}

/**
 * @param {string} item
 * @param {number} count
 */
function list(item, count) {
  return Array(count).fill(item).join(', ');
}

/**
 * Writes a statement for each number of rows only once.
 *
 * @param {(count: number) => string} write
 */
function once(write) {
  /** @type {Map<number, string>} */
  const written = new Map();
  return (/** @type {number} */ count) => {
    const statement = written.get(count) ?? write(count);
    written.set(count, statement);
    return statement;
  };
}

module.exports = { sqlSession, insertBegin, list };
