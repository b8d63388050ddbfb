'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Ketama, ShardedClient } = require('..');
const { useKnownTables } = require('./support/known-tables.js');

const TABLES = `
  CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(5) NOT NULL DEFAULT 'x', n INT NOT NULL);
  CREATE TABLE trap (id INT PRIMARY KEY, CHECK (id > 0));
  CREATE TABLE pair (a DECIMAL(9,2), b VARCHAR(9), n INT, PRIMARY KEY (a, b));
`;
const UUID = '123e4567-e89b-12d3-a456-426655440000';

/** For each type of key, ways to write the same key; the first is as it is hashed. */
const SAME = {
  INT: [5, '5', '05', 5n],
  'DECIMAL(9,2)': ['1.50', '1.5', 1.5, '01.500'],
  UUID: [UUID, UUID.toUpperCase(), Buffer.from(UUID.replaceAll('-', ''), 'hex')],
  INET4: ['1.2.3.4', Buffer.from([1, 2, 3, 4])],
  INET6: ['2001:db8::1', '2001:0DB8:0:0::1'],
  'DATETIME(3)': [
    '2024-01-01 10:00:00.000',
    new Date('2024-01-01T10:00:00Z'),
    '2024-01-01 10:00:00',
  ],
  'TIME(1)': ['01:00:00.0', '01:00:00', '001:00:00'],
  'BIT(9)': [Buffer.from([1, 1]), 257, 257n],
  'VARCHAR(9)': ['é', Buffer.from('é')],
  'VARCHAR(9) CHARACTER SET latin1': [Buffer.from([0xe9]), 'é'],
};

/** Keys in the order of an index, and whether a merge of servers keeps that order. */
const ORDERS = {
  INT: [[-5, 0, 3, 20, 100], true],
  BIGINT: [[-5n, 0n, 3n, 20n, 2n ** 62n], true],
  'DECIMAL(9,2)': [['-1.50', '0.00', '9.00', '10.00'], true],
  INET6: [['::1', '::10', '2001:db8::', 'ffff::'], true],
  "ENUM('z','a','m')": [['z', 'a', 'm'], true],
  'VARBINARY(9)': [[Buffer.from([0]), Buffer.from('a'), Buffer.from([255])], true],
  'VARCHAR(9) COLLATE utf8mb4_nopad_bin': [['A', 'a', 'a ', 'ü', '😀'], true],
  'CHAR(9) COLLATE utf8mb4_nopad_bin': [['A', 'a', 'ü'], false],
  'VARCHAR(9)': [['1', '10', '9', 'b'], false],
  DATE: [['1000-01-01', '2024-02-29'], true],
};

describe('a ShardedClient with a schema', () => {
  const all = [useKnownTables(TABLES), useKnownTables(TABLES)];
  const [first] = all;
  let made = 0;

  function connect(t, options) {
    const servers = all.map((tables) => tables.clientOptions());
    const cluster = new ShardedClient({ servers, ...options });
    t.after(() => cluster.close());
    return cluster;
  }

  async function makeTable(t, definition) {
    const table = `s${++made}`;
    await Promise.all(all.map(({ sql }) => sql(`CREATE TABLE t.${table} (${definition})`)));
    return first.read(t, table);
  }

  const commands = (cluster) =>
    cluster.stats().reduce((sum, { primary }) => sum + primary.commands, 0);

  test('writes rows as strict SQL does, and reads them, each on its server', async (t) => {
    const cluster = connect(t);
    const index = cluster.openIndex({ schema: await first.read(t, 'item'), shardBy: ['id'] });
    const ids = Array.from({ length: 20 }, (_, i) => i - 5);
    const results = await index.insertMany(ids.map((id) => ({ id, n: id })));
    assert.ok(results.every(({ status }) => status === 'fulfilled'));
    const rows = ids.map((id) => ({ id, name: 'x', n: id }));
    assert.deepEqual(await index.getMany(ids), rows);
    assert.equal(await index.update('=', 3, { name: 'abc' }), 1);
    assert.equal((await index.get('3')).name, 'abc');
    assert.equal(await index.increment('=', 3, { n: 4 }), 1);
    assert.deepEqual(await index.deleteReturning('=', 3), [{ id: 3, name: 'abc', n: 7 }]);
    const found = [];
    for await (const { id } of index.scan({ servers: 'all', pageSize: 3 })) found.push(id);
    assert.deepEqual(
      found,
      ids.filter((id) => id !== 3),
    );
    const counts = await Promise.all(
      all.map(async (tables) => {
        const sql = await tables.connect(t);
        return sql.query('SELECT id FROM t.item');
      }),
    );
    assert.ok(counts.every(({ length }) => length > 0));
  });

  test('refuses what a Client refuses, before anything is sent', async (t) => {
    const cluster = connect(t);
    const item = cluster.openIndex({ schema: await first.read(t, 'item'), shardBy: ['id'] });
    const trap = cluster.openIndex({ schema: await first.read(t, 'trap'), shardBy: ['id'] });
    await assert.rejects(item.insert({ id: 1 }), /^TypeError: values: column 'n'/);
    await assert.rejects(item.insert({ id: 2 ** 31, n: 1 }), /^RangeError: values: column 'id'/);
    await assert.rejects(item.get(1.5), /^RangeError: key: column 'id'/);
    await assert.rejects(item.getMany([1, 'x']), /^TypeError: keys\[1\]: column 'id'/);
    await assert.rejects(trap.insert({ id: 1 }), { code: 'ERR_HS_SCHEMA', outcome: 'not-sent' });
    assert.equal(commands(cluster), 0);
  });

  test('takes only the leading columns of the index for shardBy', async (t) => {
    const cluster = connect(t);
    const schema = await first.read(t, 'pair');
    assert.throws(
      () => cluster.openIndex({ schema, shardBy: ['b'] }),
      /^TypeError: target\.shardBy must name the leading columns of the index, a, b/,
    );
    const index = cluster.openIndex({ schema, shardBy: ['a', 'b'] });
    assert.equal(index.getServer(['1.5', 'x']), index.getServer([1.5, Buffer.from('x')]));
    await index.insert({ a: '1.5', b: 'x', n: 1 });
    assert.deepEqual(await index.get(['1.50', 'x']), { a: '1.50', b: 'x', n: 1 });
    await assert.rejects(index.find('=', '1.50', { limit: 1 }), /on which server/);
  });

  for (const [type, keys] of Object.entries(SAME)) {
    test(`takes all ways to write a key of ${type} for the same server's`, async (t) => {
      const schema = await makeTable(t, `k ${type} PRIMARY KEY, n INT`);
      const cluster = connect(t);
      const index = cluster.openIndex({ schema, shardBy: ['k'] });
      const ring = new Ketama(
        all.map((tables) => {
          const { host, port } = tables.clientOptions();
          return { host, port };
        }),
      ).createContinuum();
      const [hashed] = keys;
      const expected = ring.getServer(typeof hashed === 'number' ? String(hashed) : hashed);
      for (const key of keys) {
        assert.equal(index.getServer(key), expected);
        await index.insert({ k: key, n: 1 });
        assert.equal((await index.get(hashed)).n, 1);
        assert.equal(await index.delete('=', keys.at(-1)), 1);
      }
    });
  }

  for (const [type, [keys, isExact]] of Object.entries(ORDERS)) {
    test(`merges ${type} ${isExact ? 'in the order of the index' : 'as well as its values show'}`, async (t) => {
      const schema = await makeTable(t, `k ${type} PRIMARY KEY, n INT`);
      const index = connect(t).openIndex({ schema, shardBy: ['k'] });
      assert.equal(index.mergeIsExact, isExact);
      await index.insertMany(keys.map((k, n) => ({ k, n })));
      const collect = async (rows) => {
        const read = [];
        for await (const { n } of rows) read.push(n);
        return read;
      };
      const order = keys.map((_, n) => n);
      assert.deepEqual(await collect(index.scan({ servers: 'all' })), order);
      const down = index.scan('<=', keys.at(-1), { servers: 'all', pageSize: 2 });
      assert.deepEqual(await collect(down), order.toReversed());
    });
  }

  test('merges an index that goes downwards in its order', async (t) => {
    const schema = await makeTable(t, 'a INT, b INT, n INT, PRIMARY KEY (a, b DESC)');
    const index = connect(t).openIndex({ schema, shardBy: ['a'] });
    assert.equal(index.mergeIsExact, true);
    const rows = [
      [1, 9],
      [1, 2],
      [2, 7],
      [2, -7],
      [3, 0],
    ].map(([a, b], n) => ({ a, b, n }));
    await index.insertMany(rows.toReversed());
    const read = [];
    for await (const row of index.scan({ servers: 'all' })) read.push(row);
    assert.deepEqual(read, rows);
    const place = { database: 't', table: schema.table, columns: ['a', 'b'] };
    const plain = connect(t).openIndex({ ...place, shardBy: ['a'] });
    assert.equal(plain.mergeIsExact, false);
  });
});
