'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const TARGET = path.join(ROOT, 'target/inject-panics');

/**
 * Builds the addon with the cargo feature that lets a test make it panic, and gives its path. A build that is up to date
 * takes cargo less than a second.
 */
function buildPanickingAddon() {
  const options = ['--quiet', '--lib', '--features', 'inject-panics', '--target-dir', TARGET];
  execFileSync('cargo', ['build', ...options], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const addon = path.join(TARGET, 'hansock.node');
  fs.copyFileSync(path.join(TARGET, 'debug/libhansock.so'), addon);
  return addon;
}

module.exports = { buildPanickingAddon };
