'use strict';

const { once } = require('node:events');
const { requirePeer } = require('../peers.js');
const { DATABASE } = require('../tables.js');

const handlersocket = requirePeer('node-handlersocket');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const opened = await Promise.all(Array.from({ length: task.connections }, () => open(task)));
  return {
    sessions: opened.map(({ session }) => session),
    async close() {
      for (const { connection } of opened) connection.close();
    },
  };
}

/** @param {import('../client-process.js').Task} task */
async function open({ workload, table, addresses }) {
  const { host, secret } = addresses;
  const isWrite = workload.operation === 'insert' || workload.operation === 'update';
  const port = isWrite ? addresses.writePort : addresses.port;
  const connection = handlersocket.connect({ host, port, auth: secret });
  await once(connection, 'connect');
  const columns = columnsFor(workload, table);
  const index = await promiseOf((callback) =>
    connection.openIndex(DATABASE, table.name, 'PRIMARY', columns, callback),
  );
  return { connection, session: sessionOf(index, table) };
}

/**
 * @param {import('../workloads.js').Workload} workload
 * @param {import('../tables.js').Table} table
 */
function columnsFor({ operation }, { columns }) {
  if (operation === 'insert') return columns.slice(1);
  return operation === 'update' ? ['city'] : columns;
}

/**
 * @param {any} index
 * @param {import('../tables.js').Table} table
 * @returns {import('../client-process.js').Session}
 */
function sessionOf(index, table) {
  return {
    async get(id) {
      const [row] = await promiseOf((callback) => index.find('=', [id], callback));
      return row;
    },
    getMany: (ids) =>
      promiseOf((callback) =>
        index.find('=', [handlersocket.in(...ids)], { limit: ids.length }, callback),
      ),
    async scan(from, count, visit) {
      const rows = await promiseOf((callback) =>
        index.find('>=', [from], { limit: count }, callback),
      );
      for (const row of rows) visit(row);
    },
    async insertMany(rows) {
      const ids = await Promise.all(
        rows.map((row) => promiseOf((callback) => index.insert(row, callback))),
      );
      return ids.length;
    },
    update: (id, city) => promiseOf((callback) => index.update('=', [id], [city], callback)),
    read: table.readArray,
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
