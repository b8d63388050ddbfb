'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { linksOf } = require('../scripts/docs/links.js');

const ROOT = path.join(__dirname, '..');
const LINKS = linksOf(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'), 'README.md');

/** The README is also npm's page of the package, and is in node_modules beside the packed files. */
test("README's relative links lead to what is packed", async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], {
    cwd: ROOT,
    shell: process.platform === 'win32', // npm is a batch file there
  });
  const [{ files }] = JSON.parse(stdout);
  const packed = files.map((file) => file.path);
  const relative = LINKS.filter(({ link }) => !/^[a-z]+:|^#/.test(link));
  assert.ok(relative.length > 10);
  for (const { link, target } of relative) {
    const isThere = packed.some((name) => name === target || name.startsWith(`${target}/`));
    assert.ok(isThere, `${link} is not packed`);
  }
});

test("README's links to the repository lead to files of it", () => {
  const own = LINKS.filter(({ link, target }) => /^https:/.test(link) && target !== undefined);
  assert.ok(own.some(({ target }) => target === 'bench/results/chart.svg'));
  for (const { link, target } of own) {
    assert.ok(fs.existsSync(path.join(ROOT, target)), `${link}: there is no such file`);
  }
});
