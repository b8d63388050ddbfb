'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const TARGET = path.join(ROOT, 'target/inject-panics');

/** Arguments for cargo to build the addon with the feature that lets a test make it panic. */
const PANICKING_ADDON_BUILD = [
  'build',
  '--quiet',
  '--lib',
  '--features',
  'inject-panics',
  '--target-dir',
  TARGET,
];

/** Builds the addon and returns its path. An up-to-date build takes cargo less than a second. */
function buildPanickingAddon() {
  execFileSync('cargo', PANICKING_ADDON_BUILD, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const addon = path.join(TARGET, 'hansock.node');
  fs.copyFileSync(path.join(TARGET, 'debug/libhansock.so'), addon);
  return addon;
}

module.exports = { PANICKING_ADDON_BUILD, buildPanickingAddon };
