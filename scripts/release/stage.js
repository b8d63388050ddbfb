'use strict';

/*
 * Lays out the packages as they are published: `node scripts/release/stage.js <addons> <folder>`.
 * The first folder has the addons of all targets and the loader, as build.js makes them; into the
 * second goes the package `hansock`, and within it, in `npm/`, a package for each platform.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, fail, run } = require('../command.js');
const { checkGlibc } = require('./glibc.js');

const LOADER = 'native.js';

/**
 * @param {string} addons
 * @param {string} folder  made by this
 */
async function stagePackages(addons, folder) {
  await copyPackage(folder);
  fs.copyFileSync(path.join(addons, LOADER), path.join(folder, LOADER));
  await napi(folder, 'create-npm-dirs');
  await napi(folder, 'artifacts', '--output-dir', path.resolve(addons));
  // Adds the optionalDependencies, and refuses if one of the addons is missing.
  await napi(folder, 'pre-publish', '--skip-optional-publish', '--no-gh-release');
  for (const platform of platformPackages(folder)) {
    fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(platform, 'LICENSE'));
  }
}

/** Copies what npm would pack. @param {string} folder */
async function copyPackage(folder) {
  const listed = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent']);
  const [{ files }] = JSON.parse(listed);
  for (const { path: name } of files) {
    if (name === LOADER) continue; // that of the addons, which need not be this folder's
    fs.cpSync(path.join(ROOT, name), path.join(folder, name));
  }
}

/**
 * @param {string} folder
 * @param {...string} commandLine
 */
function napi(folder, ...commandLine) {
  const cli = path.join(ROOT, 'node_modules/@napi-rs/cli/dist/cli.js');
  return run(process.execPath, [cli, ...commandLine], { cwd: folder });
}

/**
 * The folders of the platforms' packages.
 *
 * @param {string} folder  of the staged package
 */
function platformPackages(folder) {
  const parent = path.join(folder, 'npm');
  return fs.readdirSync(parent).map((name) => path.join(parent, name));
}

module.exports = { platformPackages, stagePackages };

if (require.main === module) {
  const [addons, folder] = process.argv.slice(2);
  // An addon that is empty, as in the rehearsal, does not get past it.
  checkGlibc(addons)
    .then(() => stagePackages(addons, folder))
    .catch(fail);
}
