'use strict';

/*
 * Prepares the packages for publication: `node scripts/release/stage.js <addons> <folder>`.
 * The first folder has the addons of all targets and the loader, from build.js. The second gets the
 * package `hansock`, with a package for each platform in its `npm/`.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, fail, run } = require('../command.js');
const { checkGlibc } = require('./glibc.js');

const LOADER = 'native.js';

/**
 * @param {string} addons
 * @param {string} folder  created here
 */
async function stagePackages(addons, folder) {
  await copyPackage(folder);
  fs.copyFileSync(path.join(addons, LOADER), path.join(folder, LOADER));
  await napi(folder, 'create-npm-dirs');
  await napi(folder, 'artifacts', '--output-dir', path.resolve(addons));
  // Adds the optionalDependencies, and fails if an addon is missing.
  await napi(folder, 'pre-publish', '--skip-optional-publish', '--no-gh-release');
  for (const platform of platformPackages(folder)) {
    fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(platform, 'LICENSE'));
  }
}

/** Copies the files that npm would pack. @param {string} folder */
async function copyPackage(folder) {
  const listed = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent']);
  const [{ files }] = JSON.parse(listed);
  for (const { path: name } of files) {
    if (name === LOADER) continue; // the loader comes with the addons and may differ from this folder's
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
  // Check here and not in stagePackages: the check refuses the rehearsal's empty addons.
  checkGlibc(addons)
    .then(() => stagePackages(addons, folder))
    .catch(fail);
}
