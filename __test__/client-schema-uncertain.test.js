'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

describe('characters beyond the BMP, which the database shows as ?,', () => {
  const tables = useKnownTables('');

  for (const charset of ['utf8mb4', 'utf16', 'utf16le', 'utf32']) {
    test(`are not inserted as defaults of ${charset}`, async (t) => {
      const sql = await tables.connect(t);
      const table = `d_${charset}`;
      await sql.query(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET ${charset} NOT NULL DEFAULT '👍',
           e ENUM('👍', 'b') CHARACTER SET ${charset} NOT NULL DEFAULT '👍', b ENUM('👍', 'b') CHARACTER SET ${charset} DEFAULT 'b')`,
      );
      const { index } = await tables.open(t, table);
      await assert.rejects(index.insert({ id: 1, e: 'b' }), {
        code: 'ERR_HS_SCHEMA',
        message: /: v\. /,
      });
      await assert.rejects(index.insert({ id: 1, v: '👍' }), /: e\. /);
      await index.insert({ id: 1, v: '👍', e: 'b' });
      assert.deepEqual(await index.get(1), { id: 1, v: '👍', e: 'b', b: 'b' });
    });

    test(`are read as members of ENUM and SET in ${charset}, and refused as values and keys`, async (t) => {
      const sql = await tables.connect(t);
      const table = `m_${charset}`;
      await sql.query(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, e ENUM('z', '👍', 'c?') CHARACTER SET ${charset} NULL,
           s SET('z', '👍', 'b') CHARACTER SET ${charset} NULL, KEY by_e (e), KEY by_s (s))`,
      );
      await sql.query(
        `INSERT INTO t.${table} VALUES (1, '👍', 'z,👍'), (2, 'z', '👍'), (3, 'c?', 'b')`,
      );
      const { client, schema, index } = await tables.open(t, table);
      for (const e of ['?', '👍', 'c?', '']) {
        await assert.rejects(
          index.insert({ id: 9, e }),
          /^RangeError: .*takes one of 'z' \(the database shows '\?', 'c\?', where \? may stand/,
        );
      }
      for (const s of ['?', 'z,?', '👍'])
        await assert.rejects(index.update('=', 1, { s }), RangeError);
      await index.insert({ id: 4, e: 'z', s: 'b,z' });
      const rows = [
        { id: 1, e: '👍', s: 'z,👍' },
        { id: 2, e: 'z', s: '👍' },
        { id: 3, e: 'c?', s: 'b' },
        { id: 4, e: 'z', s: 'z,b' },
      ];
      assert.deepEqual(await index.getMany([1, 2, 3, 4]), rows);
      for (const name of ['by_e', 'by_s']) {
        const walked = client.openIndex({ schema, index: name });
        assert.ok(!walked.mergeIsExact);
        await assert.rejects(walked.find('=', '?', { limit: 9 }), RangeError);
        const ids = [];
        for await (const { id } of walked.scan({ pageSize: 1 })) ids.push(id);
        assert.deepEqual(ids.sort(), [1, 2, 3, 4]);
      }
    });
  }

  test('leave ? as it is in charsets that have none of them', async (t) => {
    await tables.sql(
      `CREATE TABLE t.plain (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET latin1 DEFAULT 'a?', e ENUM('a?') CHARACTER SET utf8mb3 DEFAULT 'a?')`,
    );
    const { index } = await tables.open(t, 'plain');
    await index.insert({ id: 1 });
    assert.deepEqual(await index.get(1), { id: 1, v: 'a?', e: 'a?' });
  });
});
