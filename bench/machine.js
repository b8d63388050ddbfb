'use strict';

const os = require('node:os');
const { dependencies } = require('./package.json');
const { version } = require('../package.json');

/**
 * What the figures were measured on and with, each by its name.
 *
 * @param {import('../lib/testing').TestServer} server
 * @returns {Promise<Record<string, string>>}
 */
async function describeMachine(server) {
  const [[mariadb]] = await server.sql('SELECT VERSION()');
  const cpus = os.cpus();
  return {
    Date: new Date().toISOString().slice(0, 10),
    CPU: cpus[0].model.trim(),
    Cores: `${cpus.length}, which the server and the clients share`,
    Memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    Kernel: `${os.type()} ${os.release()}`,
    'Node.js': process.version.slice(1),
    MariaDB: mariadb,
    hansock: version,
    ...dependencies,
  };
}

module.exports = { describeMachine };
