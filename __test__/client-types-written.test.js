'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

const utc = (text) => new Date(`${text}Z`);
const quote = (name) => `\`${name.replaceAll('`', '``')}\``;
const awkward = [
  '__proto__',
  'constructor',
  'toString',
  'two words',
  'größe',
  '表',
  'select',
  'a.b',
  '0',
  '`',
];

describe('typed values given to a Client', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      `CREATE TABLE moments (id INT PRIMARY KEY, d DATE, dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP(3) NULL,
         KEY by_d (d), KEY by_dt6 (dt6), KEY by_ts (ts, id))`,
      'CREATE TABLE docs (id INT PRIMARY KEY, doc JSON, n INT)',
      `CREATE TABLE awkward (${awkward.map((name) => `${quote(name)} INT`)}, PRIMARY KEY (${quote('__proto__')}))`,
    ],
  });

  function connect(t) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret });
    t.after(() => client.close());
    return client;
  }

  describe('datetime', () => {
    const openMoments = (t, more) =>
      connect(t).openIndex({
        database: 't',
        table: 'moments',
        columns: ['id', 'd', 'dt', 'dt6', 'ts'],
        filterColumns: ['dt6', 'd'],
        types: { id: 'number', d: 'datetime', dt: 'datetime', dt6: 'datetime', ts: 'datetime' },
        ...more,
      });
    const rowOf = (id, text) => {
      const day = utc(`${text.slice(0, 10)}T00:00`);
      const second = utc(text.slice(0, 19));
      return { id, d: day, dt: second, dt6: utc(text), ts: null };
    };

    test('is written as UTC and comes back equal', async (t) => {
      const moments = openMoments(t);
      const texts = [
        '2024-02-29T23:59:59.123',
        '1969-12-31T23:59:59.999',
        '0001-01-01T00:00:00.001',
      ];
      const rows = texts.map((text, i) => rowOf(i + 1, text));
      rows[0].ts = utc('2024-06-01T10:20:30.456');
      await moments.insert(rows[0]);
      await moments.insert(Object.values(rows[1]));
      await moments.insertMany([rows[2]]);
      assert.deepEqual(await moments.getMany([1, 2, 3]), rows);
      assert.deepEqual(await server.sql('SELECT * FROM t.moments WHERE id IN (1, 3) ORDER BY id'), [
        [
          '1',
          '2024-02-29',
          '2024-02-29 23:59:59',
          '2024-02-29 23:59:59.123000',
          '2024-06-01 10:20:30.456',
        ],
        ['3', '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00.001000', 'NULL'],
      ]);
      const later = utc('2025-01-02T03:04:05.006');
      assert.equal(await moments.update('=', 1, { dt6: later, d: '2025-01-02' }), 1);
      assert.deepEqual(await moments.get(1), {
        ...rows[0],
        dt6: later,
        d: utc('2025-01-02T00:00'),
      });
      assert.equal(await moments.delete('>=', 1, { limit: 10 }), 3);
    });

    test('is a key, a part of one, and compared by filters', async (t) => {
      const moments = openMoments(t);
      const rows = [10, 11, 12].map((day) => rowOf(day, `2020-05-${day}T01:02:03.400`));
      for (const row of rows) row.ts = row.dt6;
      await moments.insertMany(rows);
      const [first, second, third] = rows;
      const byMoment = openMoments(t, { index: 'by_dt6' });
      const byDay = openMoments(t, { index: 'by_d' });
      const byStamp = openMoments(t, { index: 'by_ts' });
      assert.deepEqual(await byMoment.get(second.dt6), second);
      assert.deepEqual(await byDay.get([second.d]), second);
      assert.deepEqual(await byStamp.get([second.ts, 11]), second);
      assert.deepEqual(await byMoment.getMany([third.dt6, new Date(0), first.dt6]), [
        third,
        null,
        first,
      ]);
      assert.deepEqual(await byDay.findMany([third.d, [first.d]], { limit: 2 }), [
        [third],
        [first],
      ]);
      assert.deepEqual(await byMoment.find('>=', second.dt6, { limit: 9 }), [second, third]);
      const scanned = [];
      for await (const row of byMoment.scan('<', third.dt6, { pageSize: 1 })) scanned.push(row);
      assert.deepEqual(scanned, [second, first]);
      const filters = [
        { column: 'dt6', op: '>', value: first.dt6 },
        { type: 'while', column: 'd', op: '<', value: third.d },
      ];
      assert.deepEqual(await moments.find('>=', 10, { limit: 9, filters }), [second]);
      assert.equal(await byMoment.update('=', second.dt6, { dt: third.dt }, { limit: 1 }), 1);
      assert.equal(await byMoment.delete('=', second.dt6, { limit: 1 }), 1);
      assert.equal(await byMoment.get(second.dt6), null);
    });
  });

  describe('json', () => {
    test('is written as JSON, a string as the JSON text that it is', async (t) => {
      const client = connect(t);
      const target = { database: 't', table: 'docs', columns: ['id', 'doc', 'n'] };
      const docs = client.openIndex({ ...target, types: { id: 'number', doc: 'json' } });
      const values = [{ a: [1, { b: null }], 'é\t\n\0"': '😀' }, [], 1.5, true, false, null, 0, {}];
      await docs.insertMany(values.map((doc, id) => ({ id, doc })));
      const rows = await docs.find('>=', 0, { limit: 100 });
      assert.deepEqual(
        rows,
        values.map((doc, id) => ({ id, doc, n: null })),
      );
      assert.deepEqual(
        await server.sql('SELECT id FROM t.docs WHERE doc IS NULL OR NOT JSON_VALID(doc)'),
        [['5']],
      );
      await docs.insert([100, '{"text":"as it is"}', 1]);
      assert.deepEqual(await docs.get(100), { id: 100, doc: { text: 'as it is' }, n: '1' });
      assert.deepEqual(await docs.updateReturning('=', 100, { doc: { new: [1] } }), [
        { id: 100, doc: { text: 'as it is' }, n: '1' },
      ]);
      assert.deepEqual(await client.openIndex(target).get(100), {
        id: '100',
        doc: '{"new":[1]}',
        n: '1',
      });
    });

    test('that cannot be written is a TypeError that names the column', async (t) => {
      const client = connect(t);
      const target = { database: 't', table: 'docs', columns: ['id', 'doc'] };
      const docs = client.openIndex({ ...target, types: { doc: 'json' } });
      const circular = {};
      circular.self = circular;
      for (const doc of [undefined, () => {}, Symbol('x'), Number.NaN, { n: 1n }, circular]) {
        await assert.rejects(docs.insert({ id: 200, doc }), { name: 'TypeError', message: /doc/ });
      }
      assert.equal(client.stats().commands, 0);
    });
  });

  test('columns may have any name', async (t) => {
    const client = connect(t);
    const types = Object.fromEntries(awkward.map((name) => [name, 'number']));
    const target = { database: 't', table: 'awkward', columns: awkward, filterColumns: awkward };
    const index = client.openIndex({ ...target, types });
    const rowOf = (id) => Object.fromEntries(awkward.map((name, i) => [name, id + i]));
    await index.insertMany([rowOf(0), rowOf(100)]);
    assert.deepEqual(await index.getMany([0, 100]), [rowOf(0), rowOf(100)]);
    const plain = await client.openIndex(target).get(100);
    assert.deepEqual(
      Object.entries(plain).sort(),
      awkward.map((name, i) => [name, `${100 + i}`]).sort(),
    );
    for (const [i, name] of awkward.entries()) {
      const filters = [{ column: name, op: '>', value: 99 }];
      assert.deepEqual(await index.find('>=', 0, { limit: 9, filters }), [rowOf(100)]);
      if (i === 0) continue;
      assert.equal(await index.increment('=', 100, Object.fromEntries([[name, 1000]])), 1);
      const before = await index.updateReturning('=', 100, Object.fromEntries([[name, 100 + i]]));
      assert.deepEqual(before, [
        Object.fromEntries([...Object.entries(rowOf(100)), [name, 1100 + i]]),
      ]);
    }
    assert.equal(await index.update('=', 100, Object.fromEntries([['__proto__', 200]])), 1);
    assert.equal((await index.get(200)).constructor, 101);
    assert.equal(Object.getPrototypeOf(await index.get(200)), Object.prototype);
    const empty = { database: 't', table: 'awkward', columns: ['select'] };
    assert.throws(
      () => client.openIndex({ ...empty, types: { constructor: 'number' } }),
      TypeError,
    );
    await assert.rejects(client.openIndex(empty).insert({ toString: 1 }), TypeError);
  });
});
