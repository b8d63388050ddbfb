'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { run } = require('../command.js');

const INSTALLER = path.join(__dirname, 'install-package.sh');

/** Whether the system has apt-get. */
function hasApt() {
  return succeeds('apt-get', ['--version']);
}

/**
 * The command that installs a package; undefined if this user may not run it.
 *
 * @param {string} aptPackage
 * @param {string} [service]  the package's service, which must not start by itself
 * @returns {import('./step.js').Missing | undefined}
 */
function aptInstallation(aptPackage, service = '') {
  const doing = `installing (apt-get install ${aptPackage})`;
  const command = ['sh', INSTALLER, aptPackage, service];
  if (process.getuid?.() === 0) return { doing, act: () => run(command[0], command.slice(1)) };
  if (succeeds('sudo', ['-n', 'true'])) {
    return { doing: `${doing}, by sudo`, act: () => run('sudo', ['-n', ...command]) };
  }
  return undefined;
}

/**
 * @param {string} program
 * @param {string[]} programArguments
 */
function succeeds(program, programArguments) {
  return spawnSync(program, programArguments, { stdio: 'ignore' }).status === 0;
}

module.exports = { aptInstallation, hasApt };
