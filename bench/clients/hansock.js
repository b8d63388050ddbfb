'use strict';

const { DATABASE } = require('../tables.js');
const { packageOf } = require('./package.js');

/** The timeout of the other clients, for calls that queue up. */
const PATIENCE_MS = 60_000;

/** @type {import('../client-process.js').Connect} */
async function connect({ client, workload, table, addresses }) {
  const { Client } = packageOf(client);
  const { host, port, writePort, secret } = addresses;
  const hansock = new Client({ host, port, writePort, secret, ...optionsOf(client, workload) });
  const place = { database: DATABASE, table: table.name };
  const index = hansock.openIndex({
    ...place,
    columns: table.columns,
    keyColumns: ['id'],
    types: table.hasBuffers ? { value: 'buffer' } : {},
  });
  const withoutId = workload.operation === 'insert' ? table.columns.slice(1) : table.columns;
  const inserts = hansock.openIndex({ ...place, columns: withoutId });

  /** @type {import('../client-process.js').Session} */
  const session = {
    get: (id) => index.get(id),
    getMany: (ids) => index.getMany(ids),
    async scan(from, count, visit) {
      if (client.way === 'find') {
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
  return { sessions: [session], close: () => hansock.close() };
}

/**
 * The client's defaults, unless the workload measures several connections.
 *
 * @param {import('../workloads.js').Client} client
 * @param {import('../workloads.js').Workload} workload
 */
function optionsOf({ connections, options }, workload) {
  const fixed = connections ?? (workload.connections > 1 ? workload.connections : undefined);
  const patience = { timeoutMs: PATIENCE_MS };
  return { ...patience, ...(fixed === undefined ? {} : { connections: fixed }), ...options };
}

module.exports = { connect };
