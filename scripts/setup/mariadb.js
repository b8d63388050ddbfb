'use strict';

const { findPrograms } = require('../../lib/testing/programs.js');
const { aptInstallation, hasApt } = require('./apt.js');
const { SetupError } = require('./step.js');

const BY_HAND = 'apt-get update && apt-get install -y --no-install-recommends mariadb-server';

/** @type {import('./step.js').Step} */
const mariadb = {
  name: 'MariaDB server',
  look() {
    const server = findServer();
    if (server !== undefined) return { found: server };
    if (!hasApt()) {
      throw new SetupError(
        'MariaDB server was not found, and there is no apt-get to install it with.\n' +
          'Install it, with its plugin HandlerSocket, and put the folder of mariadbd on PATH.',
      );
    }
    const installation = aptInstallation('mariadb-server', 'mariadb');
    if (installation !== undefined) return installation;
    throw new SetupError(
      'MariaDB server was not found, and only root may install it. Run\n' +
        `  sudo sh -c '${BY_HAND}'\n` +
        'and try again.',
    );
  },
};

/** The tests and the demo find it in the same way. */
function findServer() {
  try {
    return findPrograms().server;
  } catch {
    return undefined;
  }
}

module.exports = mariadb;
