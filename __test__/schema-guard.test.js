'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');
const mariadb = require('mariadb');

const { Batch, Executor } = require('..');
const { readTable } = require('../lib/schema');
const { Guard } = require('../lib/schema/guard.js');
const { useServer } = require('./support/server.js');
const { addressOf } = require('./support/sql-connections.js');

const TABLES = `
  CREATE DATABASE g; USE g;
  CREATE TABLE defaults (
    id INT AUTO_INCREMENT PRIMARY KEY, i INT NOT NULL DEFAULT -5, n INT DEFAULT 7, nothing INT, v VARCHAR(9) DEFAULT 'x''y',
    l VARCHAR(9) CHARACTER SET latin1 DEFAULT 'é', g VARCHAR(9) CHARACTER SET gbk NOT NULL DEFAULT '漢', t TEXT DEFAULT 'text',
    tn TEXT NOT NULL DEFAULT 'text', b BIT(9) DEFAULT 257, bn BIT(9) NOT NULL DEFAULT b'11', vb VARBINARY(5) DEFAULT 'ab',
    bl BLOB DEFAULT x'FF00', d DECIMAL(5,2) DEFAULT 1.5, f FLOAT DEFAULT 0.1, db DOUBLE DEFAULT 1e300, y YEAR DEFAULT 70,
    da DATE DEFAULT '2024-02-29', dz DATE NOT NULL DEFAULT '0000-00-00', dzn DATE DEFAULT '0000-00-00', dt DATETIME(3) DEFAULT '2024-01-01 10:00:00.5',
    ts TIMESTAMP NULL DEFAULT '2024-01-01 00:00:00', ti TIME DEFAULT '-10:00:00', e ENUM('a','b') DEFAULT 'b', s SET('a','b') DEFAULT 'b,a',
    u UUID DEFAULT '123e4567-e89b-12d3-a456-426655440000', i4 INET4 DEFAULT '1.2.3.4', i6 INET6 NOT NULL DEFAULT '::1',
    j JSON DEFAULT '{"a":1}', bo BOOLEAN NOT NULL DEFAULT TRUE, twice INT AS (i * 2) VIRTUAL);
  CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(5) COLLATE utf8mb4_nopad_bin NOT NULL, price DECIMAL(5,2), doc JSON, hidden INT INVISIBLE, twice INT AS (id * 2) VIRTUAL,
    KEY by_start (name(3)), UNIQUE by_price (price, id));
  CREATE TRIGGER item_t BEFORE INSERT ON item FOR EACH ROW SET NEW.name = 'other';
  CREATE TABLE moments (id INT PRIMARY KEY, ts TIMESTAMP(3) NULL);
  CREATE VIEW shown AS SELECT * FROM item;
`;

describe('Guard', () => {
  const server = useServer({ sql: TABLES });
  /** @type {any} */
  let sql;
  before(async () => {
    sql = await mariadb.createConnection({ ...addressOf(server.running), rowsAsArray: true });
    sql.on('error', () => {});
  });

  const read = (table) => readTable(sql, 'g', table);
  const guard = async (table, more) => new Guard({ schema: await read(table), ...more });

  test('makes an insert the one that SQL would make', async (t) => {
    const rows = [
      {},
      { i: 1, n: null, v: 'z' },
      { id: 99, l: 'ñ', b: 3n, j: [1] },
      { id: null, y: undefined },
    ];
    const literals = [
      '(i) VALUES (DEFAULT)',
      "(i, n, v) VALUES (1, NULL, 'z')",
      "(id, l, b, j) VALUES (99, 'ñ', 3, '[1]')",
      '(id) VALUES (NULL)',
    ];
    await sql.query('CREATE TABLE g.by_sql LIKE g.defaults');
    for (const literal of literals) await sql.query(`INSERT INTO g.by_sql ${literal}`);
    const made = await guard('defaults');
    const writer = server.writer();
    t.after(() => writer.close());
    for (const row of rows) {
      const { names, values } = made.toInsert(row, 'values');
      const batch = new Batch()
        .openIndex(0, { database: 'g', table: 'defaults', columns: names })
        .insert(0, values);
      const [[opened, inserted]] = await new Executor().add(writer, batch).execute();
      assert.ok(opened.ok && inserted.ok, inserted.error?.message);
    }
    const all = (table) => sql.query(`SELECT * FROM g.${table} ORDER BY id`);
    assert.deepEqual(await all('defaults'), await all('by_sql'));
  });

  test('wants a value where strict SQL wants one', async () => {
    const item = await guard('item', { allow: ['triggers'] });
    assert.throws(
      () => item.toInsert({ id: 1 }, 'values'),
      /^TypeError: values: column 'name' \(varchar\(5\)\) takes no NULL and has no default/,
    );
    assert.throws(() => item.toInsert({ id: 1, name: null }, 'values'), TypeError);
    assert.throws(
      () => item.toInsert({ id: 1, name: 'a', other: 1 }, 'values'),
      /^TypeError: g\.item has no column 'other'/,
    );
    assert.throws(
      () => item.toInsert({ id: 1, name: 'a', twice: 2 }, 'values'),
      /^TypeError: values: column 'twice' is virtual/,
    );
    const { names } = item.toInsert({ id: 1, name: 'a' }, 'values');
    assert.deepEqual(names, ['id', 'name', 'price', 'doc', 'hidden']);
  });

  test('refuses at open, at finds and at writes', async () => {
    const schema = await read('shown');
    const refusal = { code: 'ERR_HS_SCHEMA', outcome: 'not-sent' };
    assert.throws(() => new Guard({ schema }), {
      ...refusal,
      message: /^open g\.shown: opening a view crashes/,
    });
    const item = await guard('item');
    for (let i = 0; i < 2; i++) {
      assert.throws(() => item.checkWrite({ kind: 'insert', columns: ['id'] }), {
        ...refusal,
        message: /item_t/,
      });
      item.checkWrite({ kind: 'update', op: '=', parts: 1, columns: ['price'] });
      item.checkFind('>=', 1);
    }
    const memory = { ...(await read('item')), partitioned: true };
    assert.throws(() => new Guard({ schema: memory }).checkFind('>=', 1), refusal);
  });

  test('goes through the rules once for a kind of call', async () => {
    let looks = 0;
    const watched = new Proxy(await read('item'), {
      get(schema, name) {
        looks++;
        return schema[name];
      },
    });
    const item = new Guard({ schema: watched, allow: ['triggers'] });
    const calls = [
      () => item.checkFind('=', 1),
      () => item.checkWrite({ kind: 'update', op: '=', parts: 1, columns: ['price'] }),
      () => item.checkWrite({ kind: 'delete', op: '=', parts: 1 }),
      () => item.toInsert({ id: 1, name: 'a' }, 'values'),
    ];
    for (const call of calls) {
      call();
      const before = looks;
      call();
      assert.equal(looks, before, String(call));
    }
  });

  test('judges the parts of a key, filters and steps by their columns', async () => {
    const item = await guard('item', { index: 'by_price' });
    assert.equal(item.toKeyPart('1.5', 0, 'key'), '1.5');
    assert.equal(item.toKeyPart(7, 1, 'key'), 7);
    assert.equal(item.toKeyPart(null, 0, 'key'), null);
    assert.throws(() => item.toKeyPart('1.555', 0, 'key'), /^RangeError: key: column 'price'/);
    assert.throws(() => item.toKeyPart(null, 1, 'key'), /^TypeError: key: column 'id'/);
    assert.throws(() => item.toKeyPart(1, 2, 'key'), /^TypeError: key must have at most 2 parts/);
    assert.equal(item.toFilter('doc', null, 'filter'), null);
    assert.throws(() => item.toFilter('doc', {}, 'filter'), /^TypeError: filter: column 'doc'/);
    assert.throws(() => item.toFilter('name', 'too long', 'filter'), RangeError);
    assert.equal(item.toStep('id', -5, 'by'), -5);
    assert.equal(item.toStep('id', 2n ** 63n - 1n, 'by'), 2n ** 63n - 1n);
    assert.throws(() => item.toStep('id', 0.5, 'by'), RangeError);
    assert.throws(() => item.toStep('id', 2n ** 63n, 'by'), RangeError);
    assert.throws(() => item.toStep('id', '1e3', 'by'), TypeError);
    assert.throws(() => item.toStep('id', null, 'by'), TypeError);
    for (const name of ['price', 'name', 'doc'])
      assert.throws(() => item.toStep(name, 1, 'by'), /cannot be counted/);
    const byStart = await guard('item', { index: 'by_start' });
    assert.equal(byStart.toKeyPart('ab', 0, 'key'), 'ab');
    assert.throws(
      () => byStart.toKeyPart('abc', 0, 'key'),
      /^RangeError: key: the index has the first 3 characters/,
    );
  });

  test('has the columns of SELECT * if none are given', async () => {
    assert.deepEqual((await guard('item')).columns, ['id', 'name', 'price', 'doc', 'twice']);
    assert.deepEqual((await guard('item', { columns: ['hidden'] })).columns, ['hidden']);
    await assert.rejects(guard('item', { columns: ['other'] }), TypeError);
  });

  test('refuses TIMESTAMP columns of a server that is not in UTC, unless they are read as text', async () => {
    const { server: own, ...schema } = await read('moments');
    const zoned = { ...schema, server: { version: own.version, timeZone: 'CET' } };
    assert.throws(() => new Guard({ schema: zoned }), {
      code: 'ERR_HS_SCHEMA',
      message: /CET.*types: \{ ts: 'string' \}/,
    });
    const moments = new Guard({ schema: zoned, types: { ts: 'string' } });
    for (const value of [new Date(), '2024-01-01 00:00:00']) {
      assert.throws(() => moments.toValue('ts', value, 'values'), { code: 'ERR_HS_SCHEMA' });
      assert.throws(() => moments.toFilter('ts', value, 'filter'), { code: 'ERR_HS_SCHEMA' });
    }
    assert.deepEqual(new Guard({ schema: zoned, columns: ['id'] }).columns, ['id']);
  });

  test('refuses what is not a schema, and names that it does not know', async () => {
    for (const schema of [undefined, null, {}, 'item', { ...(await read('item')), columns: 5 }]) {
      assert.throws(() => new Guard({ schema }), /^TypeError: target\.schema/);
    }
    await assert.rejects(guard('item', { index: 'other' }), TypeError);
    await assert.rejects(
      guard('item', { allow: ['everything'] }),
      /^TypeError: target\.allow\[0\]/,
    );
    await assert.rejects(guard('item', { allow: 'triggers' }), /^TypeError: target\.allow/);
  });
});
