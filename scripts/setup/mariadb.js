'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { findPrograms } = require('../../lib/testing/programs.js');
const { run } = require('../command.js');
const { SetupError } = require('./step.js');

const INSTALLER = path.join(__dirname, 'install-mariadb.sh');
const BY_HAND = 'apt-get update && apt-get install -y --no-install-recommends mariadb-server';

/** @type {import('./step.js').Step} */
const mariadb = {
  name: 'MariaDB server',
  look() {
    const server = findServer();
    if (server !== undefined) return { found: server };
    if (!succeeds('apt-get', ['--version'])) {
      throw new SetupError(
        'MariaDB server was not found, and there is no apt-get to install it with.\n' +
          'Install it, with its plugin HandlerSocket, and put the folder of mariadbd on PATH.',
      );
    }
    const doing = 'installing (apt-get install mariadb-server)';
    if (process.getuid?.() === 0) return { doing, act: () => run('sh', [INSTALLER]) };
    if (succeeds('sudo', ['-n', 'true'])) {
      return { doing: `${doing}, by sudo`, act: () => run('sudo', ['-n', 'sh', INSTALLER]) };
    }
    throw new SetupError(
      'MariaDB server was not found, and only root may install it. Run\n' +
        `  sudo sh -c '${BY_HAND}'\n` +
        'and try again.',
    );
  },
};

/** The tests and the demo look for it in the same way. */
function findServer() {
  try {
    return findPrograms().server;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} program
 * @param {string[]} programArguments
 */
function succeeds(program, programArguments) {
  return spawnSync(program, programArguments, { stdio: 'ignore' }).status === 0;
}

module.exports = mariadb;
