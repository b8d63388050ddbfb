'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const relative = require('..');
const { startHealthyPeer } = require('./support/fake-peer.js');

const names = [
  'Batch',
  'Connection',
  'ExecuteError',
  'Executor',
  'HandlerSocketError',
  'Ketama',
  'ServerError',
];

test("require('hansock') gives the whole interface", () => {
  const hansock = require('hansock');
  assert.equal(hansock, relative);
  for (const name of names) {
    assert.equal(typeof hansock[name], 'function', name);
    assert.equal(hansock[name].name, name);
  }
});

test("import from 'hansock' gives the same classes, by name and as a whole", async (t) => {
  const { named, whole, execute, keyv, readTable, startServer } = await import('./support/esm.mjs');
  assert.deepEqual(Object.keys(named).sort(), names);
  for (const name of names) assert.equal(named[name], relative[name], name);
  assert.equal(whole, relative);
  assert.equal(startServer, require('hansock/testing').startServer);
  assert.deepEqual(keyv, require('hansock/keyv'));
  assert.equal(readTable, require('hansock/schema').readTable);
  const healthy = await startHealthyPeer(t);
  assert.deepEqual(await execute(healthy.address), ['fine', 'hello']);
});

test('files inside the package cannot be required', () => {
  for (const inside of ['hansock/lib/core/batch.js', 'hansock/native.js', 'hansock/index.js']) {
    assert.throws(() => require(inside), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
  }
  assert.equal(require('hansock/package.json').name, 'hansock');
});

test('each module has its types where TypeScript looks without "exports"', () => {
  const manifest = require('hansock/package.json');
  for (const [path, { types }] of Object.entries(manifest.exports)) {
    if (types === undefined || path === '.') continue;
    assert.deepEqual(manifest.typesVersions['*'][path.slice('./'.length)], [types]);
  }
});
