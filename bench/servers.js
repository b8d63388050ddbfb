'use strict';

const { startMariadb } = require('./mariadb-server.js');
const { startRedis } = require('./redis-server.js');
const { sqlOf } = require('./tables.js');

/**
 * Where a workload runs.
 *
 * @typedef {object} Environment
 * @property {import('./client-process.js').Addresses} addresses  as the clients see them
 * @property {readonly string[]} launcher  the command that starts the clients; empty if none is
 *   needed
 * @property {(statement: string) => Promise<string[][]>} sql
 *
 * @typedef {object} Servers
 * @property {import('../lib/testing').TestServer} mariadb
 * @property {import('./client-process.js').Addresses} addresses
 * @property {() => Promise<void>} stop
 */

/** All tables fit into the server's memory, and nothing waits for its log. */
const CONFIG = {
  innodb_buffer_pool_size: '1G',
  innodb_log_file_size: '256M',
  max_allowed_packet: '128M',
};

/**
 * A throwaway MariaDB and, if it is installed, a throwaway Redis.
 *
 * @param {Iterable<string>} tables
 * @param {{ hasRedis: boolean, isReachable: boolean }} settings
 * @returns {Promise<Servers>}
 */
async function startServers(tables, { hasRedis, isReachable }) {
  const mariadb = await startMariadb({ sql: sqlOf(tables), config: CONFIG }, isReachable);
  try {
    const redis = hasRedis ? await startRedisIfThere() : undefined;
    const { host, port, writePort, secret, sqlPort } = mariadb;
    return {
      mariadb,
      addresses: { host, port, writePort, secret, sqlPort, redisPort: redis?.port },
      async stop() {
        await Promise.all([mariadb.stop(), redis?.stop()]);
      },
    };
  } catch (error) {
    await mariadb.stop();
    throw error;
  }
}

/** If Redis does not start, its clients report that, and the others continue. */
async function startRedisIfThere() {
  try {
    return await startRedis();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return undefined;
  }
}

module.exports = { startServers };
