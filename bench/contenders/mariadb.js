'use strict';

const { requirePeer } = require('../peers.js');
const { readObject } = require('../users.js');
const { SELECT_ONE, selectMany } = require('./sql.js');

const mariadb = requirePeer('mariadb');

/** @type {import('../contender.js').Connect} */
async function connect({ host, sqlPort }) {
  // Pipelining is its default.
  const connection = await mariadb.createConnection({ host, port: sqlPort, user: 'root' });
  return {
    async get(id) {
      const rows = await connection.execute(SELECT_ONE, [id]);
      return rows[0];
    },
    getMany: (ids) => connection.execute(selectMany(ids.length), ids),
    read: readObject,
  };
}

module.exports = { connect };
