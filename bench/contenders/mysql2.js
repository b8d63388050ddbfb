'use strict';

const { requirePeer } = require('../peers.js');
const { readObject } = require('../users.js');
const { SELECT_ONE, selectMany } = require('./sql.js');

const mysql2 = requirePeer('mysql2/promise');

/** @type {import('../contender.js').Connect} */
async function connect({ host, sqlPort }) {
  const connection = await mysql2.createConnection({ host, port: sqlPort, user: 'root' });
  return {
    async get(id) {
      const [rows] = await connection.execute(SELECT_ONE, [id]);
      return rows[0];
    },
    async getMany(ids) {
      const [rows] = await connection.execute(selectMany(ids.length), ids);
      return rows;
    },
    read: readObject,
  };
}

module.exports = { connect };
