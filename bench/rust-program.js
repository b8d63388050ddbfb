'use strict';

const { execFileSync } = require('node:child_process');
const path = require('node:path');

/**
 * Builds a Rust program of this folder with rustc alone, because it has no dependencies.
 *
 * @param {string} name
 * @param {string} source  in this folder
 * @param {string} folder
 * @returns {string} the program's path
 */
function buildProgram(name, source, folder) {
  const program = path.join(folder, name);
  const settings = ['--edition', '2024', '-C', 'opt-level=3'];
  execFileSync('rustc', [...settings, '-o', program, path.join(__dirname, source)], {
    stdio: 'inherit',
  });
  return program;
}

module.exports = { buildProgram };
