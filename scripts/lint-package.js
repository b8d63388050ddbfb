'use strict';

/*
 * Checks the packed package: publint checks its files and fields, attw (Are the types wrong?)
 * checks its types under every module resolution of TypeScript.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fail, run } = require('./command.js');
const { TEST_TOOLS } = require('./tools.js');

async function lint() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-'));
  try {
    const pack = ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const [{ filename }] = JSON.parse(await run('npm', pack));
    const tarball = path.join(folder, filename);
    await run(tool('publint'), ['run', tarball, '--strict']);
    await run(tool('attw'), [tarball]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** @param {string} name */
function tool(name) {
  return path.join(TEST_TOOLS, 'node_modules/.bin', name);
}

lint().catch(fail);
