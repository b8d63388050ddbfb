'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

const TABLES = `
  CREATE TABLE walked (id INT PRIMARY KEY, n INT, m INT, KEY by_n (n), KEY by_both (n, m));
  CREATE TABLE counted (id INT AUTO_INCREMENT PRIMARY KEY, n INT);
  CREATE TABLE big (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT);
`;
const REFUSED = { code: 'ERR_HS_SCHEMA', outcome: 'not-sent' };

describe('writes of an index with a schema', () => {
  const tables = useKnownTables(TABLES);

  test('refuse to change rows that the walk would find again', async (t) => {
    const { client, schema, sql } = await tables.open(t, 'walked');
    const rows = [1, 2, 3, 4, 5].map((id) => ({ id, n: 1, m: id }));
    await sql.query(
      `INSERT INTO t.walked VALUES ${rows.map(({ id, n, m }) => `(${id}, ${n}, ${m})`)}`,
    );
    const byN = client.openIndex({ schema, index: 'by_n' });
    const byBoth = client.openIndex({ schema, index: 'by_both' });
    const limit = { limit: 20 };
    for (const call of [
      () => byN.increment('>=', 1, { n: 1 }, limit),
      () => byN.increment('=', 1, { id: 10 }, limit),
      () => byN.update('>', 0, { n: 1, m: 1 }, limit),
      () => byBoth.increment('=', 1, { m: 10 }, limit),
      () => byBoth.decrement('<=', 1, { m: 10 }, limit),
    ]) {
      await assert.rejects(call(), { ...REFUSED, message: /changed more than once/ });
    }
    assert.deepEqual([...(await sql.query('SELECT * FROM t.walked ORDER BY id'))], rows);
    assert.equal(await byN.increment('=', 1, { n: 1 }, limit), 5);
    assert.equal(await byN.increment('>=', 1, { m: 1 }, limit), 5);
    assert.equal(await byBoth.increment('>=', 1, { n: 1 }, { limit: 1 }), 1);
    const [{ n, m }] = await sql.query('SELECT SUM(n) AS n, SUM(m) AS m FROM t.walked');
    assert.deepEqual([Number(n), Number(m)], [11, 20]);
  });

  test('refuse 0 for an AUTO_INCREMENT column, for which another number is stored', async (t) => {
    for (const [table, zeros] of [
      ['counted', [0, -0, 0n, '0']],
      ['big', [0, 0n]],
    ]) {
      const { index, sql } = await tables.open(t, table);
      for (const id of zeros) {
        await assert.rejects(index.insert({ id, n: 1 }), /^RangeError: .*'id' is AUTO_INCREMENT/);
      }
      const [{ reason }] = await index.insertMany([{ id: 0, n: 1 }]).catch((e) => [{ reason: e }]);
      assert.ok(reason instanceof RangeError);
      assert.deepEqual([...(await sql.query(`SELECT * FROM t.${table}`))], []);
      await index.insert({ id: null, n: 1 });
      await index.insert({ id: -1, n: 1 });
      assert.equal((await sql.query(`SELECT * FROM t.${table} WHERE id IN (1, -1)`)).length, 2);
    }
  });
});
