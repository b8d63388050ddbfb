'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

describe('Index.scan', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE item (id INT PRIMARY KEY, n INT, b BLOB, KEY by_n (n))',
      'INSERT INTO item SELECT seq, seq % 10, seq FROM seq_1_to_50',
      'CREATE TABLE descending (id INT, PRIMARY KEY (id DESC))',
      'INSERT INTO descending SELECT seq FROM seq_1_to_20',
    ],
  });

  function connect(t, options) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, ...options });
    t.after(() => client.close());
    return client;
  }

  function openItems(client, more) {
    const types = { id: 'number', n: 'number', b: 'buffer' };
    const target = { database: 't', table: 'item', columns: ['id', 'n', 'b'], types };
    return client.openIndex({ ...target, keyColumns: ['id'], filterColumns: ['n'], ...more });
  }

  async function idsOf(scan) {
    const ids = [];
    for await (const { id } of scan) ids.push(id);
    return ids;
  }

  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

  describe('asks', () => {
    test('for nothing before the first row is wanted', async (t) => {
      const client = connect(t);
      const scan = openItems(client).scan('>=', 0);
      await new Promise(setImmediate);
      assert.equal(client.stats().commands, 0);
      assert.equal((await idsOf(scan)).length, 50);
    });

    test('for no more than two pages ahead', async (t) => {
      const client = connect(t);
      const opened = 1;
      let given = 0;
      for await (const row of openItems(client).scan('>=', 0, { pageSize: 5 })) {
        assert.equal(row.id, ++given);
        const pages = client.stats().commands - opened;
        assert.ok(pages <= Math.ceil(given / 5) + 1, `${pages} pages for ${given} rows`);
      }
      assert.equal(given, 50);
    });

    test('for the columns of the index once, and then for pages only', async (t) => {
      const client = connect(t);
      const items = openItems(client, { keyColumns: undefined });
      await idsOf(items.scan('>=', 0, { pageSize: 5 }));
      const { commands } = client.stats();
      await idsOf(items.scan('>=', 0, { pageSize: 5 }));
      assert.ok(client.stats().commands - commands <= 11, 'a command a page');
    });

    test('for no page ahead if calls are limited', async (t) => {
      const items = openItems(connect(t, { maxPending: 1 }));
      for await (const { id } of items.scan('>=', 0, { pageSize: 4 })) {
        assert.equal((await items.get(id)).id, id);
      }
    });

    test('for nothing more after a break', async (t) => {
      const client = connect(t);
      const scan = openItems(client).scan('>=', 0, { pageSize: 2 });
      for await (const { id } of scan) if (id === 5) break;
      // Requests that are in flight already are answered before this one.
      assert.equal((await openItems(client).get(1)).id, 1);
      const { commands, pending } = client.stats();
      assert.equal(pending, 0);
      assert.deepEqual(await idsOf(scan), [], 'it is over');
      assert.equal((await openItems(client).get(2)).id, 2);
      assert.equal(client.stats().commands, commands + 1);
    });
  });

  describe('gives', () => {
    test('at most limit rows', async (t) => {
      const items = openItems(connect(t));
      for (const pageSize of [1, 3, 7, 1000]) {
        for (const limit of [0, 1, 6, 7, 50, 51, Number.POSITIVE_INFINITY]) {
          const ids = await idsOf(items.scan('<=', 100, { pageSize, limit }));
          assert.deepEqual(ids, range(1, 50).reverse().slice(0, limit), `${limit} by ${pageSize}`);
        }
      }
    });

    test('the rows that pass the filters', async (t) => {
      const items = openItems(connect(t));
      for (const pageSize of [1, 2, 7]) {
        const filters = [{ column: 'n', op: '=', value: 3 }];
        const options = { pageSize, filters };
        assert.deepEqual(await idsOf(items.scan('>', 3, options)), [13, 23, 33, 43]);
        assert.deepEqual(await idsOf(items.scan('<', 43, { ...options, limit: 3 })), [33, 23, 13]);
        const until = [{ type: 'while', column: 'n', op: '!=', value: 8 }];
        assert.deepEqual(
          await idsOf(items.scan('>', 8, { pageSize, filters: until })),
          range(9, 17),
        );
        const unknown = openItems(connect(t), { keyColumns: undefined });
        assert.deepEqual(await idsOf(unknown.scan('>', 3, options)), [13, 23, 33, 43]);
      }
    });

    test('typed rows, also in concurrent scans', async (t) => {
      const items = openItems(connect(t));
      const up = items.scan('>=', 1, { pageSize: 3 })[Symbol.asyncIterator]();
      const down = items.scan('<=', 50, { pageSize: 7 })[Symbol.asyncIterator]();
      for (const id of range(1, 50)) {
        const [one, other] = await Promise.all([up.next(), down.next()]);
        assert.deepEqual(one.value, { id, n: id % 10, b: Buffer.from(`${id}`) });
        assert.equal(other.value.id, 51 - id);
      }
      assert.deepEqual(
        (await Promise.all([up.next(), down.next()])).map(({ done }) => done),
        [true, true],
      );
    });

    test('an index declared DESC in its own order', async (t) => {
      const index = connect(t).openIndex({
        database: 't',
        table: 'descending',
        columns: ['id'],
        types: { id: 'number' },
        keyColumns: ['id'],
      });
      for (const pageSize of [1, 7]) {
        assert.deepEqual(await idsOf(index.scan('>=', 15, { pageSize })), range(1, 15).reverse());
        assert.deepEqual(await idsOf(index.scan('<', 15, { pageSize })), range(16, 20));
      }
    });

    test('an index of which no column is opened', async (t) => {
      const unnamed = {
        index: 'by_n',
        columns: ['id'],
        types: { id: 'number' },
        keyColumns: undefined,
      };
      const items = openItems(connect(t), unnamed);
      for (const pageSize of [1, 7, 1000]) {
        const ids = await idsOf(items.scan('<', 2, { pageSize }));
        assert.deepEqual(ids, [41, 31, 21, 11, 1, 50, 40, 30, 20, 10]);
      }
    });

    test('all rows with the largest page', async (t) => {
      const items = openItems(connect(t));
      assert.equal((await idsOf(items.scan('>=', 0, { pageSize: 4_294_967_295 }))).length, 50);
    });
  });

  test('refuses wrong arguments at once', (t) => {
    const items = openItems(connect(t));
    const wrong = [
      ['=', 1],
      ['!', 1],
      ['>=', undefined],
      ['>=', []],
      ['>=', 1, { pageSize: 0 }],
      ['>=', 1, { pageSize: 1.5 }],
      ['>=', 1, { limit: -1 }],
      ['>=', 1, { filters: [{ column: 'id', op: '=', value: 1 }] }],
    ];
    for (const args of wrong) {
      assert.throws(
        () => items.scan(...args),
        (error) => error instanceof TypeError || error instanceof RangeError,
        JSON.stringify(args),
      );
    }
    assert.throws(() => openItems(connect(t), { keyColumns: ['gone'] }), TypeError);
    assert.throws(() => openItems(connect(t), { keyColumns: [] }), TypeError);
  });

  test('rejects the iteration with what the server refuses', async (t) => {
    const scan = openItems(connect(t), { table: 'missing' }).scan('>=', 0);
    await assert.rejects(idsOf(scan), { code: 'ERR_HS_NOT_OPENED', message: /missing/ });
  });
});
