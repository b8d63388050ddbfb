'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** Programs that checks run, in versions that a lock file names. `scripts/setup/tools.js` installs them. */
const TOOLS = path.join(__dirname, 'tools');
/** Test runners that the package is tried under. `scripts/setup/test-tools.js` installs them. */
const TEST_TOOLS = path.join(__dirname, 'test-tools');
/** What builds the documentation's site. `scripts/setup/docs.js` installs it. */
const DOCS_TOOLS = path.join(__dirname, 'docs');
/** Built things' folder, which no check of JavaScript looks into: Zig comes with some. */
const ZIG = path.join(__dirname, '../target/zig');

/** The versions of Node.js that the package supports, each in its newest release. */
const NODE_MAJORS = [20, 22, 24, 26];

/** @param {number} major */
function nodeOf(major) {
  const name = `node${major}-${process.platform}-${process.arch}`;
  const node = path.join(TOOLS, 'node_modules', name, 'bin/node');
  if (fs.existsSync(node)) return node;
  throw new Error(`No Node.js ${major} for ${process.platform}-${process.arch} in scripts/tools`);
}

/** @param {'bun' | 'deno' | 'pnpm' | 'yarn'} name */
function toolOf(name) {
  return path.join(TOOLS, 'node_modules/.bin', name);
}

/** The environment in which cargo and the napi CLI find Zig. */
function zigEnvironment() {
  const folders = [path.join(ZIG, 'bin'), path.join(ZIG, 'ziglang'), process.env.PATH];
  return { ...process.env, PATH: folders.join(path.delimiter), PYTHONPATH: ZIG };
}

module.exports = {
  DOCS_TOOLS,
  NODE_MAJORS,
  TEST_TOOLS,
  TOOLS,
  ZIG,
  nodeOf,
  toolOf,
  zigEnvironment,
};
