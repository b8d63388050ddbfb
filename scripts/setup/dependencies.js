'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('../command.js');

const WANTED = path.join(ROOT, 'package-lock.json');
/** npm writes it last, when everything else is in its place. */
const INSTALLED = path.join(ROOT, 'node_modules/.package-lock.json');

/** Development packages too, also where NODE_ENV says production. */
const INSTALL = [
  'ci',
  '--include=dev',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** @typedef {{ version: string, optional?: boolean }} Locked */

/** @type {import('./step.js').Step} */
const dependencies = {
  name: 'npm packages',
  look() {
    if (isUpToDate()) return { found: 'up to date' };
    return { doing: 'installing (npm ci)', act: () => run('npm', INSTALL) };
  },
};

function isUpToDate() {
  if (!fs.existsSync(INSTALLED)) return false;
  const installed = readPackages(INSTALLED);
  return Object.entries(readPackages(WANTED)).every(([name, { version, optional }]) => {
    const found = installed[name]?.version;
    // Optional ones are for this platform or for another.
    return found === version || (found === undefined && (optional || name === THIS_PACKAGE));
  });
}

/** The project itself, which is listed in package-lock.json only. */
const THIS_PACKAGE = '';

/**
 * @param {string} lockFile
 * @returns {Record<string, Locked>}
 */
function readPackages(lockFile) {
  return JSON.parse(fs.readFileSync(lockFile, 'utf8')).packages;
}

module.exports = dependencies;
