'use strict';

const { Client } = require('../..');
const { DATABASE } = require('../tables.js');

/** @type {import('../client-process.js').Connect} */
async function connect({ workload, table, addresses, connections, way }) {
  const { host, port, writePort, secret } = addresses;
  const client = new Client({ host, port, writePort, secret, connections });
  const place = { database: DATABASE, table: table.name };
  const index = client.openIndex({
    ...place,
    columns: table.columns,
    keyColumns: ['id'],
    types: table.hasBuffers ? { value: 'buffer' } : {},
  });
  const withoutId = workload.operation === 'insert' ? table.columns.slice(1) : table.columns;
  const inserts = client.openIndex({ ...place, columns: withoutId });

  /** @type {import('../client-process.js').Session} */
  const session = {
    get: (id) => index.get(id),
    getMany: (ids) => index.getMany(ids),
    async scan(from, count, visit) {
      if (way === 'find') {
        for (const row of await index.find('>=', from, { limit: count })) visit(row);
      } else {
        for await (const row of index.scan('>=', from, { limit: count })) visit(row);
      }
    },
    async insertMany(rows) {
      const results = await inserts.insertMany(/** @type {string[][]} */ (rows));
      return results.filter(({ status }) => status === 'fulfilled').length;
    },
    update: (id, city) => index.update('=', id, { city }),
    read: table.readObject,
  };
  return { sessions: [session], close: () => client.close() };
}

module.exports = { connect };
