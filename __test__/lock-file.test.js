'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { packages } = require('../package-lock.json');

/** `npm ci` refuses a lock file that lacks one, on whichever platform. */
test('package-lock.json lists the optional packages of every platform', () => {
  const optional = Object.values(packages).flatMap(({ optionalDependencies }) =>
    Object.keys(optionalDependencies ?? {}),
  );
  assert.ok(optional.length > 0);
  const missing = optional.filter((name) => packages[`node_modules/${name}`] === undefined);
  assert.deepEqual(missing, []);
});

test('package-lock.json names no registry', () => {
  const resolved = Object.values(packages).filter((entry) => 'resolved' in entry);
  assert.deepEqual(resolved, []);
});
