'use strict';

const { once } = require('node:events');
const { requirePeer } = require('../peers.js');
const { COLUMNS, readArray } = require('../users.js');

const handlersocket = requirePeer('node-handlersocket');

/** @type {import('../contender.js').Connect} */
async function connect({ host, port, secret }) {
  const connection = handlersocket.connect({ host, port, auth: secret });
  await once(connection, 'connect');
  const index = await promiseOf((callback) =>
    connection.openIndex('bench', 'users', 'PRIMARY', COLUMNS, callback),
  );
  return {
    async get(id) {
      const rows = await promiseOf((callback) => index.find('=', [id], callback));
      return rows[0];
    },
    getMany: (ids) =>
      promiseOf((callback) =>
        index.find('=', [handlersocket.in(...ids)], { limit: ids.length }, callback),
      ),
    read: readArray,
  };
}

/**
 * @param {(callback: (error: Error | null, result: any) => void) => void} call
 * @returns {Promise<any>}
 */
function promiseOf(call) {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

module.exports = { connect };
