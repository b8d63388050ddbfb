'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const LIB = path.join(__dirname, '../lib');

/** The layers from the bottom up: each uses only those before it. */
const LAYERS = ['errors', 'util', 'protocol', 'schema', 'runtime', 'core', 'client', 'sharding'];
/** Folders beside the layers, with the layers that each may use. */
const SIDES = { keyv: ['util'], testing: ['util'], playground: ['testing'] };
/** The layers within lib/client; its own files are above them. */
const CLIENT_LAYERS = ['metrics', 'pipeline', 'rows', 'scan'];

test('each folder of lib uses only those below it', () => {
  for (const { from, to } of imports(/(?:require|import)\('(\.[^']*)'\)/g)) {
    const [folder, used] = [folderOf(from), folderOf(to)];
    if (folder === used) continue;
    assert.ok(mayUse(folder).includes(used), `${from} uses ${to}`);
  }
});

test('each folder of lib/client requires only those below it', () => {
  for (const { from, to } of imports(/require\('(\.[^']*)'\)/g)) {
    if (folderOf(from) !== 'client' || folderOf(to) !== 'client') continue;
    const [, folder] = path.dirname(from).split(path.sep);
    const [, used] = path.dirname(to).split(path.sep);
    if (folder === undefined || folder === used) continue;
    const below = CLIENT_LAYERS.slice(0, CLIENT_LAYERS.indexOf(folder));
    assert.ok(below.includes(used), `${from} requires ${to}`);
  }
});

/** @param {string} folder */
function mayUse(folder) {
  if (folder in SIDES) return SIDES[folder];
  const layer = LAYERS.indexOf(folder);
  assert.notEqual(layer, -1, `lib/${folder} is no layer`);
  return LAYERS.slice(0, layer);
}

/** @param {RegExp} pattern */
function imports(pattern) {
  const files = fs.readdirSync(LIB, { recursive: true }).map(String);
  return files
    .filter((file) => /\.(js|ts)$/.test(file))
    .flatMap((from) => {
      const text = fs.readFileSync(path.join(LIB, from), 'utf8');
      return [...text.matchAll(pattern)].map(([, target]) => ({
        from,
        to: path.normalize(path.join(path.dirname(from), target)),
      }));
    })
    .filter(({ to }) => !to.startsWith('..'));
}

/** @param {string} file */
function folderOf(file) {
  return file.split(path.sep)[0];
}
