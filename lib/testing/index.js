'use strict';

const { findPrograms } = require('./programs.js');
const { readSettings } = require('./settings.js');
const { GuardedFolder } = require('./guarded-folder.js');
const { installDataFolder, startOnFreePorts } = require('./boot.js');
const { TestServer } = require('./test-server.js');
const { keepingProcessAlive } = require('./keep-alive.js');

/**
 * Starts a throwaway MariaDB with HandlerSocket. See index.d.ts.
 *
 * @param {import('./index.d.ts').StartServerOptions} [options]
 * @returns {Promise<import('./index.d.ts').TestServer>}
 */
async function startServer(options) {
  const settings = readSettings(options);
  const programs = findPrograms();
  return keepingProcessAlive(() => startInNewFolder(settings, programs));
}

/**
 * @param {import('./settings.js').Settings} settings
 * @param {import('./programs.js').Programs} programs
 */
async function startInNewFolder(settings, programs) {
  const folder = await GuardedFolder.create();
  try {
    await installDataFolder(folder, settings, programs);
    const { ports, server } = await startOnFreePorts(folder, settings, programs);
    const testServer = new TestServer({ folder, settings, programs, ports, server });
    if (settings.sql !== '') await testServer.sql(settings.sql);
    return testServer;
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

module.exports = { startServer };
