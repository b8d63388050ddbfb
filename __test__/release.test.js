'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { findFaults } = require('../scripts/release/check-version.js');
const { newestGlibc } = require('../scripts/release/glibc.js');
const version = require('../scripts/release/version.js');
const manifest = require('../package.json');

const read = (name) => fs.readFileSync(path.join(__dirname, '..', name), 'utf8');

describe('a new version', () => {
  test('gets into Cargo.toml and Cargo.lock', () => {
    const name = '"hansock"\nversion = "9.8.7"\n';
    assert.ok(version.setCargoVersion(read('Cargo.toml'), '9.8.7').includes(name));
    assert.ok(version.setLockedVersion(read('Cargo.lock'), '9.8.7').includes(name));
  });

  test('gets a heading with the date in the changelog, below an empty unreleased part', () => {
    const closed = version.closeUnreleased(read('CHANGELOG.md'), '9.8.7', new Date('2030-01-02'));
    assert.match(closed, /\n## Unreleased\n\n## 9\.8\.7 \(2030-01-02\)\n/);
  });
});

describe('a release', () => {
  const release = {
    tag: 'v1.2.3',
    repository: 'hansock/hansock',
    changelog: '# Changelog\n\n## Unreleased\n\n## 1.2.3 (2030-01-02)\n',
    cargo: '[package]\nname = "hansock"\nversion = "1.2.3"\n',
  };
  const { repository } = manifest;

  test('is fit to be published when all files agree', () => {
    assert.deepEqual(findFaults({ version: '1.2.3', repository }, release), []);
  });

  for (const [what, changed] of Object.entries({
    'another tag': { tag: 'v1.2.4' },
    'another version in Cargo.toml': { cargo: read('Cargo.toml') },
    'no section in the changelog': { changelog: '# Changelog\n\n## Unreleased\n' },
    'a repository that package.json does not name': { repository: 'somebody/hansock' },
  })) {
    test(`is refused with ${what}`, () => {
      const faults = findFaults({ version: '1.2.3', repository }, { ...release, ...changed });
      assert.equal(faults.length, 1, faults.join());
    });
  }
});

test('the newest glibc that a binary needs is found by number, not by text', () => {
  const versions = 'Name: GLIBC_2.2.5\nName: GLIBC_2.17\nName: GCC_3.0\nName: GLIBC_2.9\n';
  assert.equal(newestGlibc(versions), '2.17');
  assert.equal(newestGlibc('nothing'), '0');
});
