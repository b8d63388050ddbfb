'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('../command.js');

/** Includes development packages, even if NODE_ENV is production. */
const INSTALL = [
  'ci',
  '--include=dev',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** The project itself, which is listed in package-lock.json only. */
const THIS_PACKAGE = '';

/** @typedef {{ version: string, optional?: boolean }} Locked */

/**
 * The step that installs the packages of a folder's package-lock.json.
 *
 * @param {string} name
 * @param {string} folder
 * @returns {import('./step.js').Step}
 */
function npmPackages(name, folder) {
  return {
    name,
    look() {
      if (isUpToDate(folder)) return { found: 'up to date' };
      return {
        doing: 'installing (npm ci)',
        act: () => run('npm', INSTALL, { cwd: folder }),
      };
    },
  };
}

/** @param {string} folder */
function isUpToDate(folder) {
  // npm writes it last, so its presence shows a complete installation.
  const written = path.join(folder, 'node_modules/.package-lock.json');
  if (!fs.existsSync(written)) return false;
  const installed = readPackages(written);
  const wanted = readPackages(path.join(folder, 'package-lock.json'));
  return Object.entries(wanted).every(([name, { version, optional }]) => {
    const found = installed[name]?.version;
    // Optional packages may be for another platform.
    return found === version || (found === undefined && (optional || name === THIS_PACKAGE));
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, Locked>}
 */
function readPackages(lockFile) {
  return JSON.parse(fs.readFileSync(lockFile, 'utf8')).packages;
}

module.exports = { npmPackages };
