'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client, HandlerSocketError } = require('..');
const { useServer } = require('./support/server.js');

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const hex = (buffer) => `X'${buffer.toString('hex')}'`;
const utc = (text) => new Date(`${text}Z`);

/** SQL type, declared type, then pairs of SQL literal and value read. */
const fitting = [
  ['TINYINT', 'number', ['-128', -128], ['0', 0], ['127', 127]],
  ['INT UNSIGNED', 'number', ['4294967295', 4294967295]],
  ['INT(6) ZEROFILL', 'number', ['42', 42], ['0', 0], ['1000000', 1000000]],
  ['BIGINT', 'number', ['9007199254740991', 2 ** 53 - 1], ['-9007199254740991', 1 - 2 ** 53]],
  ['DECIMAL(10,2)', 'number', ['1.5', 1.5], ['-0.1', -0.1], ['99999999.99', 99999999.99]],
  ['DECIMAL(30,10)', 'number', ['1', 1], ['-0.0000000001', -1e-10], ['12345.678901', 12345.678901]],
  ['DECIMAL(30,10) ZEROFILL', 'number', ['0', 0], ['20.25', 20.25]],
  [
    'DOUBLE',
    'number',
    ...[0.1, -1.5e-7, 0.1 + 0.2, 1 / 3, 1e22, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2, 1e15].map(
      (value) => [`${value}e0`.replace(/(e.*)e0$/, '$1'), value],
    ),
  ],
  ['FLOAT', 'number', ['1.5', 1.5], ['0.1', 0.1], ['1e30', 1e30], ['-1e-30', -1e-30]],
  ['YEAR', 'number', ['2024', 2024]],
  ['BIGINT UNSIGNED', 'bigint', ['18446744073709551615', 2n ** 64n - 1n], ['0', 0n]],
  [
    'BIGINT',
    'bigint',
    ['-9223372036854775808', -(2n ** 63n)],
    ['9007199254740993', 2n ** 53n + 1n],
  ],
  ['BIGINT ZEROFILL', 'bigint', ['7', 7n]],
  ['DECIMAL(65,0)', 'bigint', [`-${'9'.repeat(65)}`, -(10n ** 65n - 1n)]],
  ['BOOLEAN', 'boolean', ['FALSE', false], ['TRUE', true]],
  ['BIT(1)', 'boolean', ["b'0'", false], ["b'1'", true]],
  [
    'BLOB',
    'buffer',
    [hex(everyByte), everyByte],
    ["''", Buffer.alloc(0)],
    ["'é'", Buffer.from('é')],
  ],
  ['BINARY(4)', 'buffer', ["'ab'", Buffer.from('ab\0\0')]],
  ['BIT(16)', 'buffer', ['65281', Buffer.from([0xff, 0x01])]],
  ['VARCHAR(9) CHARACTER SET latin1', 'buffer', ["'é\t€'", Buffer.from([0xe9, 0x09, 0x80])]],
  ['JSON', 'json', [`'{"a": [1, null, "é\\\\n😀"]}'`, { a: [1, null, 'é\n😀'] }], ["'[]'", []]],
  ['TEXT', 'json', ["'1.5'", 1.5], [`'"x"'`, 'x'], ["'false'", false], ["'null'", null]],
  [
    'DATE',
    'datetime',
    ["'2024-02-29'", utc('2024-02-29T00:00')],
    ["'0001-01-01'", utc('0001-01-01T00:00')],
  ],
  [
    'DATETIME',
    'datetime',
    ["'2024-02-29 23:59:59'", utc('2024-02-29T23:59:59')],
    ["'1900-01-01 00:00:01'", utc('1900-01-01T00:00:01')],
    ["'0099-12-31 12:00'", utc('0099-12-31T12:00')],
    ["'9999-12-31 23:59:59'", utc('9999-12-31T23:59:59')],
  ],
  [
    'DATETIME(6)',
    'datetime',
    ["'2024-02-29 01:02:03.004567'", utc('2024-02-29T01:02:03.004')],
    ["'1969-12-31 23:59:59.999999'", utc('1969-12-31T23:59:59.999')],
  ],
  ['DATETIME(1)', 'datetime', ["'2024-02-29 01:02:03.4'", utc('2024-02-29T01:02:03.400')]],
  ['TIMESTAMP(3) NULL', 'datetime', ["'2024-06-01 10:20:30.456'", utc('2024-06-01T10:20:30.456')]],
  ['VARCHAR(9)', 'string', ["'é€😀'", 'é€😀'], ["''", ''], ["'NULL'", 'NULL']],
  ['DECIMAL(30,10)', undefined, ['12345678901234567890.5', '12345678901234567890.5000000000']],
  ["SET('x','y','z')", undefined, ["'z,x'", 'x,z']],
  [
    'UUID',
    'string',
    ["'123e4567-e89b-12d3-a456-426655440000'", '123e4567-e89b-12d3-a456-426655440000'],
  ],
  ['TIME', undefined, ["'-12:34:56'", '-12:34:56']],
  ['DATE', undefined, ["'0000-00-00'", '0000-00-00']],
];

/**
 * SQL type, declared type, then SQL literals of values that do not fit, as the error shows them.
 */
const misfitting = [
  ['BIGINT', 'number', '9007199254740993', '-9007199254740993', '9223372036854775807'],
  ['BIGINT UNSIGNED', 'number', '18446744073709551615'],
  ['DECIMAL(30,10)', 'number', '12345678901234567890.1234567891', '0.1234567891'.padStart(20, '9')],
  [
    'VARCHAR(20)',
    'number',
    "''",
    "'abc'",
    "' 1'",
    "'1 '",
    "'0x10'",
    "'NaN'",
    "'Infinity'",
    "'1e999'",
  ],
  ['VARCHAR(20)', 'bigint', "''", "'1.0'", "'1e3'", "'0x10'", "' 1'", "'12a'", "'-'"],
  ['DECIMAL(10,2)', 'bigint', '1.50'],
  ['TINYINT', 'boolean', '2', '-1'],
  ['VARCHAR(20)', 'boolean', "'true'", "''", "'01'"],
  ['VARCHAR(20)', 'json', "''", "'{'", "'undefined'", "'[1,]'", "'NaN'"],
  ['DATE', 'datetime', "'0000-00-00'", "'2024-00-00'", "'2024-02-00'"],
  ['DATETIME(3)', 'datetime', "'0000-00-00 00:00:00.000'"],
  [
    'VARCHAR(20)',
    'datetime',
    "''",
    "'now'",
    "'2024-02-30'",
    "'2024-13-01'",
    "'1 Jan 2024'",
    "'2024'",
  ],
  [
    'VARCHAR(30)',
    'datetime',
    "'2024-01-01 10:60:00'",
    "'2024-01-01 10:00:60'",
    "'2024-01-01 24:00:00'",
  ],
  ['TIME', 'datetime', "'10:00:00'"],
];

describe('column types of a Client', () => {
  const tableOf = (prefix, [sqlType], i) =>
    `CREATE TABLE ${prefix}${i} (id INT PRIMARY KEY, v ${sqlType}, note INT)`;
  const server = useServer({
    config: { sql_mode: '' },
    sql: [
      'CREATE DATABASE t',
      'USE t',
      ...fitting.flatMap((fit, i) => {
        const values = fit.slice(2).map(([literal], id) => `(${id}, ${literal}, 1)`);
        return [tableOf('fit', fit, i), `INSERT INTO fit${i} VALUES ${values}, (99, NULL, 1)`];
      }),
      ...misfitting.flatMap((misfit, i) => {
        const values = misfit.slice(2).map((literal, id) => `(${id}, ${literal}, 1)`);
        return [
          tableOf('misfit', misfit, i),
          `INSERT INTO misfit${i} VALUES ${values}, (99, NULL, 1)`,
        ];
      }),
      'CREATE TABLE written (id INT PRIMARY KEY, v TEXT, note INT)',
      'CREATE TABLE blobs (id INT PRIMARY KEY, v VARBINARY(20))',
      "INSERT INTO blobs SELECT seq, X'ff00' FROM seq_1_to_1000",
    ],
  });

  function connect(t) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret });
    t.after(() => client.close());
    return client;
  }

  const open = (client, table, type, more) =>
    client.openIndex({
      database: 't',
      table,
      columns: ['id', 'v', 'note'],
      types: type === undefined ? {} : { v: type },
      ...more,
    });

  describe('give what a column holds', () => {
    for (const [i, [sqlType, type, ...values]] of fitting.entries()) {
      test(`${sqlType} as ${type ?? 'text'}, and NULL as null`, async (t) => {
        const index = open(connect(t), `fit${i}`, type);
        const rows = await index.find('>=', 0, { limit: 100 });
        const expected = [...values.map(([, value]) => value), null];
        assert.deepEqual(
          rows.map(({ v }) => v),
          expected,
        );
        const row = { id: '0', v: expected[0], note: '1' };
        assert.deepEqual(await index.get(0), row);
        assert.deepEqual(await index.getMany([0, 99]), [row, { id: '99', v: null, note: '1' }]);
      });
    }
  });

  describe('refuse what does not fit', () => {
    for (const [i, [sqlType, type, ...literals]] of misfitting.entries()) {
      for (const [id, literal] of literals.entries()) {
        test(`${type}: ${literal} of ${sqlType}, by column and value`, async (t) => {
          const index = open(connect(t), `misfit${i}`, type);
          await assert.rejects(index.get(id), (error) => {
            assert.ok(error instanceof HandlerSocketError, error.stack);
            assert.equal(error.code, 'ERR_HS_VALUE');
            for (const part of ["'v'", `t.misfit${i}`, literal.replaceAll("'", ''), type]) {
              assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`);
            }
            return true;
          });
        });
      }
    }

    test('and do not affect the other calls of the batch', async (t) => {
      const client = connect(t);
      const index = open(client, 'misfit0', 'number');
      const scan = async () => {
        const rows = [];
        for await (const row of index.scan('>=', 0)) rows.push(row);
        return rows;
      };
      const calls = [
        index.get(0),
        index.get(99),
        index.getMany([99, 1]),
        open(client, 'misfit0').get(0),
        index.find('>=', 0, { limit: 9 }),
        index.findMany([99, 0], { limit: 1 }),
        scan(),
        index.getMany([99]),
      ];
      const results = await Promise.allSettled(calls);
      assert.deepEqual(
        results.map(({ reason, value }) => reason?.code ?? value),
        [
          'ERR_HS_VALUE',
          { id: '99', v: null, note: '1' },
          'ERR_HS_VALUE',
          { id: '0', v: '9007199254740993', note: '1' },
          'ERR_HS_VALUE',
          'ERR_HS_VALUE',
          'ERR_HS_VALUE',
          [{ id: '99', v: null, note: '1' }],
        ],
      );
      const { batches, errors, pending } = client.stats();
      assert.deepEqual([batches, pending], [1, 0]);
      assert.ok(errors.ERR_HS_VALUE >= 4, 'they are counted');
    });

    test('also of a deleted row, with an unknown outcome', async (t) => {
      const index = open(connect(t), 'written', 'json');
      await index.insert([1, '{', 1]);
      await assert.rejects(index.deleteReturning('=', 1), {
        code: 'ERR_HS_VALUE',
        outcome: 'unknown',
      });
      assert.equal(await index.get(1), null);
    });
  });

  describe('buffer', () => {
    const openBlobs = (t, types) =>
      connect(t).openIndex({ database: 't', table: 'blobs', columns: ['id', 'v'], types });

    test('gives memory of its own', async (t) => {
      const [a, b, c] = await openBlobs(t, { id: 'buffer', v: 'buffer' }).getMany([1, 2, 1]);
      a.v.fill(0x41);
      a.id.fill(0x41);
      assert.deepEqual([b.v, c.v], [Buffer.from([0xff, 0]), Buffer.from([0xff, 0])]);
      assert.deepEqual([b.id, c.id], [Buffer.from('2'), Buffer.from('1')]);
    });

    test('may stand beside text that is not ASCII', async (t) => {
      const client = connect(t);
      const index = open(client, 'fit16', undefined, {
        columns: ['v', 'id'],
        types: { id: 'buffer' },
      });
      assert.deepEqual(await index.get(2), { v: 'é', id: Buffer.from('2') });
    });

    test('of many rows takes at most 40 times as long as text', async (t) => {
      const index = { text: openBlobs(t), buffer: openBlobs(t, { v: 'buffer' }) };
      // The shortest time of several, because other processes may use the processor meanwhile.
      const time = async (type) => {
        let least = Infinity;
        for (let i = 0; i < 5; i++) {
          const start = performance.now();
          const rows = await index[type].find('>=', 0, { limit: 1000 });
          least = Math.min(least, performance.now() - start);
          assert.equal(rows.length, 1000);
        }
        return least;
      };
      const text = await time('text');
      const buffer = await time('buffer');
      assert.ok(buffer < 40 * text, `${buffer} ms, and as text ${text} ms`);
    });
  });
});
