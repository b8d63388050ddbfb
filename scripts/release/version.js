'use strict';

/*
 * `npm version` runs it once package.json has the new version. Writes the version into the other
 * files that have one, and its heading into the changelog's unreleased part.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');
const { version } = require('../../package.json');

/** @param {string} text  of Cargo.toml */
function setCargoVersion(text, newVersion = version) {
  return replaceOnce(text, /^version = ".*"$/m, `version = "${newVersion}"`);
}

/** @param {string} text  of Cargo.lock */
function setLockedVersion(text, newVersion = version) {
  const entry = /(?<=^name = "hansock"\nversion = )".*"$/m;
  return replaceOnce(text, entry, `"${newVersion}"`);
}

/** @param {string} text  of CHANGELOG.md */
function closeUnreleased(text, newVersion = version, date = new Date()) {
  const heading = `## ${newVersion} (${date.toISOString().slice(0, 10)})`;
  return replaceOnce(text, /^## Unreleased$/m, `## Unreleased\n\n${heading}`);
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 * @param {string} replacement
 */
function replaceOnce(text, pattern, replacement) {
  if (!pattern.test(text)) throw new Error(`Nothing matches ${pattern}`);
  return text.replace(pattern, () => replacement);
}

const EDITS = {
  'Cargo.toml': setCargoVersion,
  'Cargo.lock': setLockedVersion,
  'CHANGELOG.md': closeUnreleased,
};

module.exports = { closeUnreleased, setCargoVersion, setLockedVersion };

if (require.main === module) {
  for (const [name, edit] of Object.entries(EDITS)) {
    const file = path.join(ROOT, name);
    fs.writeFileSync(file, edit(fs.readFileSync(file, 'utf8')));
  }
  execFileSync('git', ['add', ...Object.keys(EDITS)], { cwd: ROOT });
}
