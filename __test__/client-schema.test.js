'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

const UUID = '123e4567-e89b-12d3-a456-426655440000';
const OTHER_UUID = '223e4567-e89b-12d3-a456-426655440000';

const TABLES = `
  CREATE TABLE item (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(5) NOT NULL, price DECIMAL(5,2), big BIGINT, ok BOOLEAN,
    bits BIT(9), year YEAR, day DATE, at DATETIME(3), stamp TIMESTAMP(3) NULL, word VARCHAR(9) CHARACTER SET latin1,
    wide VARCHAR(9) CHARACTER SET utf16, doc JSON, uuid UUID, ip INET6, bytes VARBINARY(4), kind ENUM('a','b'),
    hidden INT INVISIBLE, twice INT AS (id * 2) VIRTUAL, KEY by_name (name), UNIQUE by_price (price));
  CREATE TABLE filled (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 7, text VARCHAR(9) NOT NULL DEFAULT 'x', nothing INT,
    wanted INT NOT NULL);
  CREATE TABLE big (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, n INT);
  CREATE TABLE token (id UUID PRIMARY KEY, n INT);
  CREATE TABLE nullable (id UUID, n INT, KEY by_id (id));
  CREATE TABLE pair (a INT, b VARCHAR(5), n INT, PRIMARY KEY (a, b));
  CREATE TABLE trap (id INT PRIMARY KEY, n INT, m INT, changed DATETIME DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,
    twice INT AS (n * 2) STORED, CHECK (n > 0));
  CREATE TRIGGER trap_t BEFORE INSERT ON trap FOR EACH ROW SET NEW.n = 5;
  CREATE VIEW shown AS SELECT * FROM item;
  CREATE TABLE parted (id INT PRIMARY KEY, n INT) PARTITION BY HASH (id) PARTITIONS 2;
  CREATE TABLE hashed (id INT PRIMARY KEY, n INT, KEY by_n (n) USING HASH) ENGINE = MEMORY;
`;

const ROW = {
  name: 'Tea',
  price: '3.50',
  big: 2n ** 62n,
  ok: true,
  bits: 300n,
  year: 1970,
  day: '2024-02-29',
  at: '2024-02-29 10:00:00.500',
  stamp: new Date('2024-02-29T10:00:00.500Z'),
  word: 'é€',
  wide: 'ñ😀',
  doc: { a: [1, 'ä'] },
  uuid: UUID,
  ip: '2001:db8::1',
  bytes: Buffer.from([0, 255]),
  kind: 'b',
};

describe('an index with a schema', () => {
  const tables = useKnownTables(TABLES);

  test('has the columns of SELECT * and reads what was written, in JavaScript forms', async (t) => {
    const { index, sql } = await tables.open(t, 'item');
    const { insertId } = await index.insert(ROW);
    assert.equal(typeof insertId, 'number');
    assert.deepEqual(await index.get(insertId), { id: insertId, ...ROW, twice: 2 * insertId });
    const [row] = await sql.query(
      `SELECT price, bits + 0 AS bits, year, word, wide, CAST(uuid AS CHAR) AS uuid FROM t.item WHERE id = ${insertId}`,
    );
    assert.deepEqual(row, {
      price: '3.50',
      bits: 300n,
      year: 1970,
      word: 'é€',
      wide: 'ñ😀',
      uuid: UUID,
    });
    await index.delete('=', insertId);
  });

  test('updates in JavaScript forms, and gives the rows before', async (t) => {
    const { index } = await tables.open(t, 'item');
    const { insertId } = await index.insert(ROW);
    const change = { uuid: OTHER_UUID, bits: 1n, wide: null, stamp: null, doc: [] };
    const before = await index.updateReturning('=', insertId, change);
    assert.deepEqual(before, [{ id: insertId, ...ROW, twice: 2 * insertId }]);
    assert.deepEqual(await index.get(insertId), {
      id: insertId,
      ...ROW,
      ...change,
      twice: 2 * insertId,
    });
    assert.equal(await index.increment('=', insertId, { big: 1n }), 1);
    const { big } = await index.get(insertId);
    assert.equal(big, 2n ** 62n + 1n);
    assert.equal(await index.delete('=', insertId), 1);
  });

  test('refuses values that the column would hold as others, before anything is sent', async (t) => {
    const { client, index } = await tables.open(t, 'item');
    for (const [values, refusal] of [
      [{ name: 'too long' }, /^RangeError: values: column 'name' \(varchar\(5\)\)/],
      [{ price: '1.555' }, /^RangeError: values: column 'price'/],
      [{ word: 'Ω' }, /^RangeError: values: column 'word'/],
      [{ uuid: 'text' }, /^RangeError: values: column 'uuid'/],
      [{ name: null }, /^TypeError: values: column 'name' .* takes no NULL/],
      [{ twice: 5 }, /^TypeError: values: column 'twice' is virtual/],
      [{ other: 5 }, /^TypeError: .*'other'/],
      [5, /^TypeError: values must be an object of values by column/],
    ]) {
      const row = typeof values === 'object' ? { name: 'a', ...values } : values;
      await assert.rejects(index.insert(row), refusal);
      await assert.rejects(index.update('=', 1, values), refusal);
    }
    await assert.rejects(index.insertMany([{ name: 'a' }, { name: 'too long' }]), /rows\[1\]/);
    await assert.rejects(
      index.increment('=', 1, { price: 1 }),
      /^TypeError: by: column 'price' .* cannot be counted/,
    );
    await assert.rejects(index.get('1.5'), /^TypeError: key: column 'id'/);
    await assert.rejects(index.get(-1), /^RangeError: key: column 'id'/);
    await assert.rejects(index.find('>', 2 ** 32, { limit: 1 }), RangeError);
    await assert.rejects(
      index.find('=', null, { in: { column: 'id', values: [1, -1] }, limit: 2 }),
      /^RangeError: options.in.values\[1\]: column 'id'/,
    );
    assert.throws(() => index.scan('>=', 'text'), TypeError);
    await assert.rejects(
      index.update('=', [1, 2], { ok: true }),
      /^TypeError: key must have at most 1/,
    );
    assert.equal(client.stats().commands, 0);
  });

  test('compares filters in the form of their column', async (t) => {
    const { index } = await tables.open(t, 'item', { filterColumns: ['uuid', 'bits', 'doc'] });
    const { insertId } = await index.insert({ name: 'a', uuid: UUID, bits: 257n });
    const ids = async (filter) => {
      const rows = await index.find('>=', 0, { limit: 10, filters: [{ op: '=', ...filter }] });
      return rows.map(({ id }) => id);
    };
    assert.deepEqual(await ids({ column: 'uuid', value: UUID }), [insertId]);
    assert.deepEqual(await ids({ column: 'uuid', value: OTHER_UUID }), []);
    assert.deepEqual(await ids({ column: 'bits', value: 257n }), [insertId]);
    assert.deepEqual(await ids({ column: 'doc', value: null }), [insertId]);
    await assert.rejects(ids({ column: 'doc', value: 'x' }), /can only be compared with NULL/);
    await assert.rejects(ids({ column: 'uuid', value: 'x' }), /filters\[0\].value: column 'uuid'/);
    await index.delete('=', insertId);
  });

  test('finds and deletes by UUIDs as text', async (t) => {
    const { index } = await tables.open(t, 'token');
    await index.insertMany([
      { id: UUID, n: 1 },
      { id: OTHER_UUID, n: 2 },
    ]);
    assert.deepEqual(await index.get(UUID), { id: UUID, n: 1 });
    assert.deepEqual(await index.get(Buffer.from(UUID.replaceAll('-', ''), 'hex')), {
      id: UUID,
      n: 1,
    });
    const listed = { in: { column: 'id', values: [OTHER_UUID, UUID] }, limit: 2 };
    assert.deepEqual(await index.find('=', null, listed), [
      { id: OTHER_UUID, n: 2 },
      { id: UUID, n: 1 },
    ]);
    assert.equal(await index.delete('=', UUID), 1);
    assert.equal(await index.get(UUID), null);

    const nullable = await tables.open(t, 'nullable', { index: 'by_id' });
    await nullable.index.insertMany([{ n: 1 }, { id: UUID, n: 2 }, { n: 3 }]);
    assert.equal(await nullable.index.delete('=', UUID, { limit: 9 }), 1);
    assert.deepEqual(await nullable.index.find('=', null, { limit: 9 }), [
      { id: null, n: 1 },
      { id: null, n: 3 },
    ]);
  });

  test("inserts strict SQL's row, whichever columns are opened", async (t) => {
    const { index, sql } = await tables.open(t, 'filled', { columns: ['id'] });
    await index.insert({ id: 1, wanted: 5 });
    await index.insert({ id: 2, wanted: 5, text: undefined, n: 8, nothing: 9 });
    assert.deepEqual(await sql.query('SELECT * FROM t.filled ORDER BY id'), [
      { id: 1, n: 7, text: 'x', nothing: null, wanted: 5 },
      { id: 2, n: 8, text: 'x', nothing: 9, wanted: 5 },
    ]);
    await assert.rejects(
      index.insert({ id: 3 }),
      /^TypeError: values: column 'wanted' .* has no default/,
    );
    await assert.rejects(index.insert({ id: 3, wanted: 1, n: null }), TypeError);
    assert.deepEqual(await index.get(2), { id: 2 });
  });

  test('takes rows as arrays, and objects with accessors', async (t) => {
    const { index } = await tables.open(t, 'filled', { columns: ['wanted', 'id'] });
    class Filled {
      get id() {
        return 11;
      }
      get wanted() {
        return 12;
      }
    }
    await index.insertMany([[5, 10], new Filled()]);
    assert.deepEqual(await index.getMany([10, 11]), [
      { wanted: 5, id: 10 },
      { wanted: 12, id: 11 },
    ]);
    assert.equal(await index.update('=', 10, [6, 10]), 1);
    assert.deepEqual(await index.get(10), { wanted: 6, id: 10 });
    await assert.rejects(index.insert([5]), /must have a value for each of the 2 columns/);
  });

  test('gives the id as the column is read', async (t) => {
    const { index, client, schema } = await tables.open(t, 'big');
    assert.deepEqual(await index.insert({ n: 1 }), { insertId: 1n });
    const asNumber = client.openIndex({ schema, types: { id: 'number' } });
    assert.deepEqual(await asNumber.insert({ n: 1 }), { insertId: 2 });
    assert.deepEqual(await asNumber.get(2), { id: 2, n: 1 });
    assert.deepEqual(await index.insert({ id: 2n ** 63n, n: 1 }), { insertId: null });
  });

  test('reads and writes by `types` what they name', async (t) => {
    const types = {
      doc: 'string',
      at: 'datetime',
      name: 'json',
      day: 'datetime',
      word: 'string',
      bits: 'buffer',
    };
    const { index } = await tables.open(t, 'item', {
      types,
      columns: ['id', ...Object.keys(types)],
    });
    const given = {
      doc: '[1]',
      at: new Date('2024-01-01T10:00:00Z'),
      name: [1],
      day: new Date('2024-01-02T00:00:00Z'),
      word: 'é',
      bits: Buffer.from([1, 1]),
    };
    const { insertId } = await index.insert(given);
    assert.deepEqual(await index.get(insertId), { id: insertId, ...given });
    assert.equal(
      await index.update('=', insertId, { name: { a: 1 } }).catch(({ name }) => name),
      'RangeError',
    );
    assert.equal(
      await index.update('=', insertId, { name: null }).catch(({ name }) => name),
      'TypeError',
    );
    await index.delete('=', insertId);
  });

  test('refuses at openIndex what reading hurts', async (t) => {
    const { client } = await tables.open(t, 'item');
    const view = await tables.read(t, 'shown');
    assert.throws(() => client.openIndex({ schema: view }), {
      code: 'ERR_HS_SCHEMA',
      outcome: 'not-sent',
      message: /view crashes the server/,
    });
  });

  test('refuses ranges that crash the server or find wrong rows', async (t) => {
    const parted = await tables.open(t, 'parted');
    const hashed = await tables.open(t, 'hashed', { index: 'by_n' });
    await parted.index.insert({ id: 1, n: 1 });
    await hashed.index.insert({ id: 1, n: 1 });
    const refusal = { code: 'ERR_HS_SCHEMA', outcome: 'not-sent' };
    const limit = 1;
    for (const { client, index } of [parted, hashed]) {
      const { commands } = client.stats();
      assert.throws(() => index.scan(), refusal);
      assert.throws(() => index.scan('>', 0), refusal);
      await assert.rejects(index.find('<=', 5, { limit }), refusal);
      await assert.rejects(index.update('>', 0, { n: 2 }, { limit }), refusal);
      await assert.rejects(index.delete('<', 5, { limit }), refusal);
      assert.equal(client.stats().commands, commands);
    }
    assert.deepEqual(await parted.index.get(1), { id: 1, n: 1 });
    assert.deepEqual(await hashed.index.find('=', 1, { limit: 2 }), [{ id: 1, n: 1 }]);
    assert.equal(await parted.index.update('=', 1, { n: 2 }), 1);
  });

  test('refuses a write that SQL would do otherwise, unless it is allowed', async (t) => {
    const { client, schema, index, sql } = await tables.open(t, 'trap');
    for (const [call, reason] of [
      [
        () => index.insert({ id: 1, n: 1 }),
        /insert t\.trap: triggers do not run.*allow: \['triggers'\]/,
      ],
      [() => index.insertMany([{ id: 1, n: 1 }]), /triggers do not run/],
      [() => index.update('=', 1, { n: 2 }), /update t\.trap: CHECK constraints/],
      [() => index.increment('=', 1, { n: 2 }), /increment t\.trap: CHECK constraints/],
      [() => index.update('=', 1, { m: 2 }), /ON UPDATE/],
    ]) {
      await assert.rejects(call(), { code: 'ERR_HS_SCHEMA', outcome: 'not-sent', message: reason });
    }
    assert.equal(client.stats().commands, 0);
    const allow = ['triggers', 'checks', 'generated', 'on-update'];
    const allowed = client.openIndex({ schema, allow });
    await allowed.insert({ id: 1, n: 1, twice: 2 });
    assert.equal(await allowed.update('=', 1, { n: 2, twice: 4 }), 1);
    const [row] = await sql.query('SELECT id, n, twice FROM t.trap');
    assert.deepEqual(row, { id: 1, n: 2, twice: 4 });
    // No rule forbids it.
    assert.equal(await index.delete('=', 1), 1);
  });

  test('knows the parts of a key', async (t) => {
    const { index } = await tables.open(t, 'pair');
    await index.insertMany([
      { a: 1, b: 'x', n: 1 },
      { a: 1, b: 'y', n: 2 },
      { a: 2, b: 'x', n: 3 },
    ]);
    assert.deepEqual(await index.get([1, 'y']), { a: 1, b: 'y', n: 2 });
    assert.equal(await index.update('=', [2, 'x'], { n: 4 }), 1);
    await assert.rejects(index.update('=', 1, { n: 4 }), /options\.limit must be given/);
    const listed = { in: { column: 'b', values: ['y', 'x'] } };
    assert.equal(await index.update('=', [1, null], { n: 5 }, listed), 2);
    await assert.rejects(
      index.find('=', [1, null], { in: { column: 'n', values: [1] }, limit: 1 }),
      /not among the columns of the index: a, b/,
    );
    await assert.rejects(index.get([1, 'too long']), RangeError);
    await assert.rejects(index.get([1, 'y', 2]), /at most 2 parts \(a, b\)/);
  });

  test('does not change with the schema that it was opened with', async (t) => {
    const { client, schema } = await tables.open(t, 'trap');
    const own = structuredClone(schema);
    const index = client.openIndex({ schema: own, allow: ['triggers', 'generated'] });
    assert.throws(() => own.checks.pop(), TypeError);
    assert.throws(() => {
      own.columns[0].type = 'varchar';
    }, TypeError);
    assert.throws(() => {
      own.checks = [];
    }, TypeError);
    await assert.rejects(index.insert({ id: 1, n: -1 }), /CHECK constraints are not checked/);
  });

  test('refuses options that a schema says, and such as need one', async (t) => {
    const { client, schema } = await tables.open(t, 'item');
    const wrong = (target, message) => assert.throws(() => client.openIndex(target), message);
    wrong({ schema, keyColumns: ['id'] }, /^TypeError: target\.keyColumns cannot be given beside/);
    wrong({ schema, notNull: ['id'] }, /^TypeError: target\.notNull cannot be given beside/);
    wrong({ schema, table: 'other' }, /^TypeError: target\.table must be that of target\.schema/);
    wrong({ schema, columns: ['other'] }, /^TypeError: t\.item has no column 'other'/);
    wrong({ schema, columns: ['id', 'id'] }, /^TypeError: target\.columns\[1\]/);
    wrong({ schema, filterColumns: ['other'] }, /^TypeError: t\.item has no column 'other'/);
    wrong({ schema, index: 'other' }, /^TypeError: t\.item has no index 'other'/);
    wrong({ schema, types: { other: 'number' } }, /^TypeError: target\.types must name/);
    wrong({ schema, types: { id: 'other' } }, /^TypeError: target\.types\.id/);
    wrong({ schema, allow: ['other'] }, /^TypeError: target\.allow\[0\]/);
    wrong({ schema: {} }, /^TypeError: target\.schema must be what readTable gives/);
    const place = { database: 't', table: 'item', columns: ['id'] };
    wrong({ ...place, allow: [] }, /^TypeError: target\.allow goes with target\.schema/);
    assert.ok(client.openIndex({ schema: JSON.parse(JSON.stringify(schema)), database: 't' }));
  });
});

describe('an insert of more columns than the server takes', () => {
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
  const columns = names.map((name) => `${name} INT NOT NULL DEFAULT 7`).join(', ');
  const tables = useKnownTables(`
    CREATE TABLE wide (${columns}, id INT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE);
    CREATE TABLE named (${columns}, id UUID PRIMARY KEY);
    CREATE TABLE keyless (${columns}, UNIQUE (c0));
  `);
  const UUID_KEY = '123e4567-e89b-12d3-a456-426655440000';

  test('is refused, and made in two parts where that is allowed', async (t) => {
    const { client, schema, index, sql } = await tables.open(t, 'wide');
    await assert.rejects(index.insert({ c0: 1 }), {
      code: 'ERR_HS_SCHEMA',
      message: /split-insert/,
    });
    const split = client.openIndex({ schema, allow: ['split-insert'], columns: ['id'] });
    const { insertId } = await split.insert({ c0: 1, c39: 2, u: 5 });
    const results = await split.insertMany([{ c39: 3 }, { u: 5 }, { id: 99, c39: 4 }]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(results[1].reason.code, 'ERR_HS_DUPLICATE_KEY');
    const rows = await sql.query('SELECT * FROM t.wide ORDER BY id');
    const usual = Object.fromEntries(names.map((name) => [name, 7]));
    assert.deepEqual(rows, [
      { ...usual, c0: 1, c39: 2, id: insertId, u: 5 },
      { ...usual, c39: 3, id: results[0].value.insertId, u: null },
      { ...usual, c39: 4, id: 99, u: null },
    ]);
  });

  test('finds its row again by the key that was given', async (t) => {
    const { index, sql } = await tables.open(t, 'named', { allow: ['split-insert'] });
    await index.insert({ id: UUID_KEY, c39: 3 });
    assert.equal((await index.get(UUID_KEY)).c39, 3);
    await sql.query('DELETE FROM t.named');
  });

  test('needs a primary key', async (t) => {
    const { index } = await tables.open(t, 'keyless', { index: 'c0', allow: ['split-insert'] });
    await assert.rejects(index.insert({ c0: 3 }), {
      code: 'ERR_HS_SCHEMA',
      message: /without a primary key/,
    });
  });
});
