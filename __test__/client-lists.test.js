'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

describe('getMany with keyColumns, by IN lists', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE number (id INT PRIMARY KEY, n INT, name VARCHAR(20), KEY by_n (n, name))',
      "INSERT INTO number SELECT seq * 2, seq DIV 10, CONCAT('name ', seq) FROM seq_1_to_1000",
      'CREATE TABLE word (w VARCHAR(5) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)',
      "INSERT INTO word VALUES ('a', 1), ('b', 2), ('abcde', 3), ('tab\\t', 4), ('', 5)",
    ],
  });

  /**
   * Returns the rows of getMany by lists, those of a find for each key, and how many commands the
   * lists took.
   */
  async function ask(t, { columns, keyColumns, ...target }, keys) {
    const { host, port, secret } = server.running;
    const client = new Client({ host, port, secret });
    t.after(() => client.close());
    const place = { database: 't', columns, ...target };
    const byLists = client.openIndex({ ...place, keyColumns });
    const byFinds = client.openIndex(place);
    const [first] = [byFinds, byLists].map((index) => index.get(keys[0]));
    await first;
    const { commands } = client.stats();
    const rows = await byLists.getMany(keys);
    const taken = client.stats().commands - commands;
    assert.deepEqual(rows, await byFinds.getMany(keys));
    assert.equal(rows.length, keys.length);
    return { rows, taken };
  }

  const numbers = { table: 'number', columns: ['n', 'id', 'name'], keyColumns: ['id'] };
  const words = { table: 'word', columns: ['w', 'n'], keyColumns: ['w'] };

  test('sends one command for 128 keys', async (t) => {
    const keys = Array.from({ length: 1000 }, (_, i) => i + 1);
    const { rows, taken } = await ask(t, numbers, keys);
    assert.equal(taken, 8);
    assert.equal(rows.filter((row) => row === null).length, 500);
    assert.deepEqual(rows[1], { n: '0', id: '2', name: 'name 1' });
  });

  for (const [title, target, keys] of [
    ['keys that are missing, repeated, and in any order', numbers, [8, 3, 2, 8, -1, 4, 4, 5, 8]],
    ['keys as strings, bigints and arrays', numbers, ['8', 6n, [4], 2, ['3']]],
    [
      'one column of an index that is not unique',
      { ...numbers, index: 'by_n', keyColumns: ['n'] },
      [7, 3, 500, 3],
    ],
    ['text', words, ['b', 'zz', 'a', 'tab\t', '']],
  ]) {
    test(`gives the same as finds for ${title}`, async (t) => {
      const { taken } = await ask(t, target, keys);
      assert.equal(taken, 1);
    });
  }

  for (const [title, target, keys] of [
    ['have another text than their rows', numbers, ['08', 4, 2.2, 6]],
    ['are the same only for the server', words, ['A', 'b', 'B ', 'a']],
    ['are clipped by the server', words, ['abcdefgh', 'b']],
  ]) {
    test(`falls back to finds if keys ${title}`, async (t) => {
      const { rows, taken } = await ask(t, target, keys);
      assert.equal(taken, 1 + keys.length);
      assert.ok(rows.every((row) => row !== null));
    });
  }

  for (const [title, target, keys] of [
    ['NULL', { ...numbers, index: 'by_n', keyColumns: ['n'] }, [null, 3]],
    ['bytes', words, [Buffer.from('a'), 'b']],
    [
      'several parts',
      { ...numbers, index: 'by_n', keyColumns: ['n', 'name'] },
      [
        [0, 'name 3'],
        [1, 'x'],
      ],
    ],
  ]) {
    test(`asks by finds for keys of ${title}`, async (t) => {
      const { taken } = await ask(t, target, keys);
      assert.equal(taken, keys.length);
    });
  }
});
