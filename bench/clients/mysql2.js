'use strict';

const { requirePeer } = require('../peers.js');
const { sqlSession } = require('./sql.js');

const mysql2 = requirePeer('mysql2/promise');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const { host, sqlPort } = task.addresses;
  const address = { host, port: sqlPort, user: 'root' };
  const isPool = task.client.way === 'pool';
  const executors = isPool
    ? [mysql2.createPool({ ...address, connectionLimit: task.connections })]
    : await Promise.all(
        Array.from({ length: task.connections }, () => mysql2.createConnection(address)),
      );
  return {
    sessions: executors.map((executor) =>
      sqlSession(task, async (statement, values) => {
        const [result] = await executor.execute(statement, values);
        return result;
      }),
    ),
    close: () => Promise.all(executors.map((executor) => executor.end())),
  };
}

module.exports = { connect };
