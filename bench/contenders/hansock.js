'use strict';

const { Client } = require('../..');
const { COLUMNS, readObject } = require('../users.js');

/** @type {import('../contender.js').Connect} */
async function connect({ host, port, writePort, secret }) {
  const client = new Client({ host, port, writePort, secret });
  const index = client.openIndex({
    database: 'bench',
    table: 'users',
    columns: COLUMNS,
    keyColumns: ['id'],
  });
  return {
    get: (id) => index.get(id),
    getMany: (ids) => index.getMany(ids),
    read: readObject,
  };
}

module.exports = { connect };
