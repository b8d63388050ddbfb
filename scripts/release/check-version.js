'use strict';

/*
 * Checks that the files agree about the release before anything is published:
 * `node scripts/release/check-version.js <tag> <repository>`, as GitHub names both.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');
const manifest = require('../../package.json');

/**
 * @param {{ version: string, repository: { url: string } }} manifest
 * @param {{ tag: string, repository: string, changelog: string, cargo: string }} release
 * @returns {string[]} what is wrong
 */
function findFaults({ version, repository }, release) {
  const faults = [];
  if (release.tag !== `v${version}`) {
    faults.push(`the tag is ${release.tag}, and package.json has version ${version}`);
  }
  if (!release.cargo.includes(`\nversion = "${version}"\n`)) {
    faults.push(`Cargo.toml has another version than ${version}`);
  }
  if (!release.changelog.includes(`\n## ${version} (`)) {
    faults.push(`CHANGELOG.md has no section for ${version}`);
  }
  // npm compares them too, but only after the builds, and then refuses the provenance.
  if (!repository.url.endsWith(`/${release.repository}.git`)) {
    faults.push(`package.json names the repository ${repository.url}, not ${release.repository}`);
  }
  return faults;
}

module.exports = { findFaults };

if (require.main === module) {
  const [tag, repository] = process.argv.slice(2);
  const [changelog, cargo] = ['CHANGELOG.md', 'Cargo.toml'].map((name) =>
    fs.readFileSync(path.join(ROOT, name), 'utf8'),
  );
  const faults = findFaults(manifest, { tag, repository, changelog, cargo });
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
