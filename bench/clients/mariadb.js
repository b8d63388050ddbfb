'use strict';

const { requirePeer } = require('../peers.js');
const { insertBegin, list, sqlSession } = require('./sql.js');

const mariadb = requirePeer('mariadb');

/** Long, for calls that queue up. */
const PATIENCE_MS = 60_000;

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const { host, sqlPort } = task.addresses;
  const address = { host, port: sqlPort, user: 'root' };
  const isPool = task.client.way === 'pool';
  // Pipelining is this client's default.
  const executors = isPool
    ? [
        mariadb.createPool({
          ...address,
          connectionLimit: task.connections,
          acquireTimeout: PATIENCE_MS,
        }),
      ]
    : await Promise.all(
        Array.from({ length: task.connections }, () => mariadb.createConnection(address)),
      );
  return {
    sessions: executors.map((executor) => ({
      ...sqlSession(task, (statement, values) => executor.execute(statement, values)),
      ...(task.client.way === 'bulk' ? bulk(task, executor) : {}),
    })),
    close: () => Promise.all(executors.map((executor) => executor.end())),
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
