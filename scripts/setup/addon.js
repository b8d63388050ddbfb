'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('../command.js');

const SOURCES = ['src', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'package.json'];
const LOADER = path.join(ROOT, 'native.js');

/** @type {import('./step.js').Step} */
const addon = {
  name: 'addon',
  look() {
    if (Math.max(...SOURCES.flatMap(changeTimes)) < oldestBuilt() && loads()) {
      return { found: 'up to date' };
    }
    return {
      doing: 'building (cargo, release mode)',
      act: () => run('npm', ['run', '--silent', 'build']),
    };
  },
};

/**
 * When a file, or a folder and everything in it, was changed. Removing a file changes its folder.
 *
 * @param {string} name  relative to the project
 * @returns {number[]}
 */
function changeTimes(name) {
  const { mtimeMs, isFolder } = stat(name);
  const inside = isFolder ? fs.readdirSync(path.join(ROOT, name)) : [];
  return [mtimeMs, ...inside.flatMap((entry) => changeTimes(path.join(name, entry)))];
}

/** @param {string} name */
function stat(name) {
  const stats = fs.statSync(path.join(ROOT, name));
  return { mtimeMs: stats.mtimeMs, isFolder: stats.isDirectory() };
}

/** The time of the oldest built file; 0 if one is missing. */
function oldestBuilt() {
  const built = ['native.js', 'native.d.ts'].filter((name) => fs.existsSync(path.join(ROOT, name)));
  const binaries = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  if (built.length < 2 || binaries.length === 0) return 0;
  return Math.min(...[...built, ...binaries].map((name) => stat(name).mtimeMs));
}

/**
 * False if the addon was built on another platform, for example in a folder that two machines
 * share.
 */
function loads() {
  try {
    require(LOADER);
    return true;
  } catch {
    return false;
  }
}

module.exports = addon;
