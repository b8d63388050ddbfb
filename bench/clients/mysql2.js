'use strict';

const { requirePeer } = require('../peers.js');
const { sqlSession } = require('./sql.js');

const mysql2 = requirePeer('mysql2/promise');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const { host, sqlPort } = task.addresses;
  const connections = await Promise.all(
    Array.from({ length: task.connections }, () =>
      mysql2.createConnection({ host, port: sqlPort, user: 'root' }),
    ),
  );
  return {
    sessions: connections.map((connection) =>
      sqlSession(task, async (statement, values) => {
        const [result] = await connection.execute(statement, values);
        return result;
      }),
    ),
    close: () => Promise.all(connections.map((connection) => connection.end())),
  };
}

module.exports = { connect };
