'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { readTable } = require('../lib/schema');
const { useKnownTables } = require('./support/known-tables.js');
const { connectSql } = require('./support/sql-connections.js');

const VIRTUAL = 'v INT AS (p + 1) VIRTUAL';
const HASHED = 't TEXT, UNIQUE (t)';
const REFUSED = { code: 'ERR_HS_SCHEMA', outcome: 'not-sent' };

describe('foreign keys that cascade from a table with a schema', () => {
  const tables = useKnownTables('CREATE DATABASE `o-ther`');
  let made = 0;

  /**
   * A table with two rows, which others refer to by `id` and by `u`; `*` stands for its name.
   * @param {string} others  SQL
   */
  async function makeParent(t, others) {
    const table = `parent${++made}`;
    const parent = `${table} (id INT PRIMARY KEY, u INT UNIQUE, n INT, KEY by_n (n))`;
    await tables.sql(`USE t; CREATE TABLE ${parent}; INSERT INTO ${table} VALUES (1, 1, 1), (2, 2, 2);
      ${others.replaceAll('*', table)}`);
    return { table, ...(await tables.open(t, table)) };
  }

  const child = (more, rules) =>
    `CREATE TABLE *_c (id INT PRIMARY KEY, p INT, ${more}, FOREIGN KEY (p) REFERENCES * (id) ${rules});
     INSERT INTO *_c (id, p) VALUES (1, 1)`;
  const crashing = (table) => ({ ...REFUSED, message: new RegExp(`changes t\\.${table}_c too`) });

  test('are told with what crashes the server', async (t) => {
    const { schema } = await makeParent(
      t,
      `CREATE TABLE \`o-ther\`.\`ch$é\` (a INT, FOREIGN KEY one (a) REFERENCES t.* (u) ON DELETE SET NULL ON UPDATE CASCADE);
       CREATE TABLE two (a INT, FOREIGN KEY two (a) REFERENCES * (id));
       CREATE TABLE three (a INT, ${HASHED}, FOREIGN KEY three (a) REFERENCES * (id) ON UPDATE SET NULL)`,
    );
    assert.deepEqual(
      schema.cascades.map(({ name, ...rest }) => rest),
      [
        {
          ...{ database: 'o-ther', table: 'ch$é', columns: ['u'] },
          ...{ onDelete: true, onUpdate: true },
        },
        { database: 't', table: 'three', columns: ['id'], onUpdate: true, crashes: true },
      ],
    );
    const plain = await tables.read(t, 'two');
    assert.equal('cascades' in plain, false);
  });

  for (const [what, more] of [
    ['an indexed virtual column', `${VIRTUAL}, KEY (v)`],
    ['an indexed virtual column of another column', 'm INT, v INT AS (m + 1) VIRTUAL, KEY (p, v)'],
    ['a UNIQUE key USING HASH', HASHED],
  ]) {
    test(`refuse what would reach ${what}`, async (t) => {
      for (const rule of ['CASCADE', 'SET NULL']) {
        const { table, index } = await makeParent(t, child(more, `ON DELETE ${rule}`));
        await assert.rejects(index.delete('=', 1), crashing(table));
        await assert.rejects(index.deleteReturning('=', 2), crashing(table));
        assert.equal(await index.update('=', 2, { id: 3, n: 5 }), 1);
      }
      for (const rule of ['CASCADE', 'SET NULL']) {
        const { table, index } = await makeParent(t, child(more, `ON UPDATE ${rule}`));
        await assert.rejects(index.update('=', 1, { id: 5 }), crashing(table));
        await assert.rejects(index.increment('=', 1, { id: 5 }), crashing(table));
        await assert.rejects(index.decrement('=', 1, { id: 5 }), crashing(table));
        assert.equal(await index.update('=', 1, { u: 5, n: 5 }), 1);
        assert.equal(await index.delete('=', 2), 1);
      }
    });
  }

  test('refuse it where another table lies between, and where a table refers to itself', async (t) => {
    const { table, index } = await makeParent(
      t,
      `${child('u INT UNIQUE', 'ON DELETE CASCADE')};
       CREATE TABLE *_g (id INT PRIMARY KEY, p INT, ${VIRTUAL}, KEY (v),
         FOREIGN KEY (p) REFERENCES *_c (u) ON DELETE SET NULL)`,
    );
    await assert.rejects(index.delete('=', 1), crashing(table));
    await tables.sql(
      `CREATE TABLE t.self (id INT PRIMARY KEY, p INT, ${VIRTUAL}, KEY (v),
         FOREIGN KEY (p) REFERENCES self (id) ON DELETE CASCADE)`,
    );
    const self = await tables.open(t, 'self');
    await assert.rejects(self.index.delete('=', 1), { ...REFUSED, message: /changes t\.self too/ });
  });

  test('let through what does not crash', async (t) => {
    for (const [more, rules] of [
      [VIRTUAL, 'ON DELETE CASCADE ON UPDATE CASCADE'],
      ['s INT AS (id + 1) STORED, KEY (s)', 'ON DELETE CASCADE ON UPDATE CASCADE'],
      ['x TEXT, FULLTEXT (x)', 'ON DELETE CASCADE ON UPDATE CASCADE'],
    ]) {
      const { index, sql, table } = await makeParent(t, child(more, rules));
      assert.equal(await index.update('=', 1, { id: 7 }), 1);
      assert.equal((await sql.query(`SELECT p FROM t.${table}_c`))[0].p, 7);
      assert.equal(await index.delete('=', 7), 1);
      assert.equal((await sql.query(`SELECT p FROM t.${table}_c`)).length, 0);
    }
    const { index } = await makeParent(t, child(`${VIRTUAL}, KEY (v)`, ''));
    await assert.rejects(index.delete('=', 1), { code: 'ERR_HS_FOREIGN_KEY' });
    assert.equal(await index.delete('=', 2), 1);
  });

  test('refuse what may cascade where the user may not see it', async (t) => {
    const { table, client, sql } = await makeParent(t, '');
    await sql.query('CREATE USER blind');
    await sql.query('GRANT SELECT, TRIGGER ON t.* TO blind');
    const schema = await readTable(
      await connectSql(t, tables.running, { user: 'blind' }),
      't',
      table,
    );
    assert.equal(schema.cascades, 'hidden');
    const blind = client.openIndex({ schema });
    const hidden = { ...REFUSED, message: /GRANT PROCESS ON \*\.\*/ };
    await assert.rejects(blind.delete('=', 1), hidden);
    await assert.rejects(blind.update('=', 1, { u: 5 }), hidden);
    await assert.rejects(blind.increment('=', 1, { id: 5 }), hidden);
    await blind.insert({ id: 3, u: 3, n: 3 });
    assert.deepEqual(await blind.get(3), { id: 3, u: 3, n: 3 });
  });

  test('are compared by verify', async (t) => {
    const { client, sql, table } = await makeParent(t, '');
    assert.deepEqual(await client.verify(sql), []);
    await client.close();
    await tables.sql(`USE t; ${child(HASHED, 'ON DELETE CASCADE').replaceAll('*', table)}`);
    const [{ path, was, is }] = await client.verify(sql);
    assert.deepEqual([path, was, is.length], ['cascades', undefined, 1]);
  });
});
