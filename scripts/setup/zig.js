'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('../command.js');
const { TOOLS, ZIG } = require('../tools.js');
const { SetupError } = require('./step.js');

const WANTED = path.join(TOOLS, 'requirements.txt');
/** A copy of the lock file, written once everything is installed. */
const INSTALLED = path.join(ZIG, 'requirements.txt');

/**
 * Zig links the published addons with other C libraries than this machine's.
 *
 * @type {import('./step.js').Step}
 */
const zig = {
  name: 'zig',
  look() {
    if (fs.existsSync(INSTALLED) && read(INSTALLED) === read(WANTED))
      return { found: 'up to date' };
    if (spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0) {
      throw new SetupError(
        'Zig and cargo-zigbuild come from PyPI, and python3 has no pip here.\n' +
          'On Debian and Ubuntu: apt-get install python3-pip',
      );
    }
    return { doing: 'installing (pip install)', act: install };
  },
};

async function install() {
  fs.rmSync(ZIG, { recursive: true, force: true });
  await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', ZIG, '-r', WANTED]);
  fs.copyFileSync(WANTED, INSTALLED);
}

/** @param {string} file */
function read(file) {
  return fs.readFileSync(file, 'utf8');
}

module.exports = zig;
