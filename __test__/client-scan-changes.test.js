'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

describe('Index.scan while rows change', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE live (id INT PRIMARY KEY, n INT, KEY by_n (n))',
      'CREATE TABLE pair (a INT, b INT, v INT, PRIMARY KEY (a, b))',
      'CREATE TABLE twin (a INT PRIMARY KEY, b INT, UNIQUE KEY by_b (b))',
      'CREATE TABLE word (k VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)',
      'CREATE TABLE floats (k FLOAT PRIMARY KEY, n INT)',
    ],
  });

  function connect(t) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret });
    t.after(() => client.close());
    return client;
  }

  /** Collects the rows of a scan; `act` runs before the next row is requested. */
  async function visit(scan, act) {
    const visited = [];
    for await (const row of scan) visited.push(await act(row));
    return visited;
  }

  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

  const PAGE_SIZES = [1, 2, 7, 25, 1000];
  const KNOWING = { 'with keyColumns': true, 'without keyColumns': false };
  /** Tables and their rows. The scan uses a unique index of each. */
  const tables = {
    'one column': {
      table: 'live',
      columns: ['id', 'n'],
      keyColumns: ['id'],
      fill: 'INSERT INTO t.live SELECT seq, seq DIV 10 FROM t.seq_1_to_60',
    },
    'two columns': {
      table: 'pair',
      columns: ['a', 'b', 'v'],
      keyColumns: ['a', 'b'],
      fill: 'INSERT INTO t.pair SELECT LEAST(seq, 10), seq, 0 FROM t.seq_1_to_60',
    },
    'text without regard to case': {
      table: 'word',
      columns: ['k', 'n'],
      keyColumns: ['k'],
      fill: "INSERT INTO t.word SELECT CONCAT(IF(seq % 2, 'a', 'Á'), seq), 0 FROM t.seq_10_to_69",
    },
    'a column that has the values of another one at first': {
      table: 'twin',
      index: 'by_b',
      columns: ['a', 'b'],
      keyColumns: ['b'],
      hasToBeTold: true, // which of two columns that are alike in the first page it is
      fill: 'INSERT INTO t.twin SELECT IF(seq <= 30, seq, 200 - seq), seq FROM t.seq_1_to_60',
    },
  };
  const START = { live: 0, pair: 0, word: '', twin: 0, floats: 0 };

  async function refill({ table, fill }) {
    await server.sql(`DELETE FROM t.${table}; ${fill}`);
  }

  for (const [title, spec] of Object.entries(tables)) {
    for (const [knowing, isGiven] of Object.entries(KNOWING)) {
      if (spec.hasToBeTold && !isGiven) continue;
      const scanAndDelete = async (t, pageSize, lag) => {
        const { table, index, columns, keyColumns } = spec;
        await refill(spec);
        const known = { keyColumns: isGiven ? keyColumns : undefined };
        const opened = connect(t).openIndex({ database: 't', table, index, columns, ...known });
        const keys = [];
        for await (const row of opened.scan('>=', START[table], { pageSize })) {
          keys.push(keyColumns.map((name) => row[name]));
          const behind = keys.at(-1 - lag);
          if (behind)
            assert.equal(await opened.delete('=', behind, { limit: 1 }), 1, `${behind} once`);
        }
        assert.equal(keys.length, 60, `rows visited in pages of ${pageSize}`);
        assert.equal(keys.length, new Set(keys.map(String)).size);
      };

      test(`a scan of ${title} visits every row once and deletes it, ${knowing}`, async (t) => {
        for (const pageSize of PAGE_SIZES) await scanAndDelete(t, pageSize, 0);
      });

      test(`a scan of ${title} loses no row if the previous page is deleted, ${knowing}`, async (t) => {
        for (const pageSize of [2, 7]) await scanAndDelete(t, pageSize, pageSize + 2);
      });
    }
  }

  for (const [knowing, isGiven] of Object.entries(KNOWING)) {
    const openLive = (t) =>
      connect(t).openIndex({
        database: 't',
        table: 'live',
        columns: ['id', 'n'],
        types: { id: 'number', n: 'number' },
        keyColumns: isGiven ? ['id'] : undefined,
      });

    test(`a row that stays is given once, whatever happens to other rows, ${knowing}`, async (t) => {
      for (const pageSize of PAGE_SIZES) {
        await refill(tables['one column']);
        const live = openLive(t);
        // From 20 on, rows around the scan's position are inserted, deleted and changed; the tens
        // stay.
        const ids = await visit(live.scan('>=', 0, { pageSize }), async ({ id }) => {
          if (id >= 20 && id <= 40 && id % 10 === 0) {
            await Promise.all([
              live.insert([-id, 0]),
              live.delete('=', id - 1),
              live.delete('=', id + 1),
              live.update('=', id + 2, { n: id }),
              live.update('=', id + 10, { n: id }),
              live.insert([id + 100, 0]),
            ]);
          }
          return id;
        });
        const coming = new Set([21, 31, 41, 19, 29, 39]);
        const steady = [...range(1, 60).filter((id) => !coming.has(id))];
        assert.deepEqual(
          ids.filter((id) => id <= 60 && !coming.has(id)),
          steady,
          `by ${pageSize}`,
        );
        assert.equal(new Set(ids).size, ids.length, 'none twice');
      }
    });

    test(`a row inserted behind is not given and one inserted ahead is, ${knowing}`, async (t) => {
      for (const pageSize of [1, 2, 7]) {
        for (const [op, start, behind, before] of [
          ['>=', 1, 0, 100],
          ['<=', 60, 100, 0],
        ]) {
          await refill(tables['one column']);
          const live = openLive(t);
          const ids = await visit(live.scan(op, start, { pageSize }), async ({ id }) => {
            if (id === 30)
              await live.insertMany([
                [behind, 0],
                [before, 0],
              ]);
            return id;
          });
          const expected = op === '>=' ? range(1, 60) : range(1, 60).reverse();
          assert.deepEqual(ids, [...expected, before], `${op} by ${pageSize}`);
        }
      }
    });
  }

  test('a scan of a non-unique index loses no row if groups behind it are deleted', async (t) => {
    for (const pageSize of [1, 2, 7, 10, 25]) {
      await refill(tables['one column']);
      const live = connect(t).openIndex({
        database: 't',
        table: 'live',
        index: 'by_n',
        columns: ['id', 'n'],
        types: { id: 'number', n: 'number' },
        keyColumns: ['n'],
      });
      const ids = await visit(live.scan('>=', 0, { pageSize }), async ({ id, n }) => {
        await live.delete('<', n, { limit: 60 });
        return id;
      });
      assert.deepEqual(ids, range(1, 60), `by ${pageSize}`);
    }
  });

  test('a scan of FLOAT keys returns each row once while its other columns change', {
    timeout: 60_000,
  }, async (t) => {
    for (const pageSize of [1, 2, 7]) {
      await server.sql(
        'DELETE FROM t.floats; INSERT INTO t.floats SELECT 16777200 + 2 * seq, seq FROM t.seq_1_to_40',
      );
      const floats = connect(t).openIndex({
        database: 't',
        table: 'floats',
        columns: ['k', 'n'],
        types: { n: 'number' },
        keyColumns: ['k'],
      });
      const numbers = await visit(floats.scan('>=', 0, { pageSize }), async ({ n }) => {
        assert.equal(await floats.increment('>=', 0, { n: 1000 }, { limit: 100 }), 40);
        return n % 1000;
      });
      assert.deepEqual(numbers, range(1, 40), `by ${pageSize}`);
    }
  });
});
