'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const FOLDERS = ['', 'scripts/tools', 'scripts/test-tools', 'scripts/docs'];
/** Folders without optional packages. */
const WITHOUT_OPTIONAL = ['scripts/docs'];

for (const folder of FOLDERS) {
  const file = path.join(folder, 'package-lock.json');

  describe(file, () => {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8'));

    /** `npm ci` refuses a lock file that lacks one, on every platform. */
    test('lists the optional packages of every platform', () => {
      const optional = Object.values(packages).flatMap(({ optionalDependencies }) =>
        Object.keys(optionalDependencies ?? {}),
      );
      assert.equal(optional.length === 0, WITHOUT_OPTIONAL.includes(folder));
      const missing = optional.filter((name) => packages[`node_modules/${name}`] === undefined);
      assert.deepEqual(missing, []);
    });

    test('names no registry', () => {
      const resolved = Object.values(packages).filter((entry) => 'resolved' in entry);
      assert.deepEqual(resolved, []);
    });
  });
}
