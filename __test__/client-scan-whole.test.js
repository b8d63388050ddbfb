'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client, ShardedClient } = require('..');
const { useServer } = require('./support/server.js');

/** Values of a column's type in SQL, in the order of its index; null is NULL. */
const KINDS = {
  'INT with negative numbers': ['INT', ['-2147483648', '-5', '-1', '0', '1', '2147483647']],
  'INT with NULLs': ['INT NULL', ['NULL', '-1', '0', '1']],
  'INT UNSIGNED': ['INT UNSIGNED', ['0', '1', '4294967295']],
  BIGINT: ['BIGINT', ['-9223372036854775808', '-1', '0', '9223372036854775807']],
  DECIMAL: ['DECIMAL(30,2)', ['-1.50', '-0.01', '0', '0.01', '99999999999999999999.99']],
  DOUBLE: ['DOUBLE', ['-1e300', '-0.5', '0', '1e-9', '1e300']],
  'VARCHAR with text below a space': [
    'VARCHAR(9)',
    ["'\\0a'", "'\\t'", "'\\na'", "''", "' a'", "'a'", "'\u00fc'"],
  ],
  'VARCHAR of a NOPAD collation': [
    'VARCHAR(9) COLLATE utf8mb4_nopad_bin',
    ["''", "'\\t'", "' '", "'a'"],
  ],
  VARBINARY: ['VARBINARY(9)', ["''", "x'00'", "x'01ff'", "x'ff'"]],
  UUID: [
    'UUID',
    [
      "'00000000-0000-0000-0000-000000000000'",
      "'00000000-0000-0000-0000-000000000001'",
      "'ffffffff-ffff-4fff-bfff-ffffffffffff'",
    ],
  ],
  'UUID with NULLs': ['UUID NULL', ['NULL', "'ffffffff-ffff-4fff-bfff-ffffffffffff'"]],
  INET6: ['INET6', ["'::'", "'::1'", "'ffff::'"]],
  DATE: ['DATE', ["'0001-01-01'", "'1969-12-31'", "'9999-12-31'"]],
  'DATETIME with zero dates': ['DATETIME(6)', ["'0000-00-00'", "'1000-01-01'", "'2024-02-29'"]],
  TIMESTAMP: ['TIMESTAMP(3)', ["'1970-01-02'", "'2038-01-18'"]],
  TIME: ['TIME(3)', ["'-838:59:59'", "'-00:00:01'", "'00:00:00'", "'838:59:59'"]],
  YEAR: ['YEAR', ["'0000'", "'1901'", "'2155'"]],
  ENUM: ["ENUM('b','a')", ["'b'", "'a'"]],
  'BIT(8)': ['BIT(8)', ["b'0'", "b'1'", "b'11111111'"]],
};

describe('a scan without a key gives each row once', () => {
  const server = useServer({ sql: 'CREATE DATABASE t' });
  let tables = 0;

  function connect(context) {
    const { port, writePort, secret } = server.running;
    const client = new Client({ port, writePort, secret });
    context.after(() => client.close());
    return client;
  }

  /** Numbers rows in the order of a column's index, and opens that. */
  async function makeTable(context, type, values, { key = 'KEY by_v (v)', ...target } = {}) {
    const table = `t${++tables}`;
    const rows = values.map((value, i) => `(${i + 1}, ${value})`);
    await server.sql(
      `SET sql_mode = ''; CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${type}, ${key}); ` +
        `INSERT INTO t.${table} VALUES ${rows}`,
    );
    const index = connect(context).openIndex({
      ...{ database: 't', table, index: 'by_v', columns: ['id', 'v'], types: { id: 'number' } },
      ...target,
    });
    return { index, table };
  }

  async function idsOf(scan) {
    const ids = [];
    for await (const { id } of scan) ids.push(id);
    return ids;
  }

  const count = (n) => Array.from({ length: n }, (_, i) => i + 1);

  for (const [kind, [type, values]] of Object.entries(KINDS)) {
    for (const nullable of values.includes('NULL') ? [''] : ['', ' NOT NULL']) {
      test(`of ${kind}${nullable}, in the order of the index`, async (t) => {
        const { index } = await makeTable(t, type + nullable, values);
        assert.deepEqual(await idsOf(index.scan()), count(values.length));
        for (const pageSize of [1, 2, 3]) {
          const paged = await idsOf(index.scan({ pageSize }));
          assert.deepEqual(
            paged.sort((a, b) => a - b),
            count(values.length),
            `pages of ${pageSize}`,
          );
        }
      });
    }
  }

  const negative = Array.from({ length: 21 }, (_, i) => String(i - 10));

  test('below the middle upwards if they fit a page, else downwards', async (t) => {
    const { index } = await makeTable(t, 'INT NOT NULL', negative, { keyColumns: ['v'] });
    assert.deepEqual(await idsOf(index.scan({ pageSize: 10 })), count(21));
    assert.deepEqual(await idsOf(index.scan({ pageSize: 9 })), [
      ...count(10).reverse(),
      ...count(21).slice(10),
    ]);
  });

  for (const [declared, types] of Object.entries({
    number: ['INT', 'INT UNSIGNED', 'SMALLINT', 'BIGINT', 'DECIMAL(30,2)', 'DOUBLE', 'FLOAT'],
    bigint: ['BIGINT', 'BIGINT UNSIGNED'],
    datetime: ['DATETIME(3)', 'DATE'],
  })) {
    for (const type of types) {
      test(`from the least one of ${type} where it is declared '${declared}'`, async (t) => {
        const values =
          declared === 'datetime'
            ? Array.from({ length: 9 }, (_, i) => `'1000-01-${String(i + 10)}'`)
            : Array.from({ length: 21 }, (_, i) => String(type.endsWith('ED') ? i : i - 10));
        const { index } = await makeTable(t, `${type} NOT NULL`, values, {
          keyColumns: ['v'],
          types: { id: 'number', v: declared },
        });
        for (const pageSize of [2, 9]) {
          assert.deepEqual(await idsOf(index.scan({ pageSize })), count(values.length));
        }
      });
    }
  }

  test('up to its limit, and those that pass its filters', async (t) => {
    const { index } = await makeTable(t, 'INT NOT NULL', negative, { filterColumns: ['v'] });
    for (const limit of [0, 1, 5, 10, 11, 15, 21, 99]) {
      assert.deepEqual(await idsOf(index.scan({ limit })), count(21).slice(0, limit));
    }
    const filters = [{ column: 'v', op: '!=', value: 3 }];
    assert.deepEqual(
      await idsOf(index.scan({ filters })),
      count(21).filter((id) => id !== 14),
    );
  });

  test('of many rows with the same key', async (t) => {
    const values = Array.from({ length: 60 }, (_, i) => (i < 20 ? 'NULL' : String((i % 3) - 1)));
    const { index } = await makeTable(t, 'INT NULL', values, { keyColumns: ['v'] });
    for (const pageSize of [3, 7, 100]) {
      const ids = await idsOf(index.scan({ pageSize }));
      assert.deepEqual(
        ids.sort((a, b) => a - b),
        count(60),
        `pages of ${pageSize}`,
      );
    }
  });

  test('of an index of several columns, and of one that goes downwards', async (t) => {
    const pairs = await makeTable(t, 'INT', negative, {
      key: 'KEY by_v (v, id)',
      keyColumns: ['v', 'id'],
    });
    assert.deepEqual(await idsOf(pairs.index.scan()), count(21));
    const down = { key: 'KEY by_v (v DESC)' };
    const { index } = await makeTable(t, 'INT', negative, down);
    assert.deepEqual(await idsOf(index.scan()), count(21).reverse());
    const types = { id: 'number', v: 'number' };
    const declared = await makeTable(t, 'INT', negative, { ...down, types, keyColumns: ['v'] });
    assert.deepEqual(await idsOf(declared.index.scan()), count(21).reverse());
  });

  test('of all servers of a ShardedClient, and asks for them to be named', async (t) => {
    const { table } = await makeTable(t, 'INT', negative);
    const { port, writePort, secret } = server.running;
    const cluster = new ShardedClient({ servers: [{ port, writePort, secret }] });
    t.after(() => cluster.close());
    const index = cluster.openIndex({
      ...{ database: 't', table, columns: ['id', 'v'], types: { id: 'number' } },
      shardBy: ['id'],
    });
    assert.deepEqual(await idsOf(index.scan({ servers: 'all' })), count(21));
    assert.throws(() => index.scan(), { name: 'TypeError', message: /servers: 'all'/ });
    assert.throws(() => index.scan({}), { name: 'TypeError', message: /servers: 'all'/ });
  });

  test('and refuses what is neither a key nor options', async (t) => {
    const { index } = await makeTable(t, 'INT', ['1']);
    for (const given of [[5], [null], ['>'], [undefined, 5], [{ page: 1 }], [{}, 5], ['=', 1]]) {
      assert.throws(() => index.scan(...given), TypeError, String(given));
    }
  });
});
