'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

/** What JavaScript could take for something else than a name. */
const COLUMNS = [
  'id',
  '__proto__',
  'constructor',
  '0',
  "it's",
  '"quoted"',
  'back\\slash',
  '$' + '{code}',
  '`tick`',
  'line\u2028separator',
  'ü',
  'text',
  'values',
  'start',
];
const ROW = COLUMNS.map((_, i) => `value ${i}`);

/** A peer that answers each find with these rows. */
function startRows(t, ...rows) {
  const values = rows.flat().map((value) => `\t${value ?? '\0'}`);
  const found = `0\t${rows[0].length}${values.join('')}\n`;
  return startPeer(
    t,
    answer((line) => (line.startsWith('P') ? '0\t1\n' : found)),
  );
}

function openIndex(t, peer, columns) {
  return clientOf(t, peer).openIndex({ database: 't', table: 't', columns });
}

/** The row's own properties as a list, which a prototype is not among. */
function entriesOf(row) {
  return Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const EXPECTED = COLUMNS.map((name, i) => [name, ROW[i]]).toSorted(([a], [b]) => (a < b ? -1 : 1));

for (const [method, ...args] of [
  ['get', 1],
  ['find', '=', 1, { limit: 2 }],
]) {
  test(`${method} gives rows with columns of any name`, async (t) => {
    const index = openIndex(t, await startRows(t, ROW), COLUMNS);
    const [row] = [await index[method](...args)].flat();
    assert.deepEqual(entriesOf(row), EXPECTED);
    assert.equal(Object.getPrototypeOf(row), Object.prototype);
  });
}

test('get gives the first of several rows, and null where a value is NULL', async (t) => {
  const index = openIndex(t, await startRows(t, ['1', null], ['2', 'b']), ['id', 'name']);
  assert.deepEqual(await index.get(1), { id: '1', name: null });
});

test('rows come all the same where code must not be compiled at run time', async () => {
  const program = path.join(__dirname, 'support', 'rows-without-compiling.js');
  const flags = ['--disallow-code-generation-from-strings', program, JSON.stringify(COLUMNS)];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  const { maker, row, list, missing } = JSON.parse(stdout);
  assert.deepEqual(entriesOf(row), entriesOf(list));
  assert.deepEqual(
    entriesOf(row).map(([name]) => name),
    EXPECTED.map(([name]) => name),
  );
  assert.deepEqual([maker, missing], ['interpreted', null]);
});
