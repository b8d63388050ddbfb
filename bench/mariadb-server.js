'use strict';

const { startServer } = require('../lib/testing');
const { installDataFolder, startOnFreePorts } = require('../lib/testing/boot.js');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { findPrograms } = require('../lib/testing/programs.js');
const { readSettings } = require('../lib/testing/settings.js');
const { TestServer } = require('../lib/testing/test-server.js');

/** @typedef {import('../lib/testing').StartServerOptions} StartServerOptions */

/** Later settings override earlier ones. */
const ON_ALL_ADDRESSES = /** @type {const} */ ([
  ['bind_address', '0.0.0.0'],
  ['handlersocket_address', '0.0.0.0'],
]);

/**
 * A throwaway MariaDB: that of `startServer`, or one that other network namespaces can also reach.
 *
 * @param {StartServerOptions & { sql: string[] }} options
 * @param {boolean} isReachable
 * @returns {Promise<import('../lib/testing').TestServer>}
 */
async function startMariadb(options, isReachable) {
  if (!isReachable) return startServer(options);
  const programs = findPrograms();
  const known = readSettings(options);
  const settings = { ...known, config: new Map([...known.config, ...ON_ALL_ADDRESSES]) };
  const folder = await GuardedFolder.create();
  try {
    await installDataFolder(folder, settings, programs);
    const { ports, server } = await startOnFreePorts(folder, settings, programs);
    const mariadb = new TestServer({ folder, settings, programs, ports, server });
    await mariadb.sql(settings.sql);
    return mariadb;
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

module.exports = { startMariadb };
