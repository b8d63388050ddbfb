'use strict';

/*
 * Publishes the packages of stage.js:
 * `node scripts/release/publish.js <folder> [<npm option> ...]`. `hansock` itself comes last, so
 * that nobody sees an incomplete release. Versions that the registry has already are skipped, so
 * that an interrupted release can be run again.
 */

const fs = require('node:fs');
const path = require('node:path');
const { CommandError, fail, run } = require('../command.js');
const { platformPackages } = require('./stage.js');

/**
 * @param {string} folder
 * @param {readonly string[]} options  for npm
 */
async function publishPackages(folder, options) {
  for (const each of [...platformPackages(folder), folder]) await publish(each, options);
}

/**
 * @param {string} folder
 * @param {readonly string[]} options
 */
async function publish(folder, options) {
  const manifest = fs.readFileSync(path.join(folder, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(manifest);
  if (await isPublished(`${name}@${version}`, options)) {
    console.log(`${name}@${version} is published already`);
    return;
  }
  // A prerelease is installed only on request.
  const tag = version.includes('-') ? 'next' : 'latest';
  await run('npm', ['publish', '--tag', tag, '--ignore-scripts', ...options], { cwd: folder });
  console.log(`${name}@${version} published, tag ${tag}`);
}

/**
 * @param {string} spec
 * @param {readonly string[]} options
 */
async function isPublished(spec, options) {
  try {
    return (await run('npm', ['view', spec, 'version', ...options])).trim() !== '';
  } catch (error) {
    if (error instanceof CommandError && /\bE404\b/.test(error.output)) return false;
    throw error;
  }
}

module.exports = { publishPackages };

if (require.main === module) {
  const [folder, ...options] = process.argv.slice(2);
  publishPackages(folder, options).catch(fail);
}
