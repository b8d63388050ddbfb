'use strict';

const { requirePeer } = require('../peers.js');
const { insertBegin, list, sqlSession } = require('./sql.js');

const mariadb = requirePeer('mariadb');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const { host, sqlPort } = task.addresses;
  const connections = await Promise.all(
    Array.from({ length: task.connections }, () =>
      // Pipelining is its default.
      mariadb.createConnection({ host, port: sqlPort, user: 'root' }),
    ),
  );
  return {
    sessions: connections.map((connection) => ({
      ...sqlSession(task, (statement, values) => connection.execute(statement, values)),
      ...(task.way === 'bulk' ? bulk(task, connection) : {}),
    })),
    close: () => Promise.all(connections.map((connection) => connection.end())),
  };
}

/**
 * MariaDB's own protocol for many rows.
 *
 * @param {import('../client-process.js').Task} task
 * @param {any} connection
 */
function bulk({ table }, connection) {
  const statement = `${insertBegin(table)} (${list('?', table.columns.length - 1)})`;
  return {
    async insertMany(/** @type {unknown[][]} */ rows) {
      const { affectedRows } = await connection.batch(statement, rows);
      return affectedRows;
    },
  };
}

module.exports = { connect };
