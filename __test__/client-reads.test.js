'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
/**
 * Each alone, all together, each beside the protocol's separators, and texts that look like
 * commands.
 */
const awkwardBytes = [
  ...Array.from(everyByte, (byte) => Buffer.from([byte])),
  everyByte,
  Buffer.concat(Array.from(everyByte, (byte) => Buffer.from([byte, 9, byte, 10, 1, byte, 0]))),
  Buffer.from('x\n0\t+\t2\tinjected\tinjected\n'),
  Buffer.from('x\t1\t0\tD\n0\t+\t2\tinjected\tinjected\n'),
  Buffer.from('\r\n'),
  Buffer.from('x\r'),
  Buffer.from('\0\0'),
  Buffer.alloc(0),
];

describe('reads of a Client', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20), price INT, KEY by_price (price))',
      "INSERT INTO item VALUES (1,'a',10), (2,'b',20), (3,'c',20), (4,'d',30), (5,NULL,NULL), (6,'f',NULL), (10,'j',20)",
      'CREATE TABLE many (id INT PRIMARY KEY, v VARCHAR(20))',
      "INSERT INTO many SELECT 2 * seq, CONCAT('v', 2 * seq) FROM seq_1_to_3000",
      'CREATE TABLE pair (a INT, b VARCHAR(5), c INT NULL, v INT, PRIMARY KEY (a, b), KEY by_c_b (c, b))',
      "INSERT INTO pair VALUES (1,'x',7,1), (1,'y',7,2), (1,'z',NULL,3), (2,'x',8,4), (2,'y',NULL,5), (3,'x',7,6)",
      'CREATE TABLE bytes (k VARBINARY(2000) PRIMARY KEY, v LONGBLOB)',
      'CREATE TABLE sqlbytes (k INT PRIMARY KEY, v LONGBLOB)',
    ],
  });

  function connect(t, options) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, ...options });
    t.after(() => client.close());
    return client;
  }

  const itemTarget = {
    database: 't',
    table: 'item',
    columns: ['id', 'name', 'price'],
    filterColumns: ['price', 'name'],
    types: { id: 'number', price: 'number' },
  };
  const openItems = (t, more) => connect(t).openIndex({ ...itemTarget, ...more });
  const ids = (rows) => rows.map(({ id }) => id);

  describe('get', () => {
    test('gives the row as an object, NULL as null', async (t) => {
      const items = openItems(t);
      assert.deepEqual(await items.get(1), { id: 1, name: 'a', price: 10 });
      assert.deepEqual(await items.get([5]), { id: 5, name: null, price: null });
    });

    test('gives null if there is no row', async (t) => {
      assert.equal(await openItems(t).get(7), null);
    });

    test('takes a key as a string, a bigint, and bytes', async (t) => {
      const items = openItems(t);
      for (const key of ['10', 10n, Buffer.from('10'), new Uint8Array([0x31, 0x30])]) {
        assert.deepEqual(await items.get(key), { id: 10, name: 'j', price: 20 });
      }
    });

    test('gives text if no types are declared, in columns of any order', async (t) => {
      const items = openItems(t, { columns: ['price', 'id'], types: undefined });
      assert.deepEqual(await items.get(1), { price: '10', id: '1' });
      assert.deepEqual(await items.get(6), { price: null, id: '6' });
    });

    test('gives the first of several rows of a non-unique index', async (t) => {
      assert.deepEqual(await openItems(t, { index: 'by_price' }).get(20), {
        id: 2,
        name: 'b',
        price: 20,
      });
    });

    test('gives every caller its own answer, of any number at once', async (t) => {
      const client = connect(t, { connections: 3 });
      const many = client.openIndex({ database: 't', table: 'many', columns: ['v'] });
      const rows = await Promise.all(Array.from({ length: 6002 }, (_, id) => many.get(id)));
      const expected = rows.map((_, id) => {
        return id > 0 && id <= 6000 && id % 2 === 0 ? { v: `v${id}` } : null;
      });
      assert.deepEqual(rows, expected);
      assert.equal(client.stats().pending, 0);
    });

    test('keeps two indexes of a table, and two sets of columns, apart', async (t) => {
      const client = connect(t);
      const byId = client.openIndex({ database: 't', table: 'item', columns: ['name'] });
      const byPrice = client.openIndex({
        ...itemTarget,
        index: 'by_price',
        columns: ['id'],
        types: {},
      });
      assert.deepEqual(await Promise.all([byId.get(10), byPrice.get(10), byId.get(1)]), [
        { name: 'j' },
        { id: '1' },
        { name: 'a' },
      ]);
    });
  });

  describe('getMany', () => {
    test('keeps the order, gives null for missing rows, and repeats rows that are asked for twice', async (t) => {
      const rows = await openItems(t, { columns: ['id'], types: { id: 'number' } }).getMany([
        10,
        7,
        1,
        10,
        '2',
        -1,
      ]);
      assert.deepEqual(rows, [{ id: 10 }, null, { id: 1 }, { id: 10 }, { id: 2 }, null]);
      rows[0].id = 'changed';
      assert.equal(rows[3].id, 10, 'rows are objects of their own');
    });

    test('of no keys is empty, and sends nothing', async (t) => {
      const client = connect(t);
      assert.deepEqual(await client.openIndex(itemTarget).getMany([]), []);
      assert.equal(client.stats().commands, 0);
    });

    test('takes keys of several parts, and leading ones', async (t) => {
      const pairs = connect(t).openIndex({ database: 't', table: 'pair', columns: ['v'] });
      assert.deepEqual(await pairs.getMany([[1, 'y'], [2, 'z'], [3], 2]), [
        { v: '2' },
        null,
        { v: '6' },
        { v: '4' },
      ]);
    });

    test('takes 3,000 keys, beside other calls', async (t) => {
      const client = connect(t);
      const many = client.openIndex({ database: 't', table: 'many', columns: ['id', 'v'] });
      const keys = Array.from({ length: 3000 }, (_, i) => 6000 - i);
      const [rows, one] = await Promise.all([many.getMany(keys), many.get(2)]);
      assert.deepEqual(
        rows,
        keys.map((key) => (key % 2 === 0 ? { id: `${key}`, v: `v${key}` } : null)),
      );
      assert.deepEqual(one, { id: '2', v: 'v2' });
    });
  });

  describe('find', () => {
    const byOperator = {
      '=': [3],
      '>': [4, 5, 6, 10],
      '>=': [3, 4, 5, 6, 10],
      '<': [2, 1],
      '<=': [3, 2, 1],
    };
    for (const [op, expected] of Object.entries(byOperator)) {
      test(`with ${op} gives the rows in the index's order, limited and with an offset`, async (t) => {
        const items = openItems(t);
        assert.deepEqual(ids(await items.find(op, 3, { limit: 100 })), expected);
        assert.deepEqual(ids(await items.find(op, 3, { limit: 1 })), expected.slice(0, 1));
        assert.deepEqual(
          ids(await items.find(op, 3, { limit: 2, offset: 1 })),
          expected.slice(1, 3),
        );
        assert.deepEqual(await items.find(op, 3, { limit: 5, offset: 7 }), []);
      });
    }

    test('gives all equal rows of a non-unique index, upwards and downwards', async (t) => {
      const items = openItems(t, { index: 'by_price' });
      assert.deepEqual(ids(await items.find('=', 20, { limit: 9 })), [2, 3, 10]);
      assert.deepEqual(ids(await items.find('>=', 20, { limit: 9 })), [2, 3, 10, 4]);
      assert.deepEqual(ids(await items.find('<=', 20, { limit: 4 })), [10, 3, 2, 1]);
    });

    test('takes NULL as a key', async (t) => {
      const items = openItems(t, { index: 'by_price' });
      assert.deepEqual(await items.get(null), { id: 5, name: null, price: null });
      assert.deepEqual(ids(await items.find('=', [null], { limit: 9 })), [5, 6]);
      assert.deepEqual(ids(await items.find('>', null, { limit: 1 })), [1]);
    });

    test('takes leading parts of a key, and NULL among them', async (t) => {
      const target = { database: 't', table: 'pair', columns: ['v'], types: { v: 'number' } };
      const client = connect(t);
      const primary = client.openIndex(target);
      const secondary = client.openIndex({ ...target, index: 'by_c_b' });
      const values = async (rows) => (await rows).map(({ v }) => v);
      assert.deepEqual(await values(primary.find('=', 1, { limit: 9 })), [1, 2, 3]);
      assert.deepEqual(await values(primary.find('>', 1, { limit: 9 })), [4, 5, 6]);
      assert.deepEqual(await values(primary.find('>', [1, 'x'], { limit: 3 })), [2, 3, 4]);
      assert.deepEqual(await values(primary.find('<', [2], { limit: 9 })), [3, 2, 1]);
      assert.deepEqual(await values(primary.find('<=', [2], { limit: 2 })), [5, 4]);
      assert.deepEqual(await values(secondary.find('=', 7, { limit: 9 })), [1, 6, 2]);
      assert.deepEqual(await values(secondary.find('=', [7, 'x'], { limit: 9 })), [1, 6]);
      assert.deepEqual(await values(secondary.find('=', [null, 'z'], { limit: 9 })), [3]);
    });

    test('with in gives the rows in the order of its values', async (t) => {
      const items = openItems(t);
      const options = { limit: 9, in: { column: 'id', values: [5, '3', 7, 1n, 5] } };
      assert.deepEqual(ids(await items.find('=', null, options)), [5, 3, 1, 5]);
      assert.deepEqual(
        ids(await items.find('=', null, { ...options, limit: 2, offset: 1 })),
        [3, 1],
      );
      const pairs = connect(t).openIndex({
        ...{ database: 't', table: 'pair', columns: ['a', 'b', 'v'], keyColumns: ['a', 'b'] },
      });
      const second = { limit: 9, in: { column: 'b', values: ['z', 'x'] } };
      const found = await pairs.find('=', [1, null], second);
      assert.deepEqual(
        found.map(({ v }) => v),
        ['3', '1'],
      );
    });

    test('filters by column names, in any order of them', async (t) => {
      const items = openItems(t);
      const find = async (...filters) => ids(await items.find('>=', 1, { limit: 9, filters }));
      assert.deepEqual(await find({ column: 'name', op: '=', value: 'c' }), [3]);
      assert.deepEqual(await find({ column: 'price', op: '>', value: 10 }), [2, 3, 4, 10]);
      assert.deepEqual(
        await find(
          { column: 'name', op: '!=', value: 'b' },
          { type: 'filter', column: 'price', op: '=', value: 20n },
        ),
        [3, 10],
      );
      assert.deepEqual(await find({ column: 'price', op: '=', value: null }), [5, 6]);
      assert.deepEqual(await find({ column: 'price', op: '!=', value: null }), [1, 2, 3, 4, 10]);
      assert.deepEqual(await find({ column: 'price', op: '<', value: 20 }), [1, 5, 6]);
    });

    test('ends at the first row that a while-filter does not pass', async (t) => {
      const items = openItems(t);
      const notThirty = { type: 'while', column: 'price', op: '!=', value: 30 };
      const twenty = { column: 'price', op: '=', value: 20 };
      const options = { limit: 9, filters: [notThirty, twenty] };
      assert.deepEqual(ids(await items.find('>=', 1, options)), [2, 3]);
    });

    test('counts limit and offset in rows that pass', async (t) => {
      const filters = [{ column: 'price', op: '=', value: 20 }];
      const items = openItems(t);
      assert.deepEqual(ids(await items.find('>=', 1, { limit: 2, offset: 1, filters })), [3, 10]);
    });

    test('filters by columns that rows do not have', async (t) => {
      const items = openItems(t, { columns: ['id'], types: { id: 'number' } });
      const filters = [{ column: 'name', op: '=', value: 'd' }];
      assert.deepEqual(await items.find('>=', 1, { limit: 9, filters }), [{ id: 4 }]);
    });

    test('gives 3,000 rows in one reply', async (t) => {
      const many = connect(t).openIndex({ database: 't', table: 'many', columns: ['v', 'id'] });
      const rows = await many.find('>=', 0, { limit: 4_294_967_295 });
      assert.equal(rows.length, 3000);
      assert.deepEqual(rows[2999], { v: 'v6000', id: '6000' });
    });
  });

  describe('findMany', () => {
    test('gives for each key its rows, up to the limit', async (t) => {
      const items = openItems(t, { index: 'by_price' });
      const found = await items.findMany([20, 11, null, 10, [20]], { limit: 2 });
      assert.deepEqual(found.map(ids), [[2, 3], [], [5, 6], [1], [2, 3]]);
    });

    test('filters, and takes leading parts of a key', async (t) => {
      const pairs = connect(t).openIndex({
        database: 't',
        table: 'pair',
        columns: ['b', 'v'],
        filterColumns: ['c'],
      });
      const filters = [{ column: 'c', op: '=', value: 7 }];
      assert.deepEqual(await pairs.findMany([1, 2, [3, 'x']], { limit: 9, filters }), [
        [
          { b: 'x', v: '1' },
          { b: 'y', v: '2' },
        ],
        [],
        [{ b: 'x', v: '6' }],
      ]);
    });

    test('of no keys is empty', async (t) => {
      assert.deepEqual(await openItems(t).findMany([], { limit: 1 }), []);
    });
  });

  describe('every byte', () => {
    const open = (t, table, types) =>
      connect(t).openIndex({
        database: 't',
        table,
        columns: ['k', 'v'],
        filterColumns: ['k'],
        types,
      });

    test('is sent as a key and as a value, comes back unchanged, and is never a command', async (t) => {
      const bytes = open(t, 'bytes', { k: 'buffer', v: 'buffer' });
      const rows = awkwardBytes.map((value) => ({ k: value, v: value }));
      await Promise.all(rows.map((row) => bytes.insert(row)));
      assert.deepEqual(await Promise.all(rows.map(({ k }) => bytes.get(k))), rows);
      assert.deepEqual(await bytes.getMany(awkwardBytes), rows);
      assert.deepEqual(
        await server.sql('SELECT HEX(v) FROM t.bytes WHERE k = v ORDER BY v'),
        rows.map(({ v }) => [v.toString('hex').toUpperCase()]).sort(),
      );
      const inList = { limit: rows.length, in: { column: 'k', values: awkwardBytes } };
      assert.deepEqual(await bytes.find('=', null, inList), rows);
      const found = rows.map(({ k: value }) => {
        const filters = [{ column: 'k', op: '=', value }];
        return bytes.find('>=', '', { limit: 9, filters });
      });
      assert.deepEqual((await Promise.all(found)).flat(), rows);
    });

    test('written by SQL comes back', async (t) => {
      const values = awkwardBytes.map((value, i) => `(${i}, X'${value.toString('hex')}')`);
      await server.sql(`INSERT INTO t.sqlbytes VALUES ${values}`);
      const bytes = open(t, 'sqlbytes', { v: 'buffer' });
      const rows = await bytes.find('>=', 0, { limit: 1000 });
      assert.deepEqual(
        rows.map(({ v }) => v),
        awkwardBytes,
      );
    });

    test('below 0x80 is the same as text', async (t) => {
      const bytes = open(t, 'bytes');
      const text = `text ${everyByte.subarray(0, 0x80).toString('latin1')}`;
      await bytes.insert([text, text]);
      assert.deepEqual(await bytes.get(text), { k: text, v: text });
      await bytes.update('=', text, { v: '\0' });
      assert.deepEqual(await bytes.get(text), { k: text, v: '\0' });
      assert.equal(await bytes.delete('=', text), 1);
      assert.equal(await bytes.get(text), null);
    });

    test('differs from NULL and from an empty value', async (t) => {
      const bytes = open(t, 'bytes', { v: 'buffer' });
      const values = { none: null, empty: '', nul: '\0' };
      for (const [k, v] of Object.entries(values)) await bytes.insert({ k, v });
      assert.deepEqual(await bytes.getMany(['none', 'empty', 'nul']), [
        { k: 'none', v: null },
        { k: 'empty', v: Buffer.alloc(0) },
        { k: 'nul', v: Buffer.from([0]) },
      ]);
    });
  });
});
