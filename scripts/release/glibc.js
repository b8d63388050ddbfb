'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('../command.js');
const { OLDEST_GLIBC } = require('./targets.js');

/**
 * Checks that the addons of a folder need no newer glibc than the oldest supported one, and those
 * for musl none at all.
 *
 * @param {string} folder
 */
async function checkGlibc(folder) {
  const addons = fs.readdirSync(folder).filter((name) => /\.linux-.*\.node$/.test(name));
  for (const name of addons) {
    const newest = newestGlibc(await readVersions(path.join(folder, name)));
    const limit = name.includes('-gnu.') ? OLDEST_GLIBC : '0';
    if (newest.localeCompare(limit, 'en', { numeric: true }) > 0) {
      throw new Error(`${name} needs glibc ${newest}; the newest it may need is ${limit}`);
    }
    console.log(`${name}: needs glibc ${newest}`);
  }
}

/** @param {string} file */
function readVersions(file) {
  return run('readelf', ['--version-info', '--wide', file]);
}

/** @param {string} versions  what readelf printed */
function newestGlibc(versions) {
  const needed = Array.from(versions.matchAll(/\bGLIBC_([\d.]+)/g), ([, version]) => version);
  needed.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return needed.at(-1) ?? '0';
}

module.exports = { checkGlibc, newestGlibc, readVersions };
