'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

/** Column names that JavaScript could take for something else. */
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

/** The row's own properties as a list, without its prototype. */
function entriesOf(row) {
  return Object.entries(row).toSorted(byName);
}

const EXPECTED = COLUMNS.map((name, i) => [name, ROW[i]]).toSorted(byName);

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

test('get gives the first of several rows, and null for NULL', async (t) => {
  const index = openIndex(t, await startRows(t, ['1', null], ['2', 'b']), ['id', 'name']);
  assert.deepEqual(await index.get(1), { id: '1', name: null });
});

test('rows with another number of columns than are open are an error', async (t) => {
  for (const columns of [['id'], ['id', 'name', 'mail']]) {
    const index = openIndex(t, await startRows(t, ['1', 'a']), columns);
    const error = { code: 'ERR_HS_PROTOCOL', message: /rows of 2 columns of t\.t/ };
    await assert.rejects(index.get(1), error);
    await assert.rejects(index.find('=', 1, { limit: 2 }), error);
    await assert.rejects(index.findMany([1, 2], { limit: 2 }), error);
    await assert.rejects(async () => {
      for await (const row of index.scan('>=', 1)) assert.fail(row);
    }, error);
  }
});

for (const canCompile of [true, false]) {
  test(`rows are made where code may ${canCompile ? '' : 'not '}be compiled at run time`, async () => {
    const program = path.join(__dirname, 'support', 'rows-in-each-way.js');
    const flags = canCompile ? [] : ['--disallow-code-generation-from-strings'];
    const given = [...flags, program, JSON.stringify(COLUMNS)];
    const { stdout } = await promisify(execFile)(process.execPath, given);
    const printed = JSON.parse(stdout);
    assert.equal(printed.canCompile, canCompile);
    assert.equal(printed.rows.length, 3);
    for (const [first, second, ...more] of printed.rows) {
      assert.deepEqual(more, []);
      assert.deepEqual(first.toSorted(byName), COLUMNS.map(firstValue).toSorted(byName));
      assert.deepEqual(second.toSorted(byName), COLUMNS.map(secondValue).toSorted(byName));
    }
  });
}

function firstValue(name, i) {
  return [name, i === 1 ? 17 : `value ${i}`];
}

function secondValue(name, i) {
  return [name, i < 2 ? null : ''];
}

function byName([a], [b]) {
  return a < b ? -1 : 1;
}
