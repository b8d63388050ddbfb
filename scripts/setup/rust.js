'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');
const { SetupError } = require('./step.js');

/** @type {import('./step.js').Step} */
const rust = {
  name: 'Rust',
  look() {
    const { stdout, status } = spawnSync('cargo', ['--version'], { cwd: ROOT, encoding: 'utf8' });
    const wanted = wantedVersion();
    if (status !== 0) {
      throw new SetupError(
        `cargo, which builds the addon, was not found on PATH.\n${advice(wanted)}`,
      );
    }
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '0';
    if (isOlder(version, wanted)) {
      throw new SetupError(`cargo is version ${version}, which is too old.\n${advice(wanted)}`);
    }
    return { found: `cargo ${version}` };
  },
};

function wantedVersion() {
  const manifest = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  return /^rust-version = "(.*)"$/m.exec(manifest)?.[1] ?? '1';
}

/** @param {string} wanted */
function advice(wanted) {
  return (
    `Install Rust ${wanted} or newer from https://rustup.rs:\n` +
    "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh\n" +
    'and open a new shell, or run: . "$HOME/.cargo/env"'
  );
}

/**
 * @param {string} version
 * @param {string} wanted
 */
function isOlder(version, wanted) {
  return version.localeCompare(wanted, 'en', { numeric: true }) < 0;
}

module.exports = rust;
