'use strict';

const { Client } = require('../..');
const { readTable } = require('../../lib/schema');
const { connectSql } = require('./sql-connections.js');
const { useServer } = require('./server.js');

/**
 * A server with a database `t`, and helpers for tests of indexes with a schema.
 * @param {string} tables  SQL
 * @param {object} [options]  of the server
 */
function useKnownTables(tables, options) {
  const server = useServer({ sql: `CREATE DATABASE t; USE t; ${tables}`, ...options });
  return {
    get running() {
      return server.running;
    },
    clientOptions: () => {
      const { host, port, writePort, secret, writeSecret } = server.running;
      return { host, port, writePort, secret, writeSecret };
    },
    sql: (statement) => server.sql(statement),
    /** @param {import('node:test').TestContext} context */
    connect: (context) => connectSql(context, server.running),
    /**
     * @param {import('node:test').TestContext} context
     * @param {string} table
     */
    read: async (context, table) => {
      return readTable(await connectSql(context, server.running), 't', table);
    },
    /**
     * Opens a table by its schema with a client for this test.
     * @param {import('node:test').TestContext} context
     * @param {string} table
     * @param {object} [target]
     * @param {(sql: any) => object} [optionsOf]  makes options of the client
     */
    open: async (context, table, target, optionsOf = () => ({})) => {
      const { host, port, writePort, secret, writeSecret } = server.running;
      const sql = await connectSql(context, server.running);
      const place = { host, port, writePort, secret, writeSecret };
      const client = new Client({ ...place, ...optionsOf(sql) });
      context.after(() => client.close());
      const schema = await readTable(sql, 't', table);
      return { client, sql, schema, index: client.openIndex({ schema, ...target }) };
    },
  };
}

module.exports = { useKnownTables };
