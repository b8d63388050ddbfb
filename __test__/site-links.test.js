'use strict';

/*
 * Tests the links of the documentation's site: how they are rewritten, and how dead ones are found.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const { findDeadLinks } = require('../scripts/docs/dead-links.js');
const { rewriteLinks } = require('../scripts/docs/links.js');

const GITHUB = 'https://github.com/hansock/hansock';
const TITLES = new Map([
  ['docs/client.md', 'Client'],
  ['docs/errors.md', 'Errors'],
  ['bench/README.md', 'The benchmark'],
]);
const rewrite = (text) => rewriteLinks(text, 'docs/client.md', TITLES);

describe('a link of a page', () => {
  for (const [what, given, expected] of [
    ['to another page stays', '[codes](errors.md#words)', '[codes](errors.md#words)'],
    ['named after a file is named after the page', '[errors.md](errors.md)', '[Errors](errors.md)'],
    ['within the page stays', '[above](#two-ports)', '[above](#two-ports)'],
    ['to the web stays', '[Keyv](https://keyv.org)', '[Keyv](https://keyv.org)'],
    [
      'to a file that is no page leads to the repository',
      '[x](../index.d.ts)',
      `[x](${GITHUB}/blob/main/index.d.ts)`,
    ],
    [
      'to a folder leads to the repository',
      '[x](../examples)',
      `[x](${GITHUB}/tree/main/examples)`,
    ],
    [
      'to the repository leads to the page, where it is one',
      `[x](${GITHUB}/blob/main/bench/README.md)`,
      '[x](../bench/README.md)',
    ],
    [
      'to a picture of the repository leads to the copy',
      '![x](https://raw.githubusercontent.com/hansock/hansock/main/bench/results/chart.svg)',
      '![x](../bench/results/chart.svg)',
    ],
    [
      'in code is none',
      '```js\nitems[0](../index.d.ts)\n```\n',
      '```js\nitems[0](../index.d.ts)\n```\n',
    ],
  ]) {
    test(what, () => assert.equal(rewrite(given), expected));
  }

  test('to a file that does not exist is an error', () => {
    assert.throws(() => rewrite('[x](../nowhere.js)'), { code: 'ENOENT' });
  });
});

test('dead links are found: to files, to anchors, and out of the site', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-site-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  fs.mkdirSync(path.join(folder, 'docs'));
  fs.writeFileSync(path.join(folder, 'index.html'), '<a href="docs/a.html#here">a</a><b id="x">');
  fs.writeFileSync(
    path.join(folder, 'docs/a.html'),
    `<h2 id="here"></h2> <a class="c" href="../index.html#x">fine</a> <a href="#here">fine</a>
     <a href="https://example.org/">elsewhere</a> <a href="b.html">1</a> <img src="c.svg">
     <a href="../index.html#y">3</a> <a href="../../etc/passwd">4</a>`,
  );
  assert.deepEqual(findDeadLinks(folder), {
    dead: [
      'docs/a.html: b.html: there is no such file',
      'docs/a.html: c.svg: there is no such file',
      'docs/a.html: ../index.html#y: there is no such anchor',
      'docs/a.html: ../../etc/passwd: there is no such file',
    ],
    count: 7,
  });
});
