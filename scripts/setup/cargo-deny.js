'use strict';

const { spawnSync } = require('node:child_process');
const { run } = require('../command.js');

const VERSION = '0.20.2';

/** Takes some minutes, once for a machine. @type {import('./step.js').Step} */
const cargoDeny = {
  name: 'cargo-deny',
  look() {
    const { stdout, status } = spawnSync('cargo', ['deny', '--version'], { encoding: 'utf8' });
    if (status === 0) return { found: stdout.trim() };
    return {
      doing: 'installing (cargo install cargo-deny)',
      act: () => run('cargo', ['install', '--locked', `cargo-deny@${VERSION}`]),
    };
  },
};

module.exports = cargoDeny;
