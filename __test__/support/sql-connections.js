'use strict';

const mariadb = require('mariadb');
const mariadbCallback = require('mariadb/callback');
const mysql = require('mysql2');
const mysqlPromise = require('mysql2/promise');

/**
 * Every kind of SQL connection that users have. Each opener returns the connection and a function
 * that ends it.
 * @type {Record<string, (options: object) => Promise<{ sql: any, end: () => unknown }>>}
 */
const CONNECTIONS = {
  'mysql2, callbacks, connection': async (options) => ended(mysql.createConnection(options)),
  'mysql2, callbacks, pool': async (options) => ended(mysql.createPool(options)),
  'mysql2, promises, connection': async (options) =>
    ended(await mysqlPromise.createConnection(options)),
  'mysql2, promises, pool': async (options) => ended(mysqlPromise.createPool(options)),
  'mariadb, callbacks, connection': async (options) =>
    ended(mariadbCallback.createConnection(options)),
  'mariadb, callbacks, pool': async (options) => ended(mariadbCallback.createPool(options)),
  'mariadb, promises, connection': async (options) =>
    ended(await mariadb.createConnection(options)),
  'mariadb, promises, pool': async (options) => ended(mariadb.createPool(options)),
};

/** @param {any} sql */
function ended(sql) {
  return { sql, end: () => sql.end(() => {}) };
}

/**
 * A connection of `mariadb` with promises, for tests with many queries.
 * @param {import('node:test').TestContext} context
 * @param {import('../../lib/testing').TestServer} server
 * @param {object} [options]
 */
async function connectSql(context, server, options) {
  const connection = await mariadb.createConnection({ ...addressOf(server), ...options });
  context.after(() => connection.end());
  return connection;
}

/** @param {import('../../lib/testing').TestServer} server */
function addressOf(server) {
  return { host: server.host, port: server.sqlPort, user: 'root' };
}

module.exports = { CONNECTIONS, addressOf, connectSql };
