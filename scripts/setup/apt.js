'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { run } = require('../command.js');

const INSTALLER = path.join(__dirname, 'install-package.sh');

/** Whether there is apt-get at all. */
function hasApt() {
  return succeeds('apt-get', ['--version']);
}

/**
 * What installs a package; undefined where only somebody else may.
 *
 * @param {string} aptPackage
 * @param {string} [service]  of the package, as it names it, which is not to start by itself
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
