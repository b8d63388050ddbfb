'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

const TYPES = ['string', 'number', 'bigint', 'boolean', 'buffer', 'json', 'datetime'];

/** By column: values in SQL, and the types that it can be read as. */
const COLUMNS = {
  INT: [['7', '1', '0', '-2147483648'], 'string number bigint'],
  BIGINT: [['1', '-5'], 'string number bigint'],
  BOOLEAN: [['1', '0'], 'string number bigint boolean'],
  'DECIMAL(9,0)': [['1', '-12'], 'string number bigint'],
  FLOAT: [['1.5', '-0.1'], 'string number'],
  DOUBLE: [['0.1', '1e300'], 'string number'],
  'BIT(1)': [["b'1'", "b'0'"], 'bigint boolean buffer'],
  'BIT(12)': [["b'110101'", '53'], 'bigint buffer'],
  YEAR: [['2024', '0'], 'string number bigint'],
  DATE: [["'2024-02-29'"], 'string datetime'],
  'TIME(2)': [["'-01:02:03.45'"], 'string'],
  'DATETIME(6)': [["'2024-02-29 01:02:03.123000'", "'2024-02-29 01:02:03'"], 'string datetime'],
  'TIMESTAMP(6) NULL': [["'2024-02-29 01:02:03.123'"], 'string datetime'],
  'VARCHAR(30)': [["'2024-02-29 00:00:00'"], 'string buffer datetime'],
  'VARCHAR(30) CHARACTER SET utf16': [["'2024-02-29 00:00:00'"], 'string buffer datetime'],
  'TEXT CHARACTER SET latin1': [['\'["é"]\''], 'string buffer json'],
  JSON: [['\'{"a":1}\''], 'string buffer json'],
  'VARBINARY(9)': [["'[1]'"], 'string buffer json'],
  "ENUM('a','1')": [["'1'", "'a'"], 'string'],
  "SET('a','1')": [["'1'", "'a,1'"], 'string'],
  UUID: [["'00112233-4455-6677-8899-aabbccddeeff'"], 'string'],
  INET6: [["'::1'"], 'string'],
  POINT: [['POINT(1, 2)'], 'buffer'],
};

describe('types beside a schema:', () => {
  const tables = useKnownTables('');
  let made = 0;

  for (const [declared, [values, readings]] of Object.entries(COLUMNS)) {
    test(`what is read of ${declared} can be written, or openIndex refuses`, async (t) => {
      const sql = await tables.connect(t);
      const table = `t${++made}`;
      await sql.query(`CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${declared})`);
      await sql.query(
        `INSERT INTO t.${table} VALUES ${values.map((value, id) => `(${id}, ${value})`)}`,
      );
      const { client, schema } = await tables.open(t, table);
      const shown = () => sql.query(`SELECT id, HEX(v) AS v FROM t.${table} ORDER BY id`);
      const before = await shown();
      for (const type of TYPES) {
        const open = () => client.openIndex({ schema, types: { v: type } });
        if (!readings.split(' ').includes(type)) {
          // What no value of these is.
          if (/^(?:json|datetime)$/.test(type) && /^VARCHAR|^TEXT/.test(declared)) continue;
          assert.throws(open, {
            name: 'TypeError',
            message: new RegExp(`^target\\.types\\.v: column 'v' .* cannot be read as '${type}'`),
          });
          continue;
        }
        const index = open();
        for (const id of values.keys()) {
          const row = await index.get(id);
          assert.equal(await index.update('=', id, { v: row.v }), 1);
          assert.deepEqual(await index.get(id), row);
        }
        assert.deepEqual(await shown(), before, type);
      }
    });
  }

  test('text in another charset is read as JSON and Dates by its characters', async (t) => {
    const sql = await tables.connect(t);
    await sql.query(
      `CREATE TABLE t.texts (id INT PRIMARY KEY, j VARCHAR(30) CHARACTER SET latin1, d VARCHAR(30) CHARACTER SET utf16)`,
    );
    await sql.query(`INSERT INTO t.texts VALUES (1, '{"a":"é"}', '2024-02-29 01:02:03')`);
    const { index } = await tables.open(t, 'texts', { types: { j: 'json', d: 'datetime' } });
    const row = { id: 1, j: { a: 'é' }, d: new Date('2024-02-29T01:02:03Z') };
    assert.deepEqual(await index.get(1), row);
  });

  test('TINYINT(1) with other numbers is read, written, found and counted as a number', async (t) => {
    await tables.sql(
      'CREATE TABLE t.levels (id INT PRIMARY KEY, level BOOLEAN, KEY by_level (level)); INSERT INTO t.levels VALUES (1, 1), (2, 5)',
    );
    const { client, schema, index } = await tables.open(t, 'levels');
    await assert.rejects(
      index.increment('=', 1, { level: 1 }),
      /^TypeError: .*column 'level' .* is true or false.* types: \{ level: 'number' \}$/,
    );
    assert.deepEqual(await index.get(1), { id: 1, level: true });
    const target = { schema, index: 'by_level', types: { level: 'number' } };
    const byLevel = client.openIndex(target);
    assert.deepEqual(await byLevel.find('=', 5, { limit: 9 }), [{ id: 2, level: 5 }]);
    assert.equal(await byLevel.increment('=', 5, { level: 2 }, { limit: 1 }), 1);
    assert.equal(await byLevel.update('=', 7, { level: -3 }, { limit: 1 }), 1);
    assert.deepEqual(await byLevel.find('=', -3, { limit: 9 }), [{ id: 2, level: -3 }]);
  });

  for (const type of ['DATETIME(6)', 'TIMESTAMP(6)']) {
    test(`microseconds of ${type} are no Date`, async (t) => {
      const table = `t${++made}`;
      await tables.sql(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, at ${type}); INSERT INTO t.${table} VALUES (1, '2024-01-01 10:00:00.123456')`,
      );
      const { client, schema, index } = await tables.open(t, table, { types: { at: 'datetime' } });
      await assert.rejects(index.get(1), {
        code: 'ERR_HS_VALUE',
        message: /types: \{ at: 'string' \}/,
      });
      const asText = client.openIndex({ schema, types: { at: 'string' } });
      assert.equal((await asText.get(1)).at, '2024-01-01 10:00:00.123456');
    });
  }

  test('a zero TIMESTAMP is an error that names how to read it', async (t) => {
    await tables.sql(
      `SET sql_mode = ''; CREATE TABLE t.zeros (id INT PRIMARY KEY, ts TIMESTAMP NOT NULL DEFAULT 0, d DATETIME);
       INSERT INTO t.zeros VALUES (1, 0, 0)`,
    );
    const { client, schema, index } = await tables.open(t, 'zeros');
    await assert.rejects(index.get(1), {
      code: 'ERR_HS_VALUE',
      message: /zero date.* types: \{ ts: 'string' \}/,
    });
    const dates = client.openIndex({ schema, columns: ['d'], types: { d: 'datetime' } });
    await assert.rejects(dates.get(1), {
      code: 'ERR_HS_VALUE',
      message: /types: \{ d: 'string' \}/,
    });
    const texts = client.openIndex({ schema, types: { ts: 'string' } });
    assert.equal((await texts.get(1)).ts, '0000-00-00 00:00:00');
  });

  for (const type of ['ENUM', 'SET']) {
    test(`${type} CHARACTER SET binary is refused at openIndex, unless it is not opened or read raw`, async (t) => {
      const table = `t${++made}`;
      await tables.sql(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${type}('a', 'b') CHARACTER SET binary, KEY by_v (v)); INSERT INTO t.${table} VALUES (1, 'b')`,
      );
      const schema = await tables.read(t, table);
      const { client, index } = await tables.open(t, table, { columns: ['id'] });
      assert.throws(() => client.openIndex({ schema }), {
        code: 'ERR_HS_SCHEMA',
        message: /column 'v' has the type .* in the charset binary/,
      });
      assert.deepEqual(await index.get(1), { id: 1 });
      const raw = client.openIndex({ schema, types: { v: 'buffer' } });
      assert.deepEqual(await raw.get(1), { id: 1, v: Buffer.from('b') });
      await assert.rejects(raw.update('=', 1, { v: Buffer.from('a') }), TypeError);
      const byV = client.openIndex({ schema, index: 'by_v', columns: ['id'] });
      await assert.rejects(byV.find('=', 'b', { limit: 9 }), TypeError);
    });
  }
});
