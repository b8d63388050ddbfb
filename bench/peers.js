'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { dependencies } = require('./package.json');

const INSTALL = [
  'install',
  '--no-save',
  '--no-package-lock',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/**
 * Installs the packages of this folder's package.json if one is missing.
 */
function installPeers() {
  const areInstalled = Object.entries(dependencies).every(
    ([name, version]) => installedVersion(name) === version,
  );
  if (areInstalled) return;
  console.error('installing the peers (npm install) ...');
  execFileSync('npm', INSTALL, { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @param {string} name */
function installedVersion(name) {
  const description = path.join(__dirname, 'node_modules', name, 'package.json');
  if (!fs.existsSync(description)) return undefined;
  return JSON.parse(fs.readFileSync(description, 'utf8')).version;
}

/**
 * `require`, hidden from the type check, since a fresh clone has no peers.
 *
 * @param {string} name
 */
function requirePeer(name) {
  return require(name);
}

module.exports = { installPeers, requirePeer };
