'use strict';

const fs = require('node:fs');
const path = require('node:path');

/**
 * Programs that checks run, in versions that a lock file names. `scripts/setup/tools.js` installs
 * them.
 */
const TOOLS = path.join(__dirname, 'tools');
/** Test runners with which the package is tested. `scripts/setup/test-tools.js` installs them. */
const TEST_TOOLS = path.join(__dirname, 'test-tools');
/** The tools that build the documentation's site. `scripts/setup/docs.js` installs them. */
const DOCS_TOOLS = path.join(__dirname, 'docs');
/**
 * Zig is in the folder of build results, which JavaScript checks skip, because Zig contains some
 * JavaScript.
 */
const ZIG = path.join(__dirname, '../target/zig');

/** The major versions of Node.js that the package supports, each in its newest release. */
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
