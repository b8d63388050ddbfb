'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client, Ketama, ServerError, ShardedClient } = require('..');
const { refusal } = require('./support/refusals.js');
const { useServer } = require('./support/server.js');

const ASK_ALL = /servers: 'all'/;
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** 1 to `count`. */
function countTo(count) {
  return Array.from({ length: count }, (_, i) => i + 1);
}

async function collect(rows) {
  const all = [];
  for await (const row of rows) all.push(row);
  return all;
}

describe('a table on three servers', () => {
  const servers = countTo(3).map(() => useServer({ sql: 'CREATE DATABASE t' }));
  let tables = 0;

  function connect(t, options) {
    const shards = servers.map(({ running }) => {
      const { host, port, writePort, secret } = running;
      return { host, port, writePort, secret };
    });
    const cluster = new ShardedClient({ servers: shards, ...options });
    t.after(() => cluster.close());
    return cluster;
  }

  function makeRing() {
    return new Ketama(
      servers.map(({ running: { host, port } }) => ({ host, port })),
    ).createContinuum();
  }

  /** The result of SQL on each server. */
  const onEach = (statement) => Promise.all(servers.map((server) => server.sql(statement)));

  /** A table for one test on each server, and an index of it. */
  async function makeTable(t, definition, { cluster = connect(t), ...target }) {
    const table = `t${++tables}`;
    await onEach(`CREATE TABLE t.${table} (${definition})`);
    const index = cluster.openIndex({ database: 't', table, ...target });
    return { index, table, cluster };
  }

  /** An index of a client of one server only. */
  function plainIndex(t, { running: { port, writePort, secret } }, target) {
    const client = new Client({ port, writePort, secret });
    t.after(() => client.close());
    return client.openIndex({ database: 't', ...target });
  }

  /** Keys 1 to 40 on every server, each with the server's ordinal, which shows misrouted calls. */
  async function makeCopies(t) {
    const made = await makeTable(t, 'k INT, part INT, n INT, server INT, PRIMARY KEY (k, part)', {
      columns: ['k', 'part', 'n', 'server'],
      types: { k: 'number', part: 'number', n: 'number', server: 'number' },
      keyColumns: ['k', 'part'],
      shardBy: ['k'],
    });
    const rows = servers.map((_, i) => keys.map((k) => `(${k}, 7, 50, ${i})`));
    const insert = `INSERT INTO t.${made.table} VALUES`;
    await Promise.all(servers.map((server, i) => server.sql(`${insert} ${rows[i]}`)));
    const ring = makeRing();
    const ordinals = keys.map((k) => ring.getServerOrdinal(String(k)));
    assert.deepEqual(new Set(ordinals), new Set([0, 1, 2]));
    return { ...made, ordinals };
  }
  const keys = countTo(40);

  test('has each of 30,000 rows where Ketama says, and nowhere else', async (t) => {
    const { index, table, cluster } = await makeTable(t, 'k INT PRIMARY KEY, v VARCHAR(20)', {
      columns: ['k', 'v'],
      shardBy: ['k'],
    });
    const rows = countTo(30_000).map((k) => ({ k: String(k), v: `v${k}` }));
    const results = await index.insertMany(rows);
    assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['fulfilled']));
    const ring = makeRing();
    const expected = [[], [], []];
    for (const { k, v } of rows) {
      expected[ring.getServerOrdinal(k)].push([k, v]);
      assert.equal(cluster.getServer(Number(k)), ring.getServer(k));
    }
    for (const part of expected) assert.ok(part.length > 4000, `${part.length} of 30,000`);
    assert.deepEqual(await onEach(`SELECT k, v FROM t.${table} ORDER BY k`), expected);
    assert.deepEqual(await index.getMany(rows.map(({ k }) => k)), rows);
    // A duplicate row alone fails, on any server.
    const again = await index.insertMany(rows.slice(0, 9).concat({ k: '30001', v: 'new' }));
    assert.ok(again.slice(0, 9).every(({ reason }) => reason instanceof ServerError));
    assert.deepEqual(again[9], { status: 'fulfilled', value: { insertId: null } });
  });

  const reads = {
    get: (index, k) => index.get(k),
    getMany: async (index, k) => (await index.getMany([k]))[0],
    getManySettled: async (index, k) => (await index.getManySettled([[k, 7]]))[0].value,
    findMany: async (index, k) => (await index.findMany([k], { limit: 9 }))[0][0],
    'find =': async (index, k) => (await index.find('=', [k], { limit: 9 }))[0],
    'find >=': async (index, k) => (await index.find('>=', [k, 0], { limit: 1 }))[0],
    'find with an in list behind the shard part': async (index, k) => {
      const list = { column: 'part', values: [6, 7] };
      return (await index.find('=', [k, null], { limit: 9, in: list }))[0];
    },
    scan: async (index, k) => (await collect(index.scan('>', [k, 6], { limit: 1 })))[0],
  };
  for (const [name, read] of Object.entries(reads)) {
    test(`${name} asks the server that the key belongs to`, async (t) => {
      const { index, ordinals } = await makeCopies(t);
      const rows = await Promise.all(keys.map((k) => read(index, k)));
      const expected = keys.map((k, i) => ({ k, part: 7, n: 50, server: ordinals[i] }));
      assert.deepEqual(rows, expected);
    });
  }

  test('getMany and findMany give the rows in the order of the keys', async (t) => {
    const { index, ordinals, cluster } = await makeCopies(t);
    const asked = [...keys, 99, ...keys.toReversed()];
    const expected = asked.map((k) => (k === 99 ? undefined : ordinals[k - 1]));
    const found = await index.getMany(asked);
    assert.deepEqual(
      found.map((row) => row?.server),
      expected,
    );
    const batches = cluster.stats().map(({ primary }) => primary.batches);
    assert.deepEqual(batches, [1, 1, 1]);
    const lists = await index.findMany(asked, { limit: 2 });
    assert.deepEqual(
      lists.map(([row]) => row?.server),
      expected,
    );
    assert.deepEqual(await index.getMany([]), []);
  });

  const changes = {
    update: (index, k) => index.update('=', k, { n: 60 }, { limit: 1 }),
    increment: (index, k) => index.increment('=', [k], { n: 1 }, { limit: 1 }),
    decrement: (index, k) => index.decrement('=', [k, 7], { n: 1 }),
    delete: (index, k) => index.delete('=', k, { limit: 1 }),
    updateReturning: (index, k) => index.updateReturning('=', k, { n: 60 }, { limit: 1 }),
    incrementReturning: (index, k) => index.incrementReturning('>', [k, 6], { n: 1 }, { limit: 1 }),
    decrementReturning: (index, k) => index.decrementReturning('=', k, { n: 1 }, { limit: 1 }),
    deleteReturning: (index, k) => index.deleteReturning('=', [k, 7]),
  };
  for (const [name, change] of Object.entries(changes)) {
    test(`${name} changes the row on the server that the key belongs to`, async (t) => {
      const { index, table, ordinals } = await makeCopies(t);
      const results = await Promise.all(keys.map((k) => change(index, k)));
      const rowOf = (k, i) => ({ k, part: 7, n: 50, server: ordinals[i] });
      const expected = keys.map((k, i) => (name.endsWith('Returning') ? [rowOf(k, i)] : 1));
      assert.deepEqual(results, expected);
      const untouched = servers.map((_, ordinal) =>
        keys.filter((_, i) => ordinals[i] !== ordinal).map((k) => [String(k)]),
      );
      assert.deepEqual(await onEach(`SELECT k FROM t.${table} WHERE n = 50`), untouched);
    });
  }

  test('routes a key of any type by its text', async (t) => {
    const { index, table, cluster } = await makeTable(t, 'k VARBINARY(300) PRIMARY KEY, v INT', {
      columns: ['k', 'v'],
      types: { k: 'buffer', v: 'number' },
      shardBy: ['k'],
    });
    const groups = [
      [5, '5', 5n, Buffer.from('5'), [5], ['5']],
      [1, true, '1'],
      [-1.5, '-1.5'],
      ['gr\u00fc\u00df \u{1f600}', Buffer.from('gr\u00fc\u00df \u{1f600}')],
      ['a\tb\n\0', Buffer.from('a\tb\n\0')],
      [everyByte, new Uint8Array(everyByte)],
    ];
    const ring = makeRing();
    for (const [v, group] of groups.entries()) {
      const [first] = group;
      const text = typeof first === 'object' ? first : String(first);
      await index.insert({ k: first, v });
      for (const key of group) {
        assert.equal(cluster.getServer(key), ring.getServer(text));
        assert.equal((await index.get(key)).v, v);
      }
      const counts = await onEach(
        `SELECT COUNT(*) FROM t.${table} WHERE HEX(k) = '${Buffer.from(text).toString('hex')}'`,
      );
      const found = counts.map(([[count]]) => count).indexOf('1');
      assert.equal(found, ring.getServerOrdinal(text));
    }
  });

  test('routes by several columns as the protocol writes them', async (t) => {
    const { index, table, cluster } = await makeTable(
      t,
      'a INT, b VARCHAR(20), c INT, v INT, PRIMARY KEY (a, b, c)',
      { columns: ['v', 'c', 'b', 'a'], shardBy: ['a', 'b'], keyColumns: ['a', 'b', 'c'] },
    );
    const expected = [[], [], []];
    const ring = makeRing();
    const texts = { plain: 'plain', 'a\tb\n': 'a\x01Ib\x01J', '\u00fc': '\u00fc', '': '' };
    const pairs = countTo(8).flatMap((a) => Object.keys(texts).map((b) => [a, b]));
    for (const [i, [a, b]] of pairs.entries()) {
      if (i % 2 === 0) await index.insert({ a, b, c: 1, v: i });
      else await index.insert([i, 1, b, a]);
      const hashed = `${a}\t${texts[b]}`;
      expected[ring.getServerOrdinal(hashed)].push([String(i)]);
      assert.equal(cluster.getServer([a, b]), ring.getServer(hashed));
      assert.equal((await index.get([a, b])).v, String(i));
      assert.equal((await index.find('>', [a, b, 0], { limit: 1 }))[0].v, String(i));
    }
    assert.deepEqual(await onEach(`SELECT v FROM t.${table} ORDER BY v`), expected);
    const incomplete = (error) => error instanceof TypeError && ASK_ALL.test(error.message);
    await assert.rejects(index.get([1]), incomplete);
    await assert.rejects(index.getMany([[1, 'plain'], 1]), incomplete);
    await assert.rejects(index.find('=', 1, { limit: 9 }), incomplete);
    await assert.rejects(index.delete('=', 1, { limit: 1 }), incomplete);
    await assert.rejects(index.find('>', [1, 'plain'], { limit: 1 }), ASK_ALL);
  });

  test('routes by what shardKey makes of the columns', async (t) => {
    const given = [];
    const shardKey = (parts) => {
      given.push(parts);
      const [tenant] = parts[0].split(':');
      return tenant.startsWith('b') ? Buffer.from(tenant) : tenant;
    };
    const { index, table } = await makeTable(t, 'k VARCHAR(20) PRIMARY KEY, v INT', {
      columns: ['k', 'v'],
      shardBy: ['k'],
      shardKey,
    });
    const ring = makeRing();
    const expected = [[], [], []];
    const rows = countTo(60).map((v) => ({ k: `${'abcdef'[v % 6]}${v % 10}:${v}`, v: String(v) }));
    for (const { k, v } of rows) expected[ring.getServerOrdinal(k.split(':')[0])].push([v]);
    await index.insertMany(rows);
    assert.deepEqual(given[0], [rows[0].k]);
    assert.deepEqual(await onEach(`SELECT v FROM t.${table} ORDER BY v`), expected);
    assert.deepEqual(await index.getMany(rows.map(({ k }) => k)), rows);
  });

  test('finds rows that plain clients laid out by Ketama', async (t) => {
    const { index, table } = await makeTable(t, 'k VARCHAR(20) PRIMARY KEY, v INT', {
      columns: ['k', 'v'],
      shardBy: ['k'],
    });
    const ring = makeRing();
    const target = { table, columns: ['k', 'v'] };
    const plain = servers.map((server) => plainIndex(t, server, target));
    const rows = countTo(300).map((v) => ({ k: `user:${v}`, v: String(v) }));
    await Promise.all(rows.map((row) => plain[ring.getServerOrdinal(row.k)].insert(row)));
    assert.deepEqual(await index.getMany(rows.map(({ k }) => k)), rows);
  });

  test('refuses what it cannot send to one server, and sends nothing', async (t) => {
    const { index, cluster } = await makeCopies(t);
    const list = { column: 'k', values: [1, 2] };
    const calls = {
      'a range': [
        () => index.find('>=', 1, { limit: 9 }),
        () => index.find('<', [1], { limit: 9 }),
        () => index.update('>', 1, { n: 1 }, { limit: 9 }),
        () => index.delete('<=', 1, { limit: 9 }),
        () => index.incrementReturning('>=', 1, { n: 1 }, { limit: 9 }),
        async () => index.scan('>=', 1),
      ],
      'no key': [
        () => index.get([]),
        () => index.getMany([1, []]),
        () => index.findMany([[]], { limit: 1 }),
        () => index.getManySettled([1, []]),
      ],
    };
    for (const [what, list] of Object.entries(calls)) {
      for (const call of list) {
        const result = await call().then(
          (value) => value,
          (error) => error,
        );
        assert.ok(result instanceof TypeError, `${what}: ${call} gave ${result}`);
        if (what === 'a range') assert.match(result.message, ASK_ALL);
      }
    }
    const refused = index.find('=', [0], { limit: 9, in: list });
    await assert.rejects(refused, refusal(TypeError, 'getMany', 'findMany'));
    await assert.rejects(index.update('=', 0, { n: 1 }, { in: list, limit: 9 }), TypeError);
    await assert.rejects(index.insert({ part: 1, n: 1 }), refusal(TypeError, 'values.k'));
    await assert.rejects(
      index.insertMany([[1, 1, 1, 1], { k: null }]),
      refusal(TypeError, 'rows[1].k'),
    );
    await assert.rejects(index.get(null), TypeError);
    await assert.rejects(
      index.find('>=', 1, { limit: 1, servers: 'some' }),
      refusal(TypeError, 'servers'),
    );
    const moves = [{ k: 2 }, { k: 2, n: 3 }, [2, 7, 50, 0]];
    for (const values of moves) {
      await assert.rejects(index.update('=', 1, values, { limit: 1 }), refusal(TypeError, 'k'));
      await assert.rejects(
        index.updateReturning('=', 1, values, { limit: 1 }),
        refusal(TypeError, 'k'),
      );
    }
    for (const { primary } of cluster.stats()) assert.equal(primary.commands, 0);
    // Naming the shard part without changing it is allowed.
    assert.equal(await index.update('=', 1, { k: 1, n: 3 }, { limit: 1 }), 1);
    assert.equal(await index.update('=', 1, [1, 7, 4, 0], { limit: 1 }), 1);
  });

  describe('asked on all servers', () => {
    test('find gives up to `limit` rows of each', async (t) => {
      const { index } = await makeCopies(t);
      const found = await index.find('>=', 30, { limit: 2, servers: 'all' });
      assert.deepEqual(
        found.map(({ k, server }) => [k, server]),
        [0, 1, 2].flatMap((server) => [
          [30, server],
          [31, server],
        ]),
      );
      const list = { column: 'k', values: [3, 1] };
      assert.equal((await index.find('=', null, { limit: 9, in: list, servers: 'all' })).length, 6);
    });

    /** Kinds of keys: how they derive from 1 to 150, and the column's SQL and declared types. */
    const kinds = {
      'numbers undeclared': [(i) => String(i * 37 - 3000), 'INT'],
      'numbers declared': [(i) => i * 37 - 3000, 'INT', 'number'],
      'big integers undeclared': [(i) => String(2n ** 63n + BigInt(i)), 'BIGINT UNSIGNED'],
      'big integers declared': [(i) => 2n ** 62n + BigInt(i), 'BIGINT', 'bigint'],
      'fractions undeclared': [(i) => `${i % 12}.${i}5`, 'DECIMAL(20,5)'],
      'long fractions undeclared': [(i) => `${10n ** 20n + BigInt(i)}.25`, 'DECIMAL(30,2)'],
      'doubles declared': [(i) => i * 10 ** (i % 20), 'DOUBLE', 'number'],
      'dates undeclared': [(i) => `20${(i * 7) % 10}${i % 10}-01-01`, 'DATE'],
      'dates declared': [(i) => new Date(Date.UTC(2024, i % 24, i)), 'DATETIME', 'datetime'],
      bytes: [(i) => Buffer.from([255 - i, i]), 'VARBINARY(9)', 'buffer'],
      text: [
        (i) => `${[...'aZ\u00e9\uff5e\u{1f600}'][i % 5]}${i}`,
        'VARCHAR(9) COLLATE utf8mb4_bin',
      ],
      'text of digits': [(i) => String(i), 'VARCHAR(9) COLLATE utf8mb4_bin', 'string'],
    };
    for (const [name, [make, type, declared]] of Object.entries(kinds)) {
      test(`scan gives the rows in the order of the index: ${name}`, async (t) => {
        const { index, table } = await makeTable(t, `k ${type} PRIMARY KEY, v INT`, {
          columns: ['k', 'v'],
          types: { v: 'number', ...(declared && { k: declared }) },
          shardBy: ['k'],
          ...(declared === 'datetime' && { shardKey: ([at]) => at.toISOString() }),
        });
        const rows = [
          ...new Map(countTo(150).map((v) => [String(make(v)), [make(v), v]])).values(),
        ];
        const results = await index.insertMany(rows);
        assert.ok(results.every(({ status }) => status === 'fulfilled'));
        // The same rows on one server, so that SQL can order them.
        await servers[0].sql(`CREATE TABLE t.${table}_all LIKE t.${table}`);
        await plainIndex(t, servers[0], {
          table: `${table}_all`,
          columns: ['k', 'v'],
          types: declared && { k: declared },
        }).insertMany(rows);
        const sorted = await servers[0].sql(`SELECT v FROM t.${table}_all ORDER BY k`);
        const order = sorted.map(([v]) => Number(v));
        const keyOf = (place) => make(order.at(place));
        const scan = async (op, key, options) => {
          const given = await collect(index.scan(op, key, { servers: 'all', ...options }));
          return given.map(({ v }) => v);
        };
        const down = order.toReversed();
        assert.deepEqual(await scan('>=', keyOf(0)), order);
        assert.deepEqual(await scan('<=', keyOf(-1), { pageSize: 7 }), down);
        assert.deepEqual(
          await scan('>', keyOf(9), { pageSize: 10, limit: 35 }),
          order.slice(10, 45),
        );
        assert.deepEqual(
          await scan('<', keyOf(-10), { pageSize: 1, limit: 5 }),
          down.slice(10, 15),
        );
      });
    }

    test('scan keeps the order of each server where the collation has another than bytes', async (t) => {
      const { index, table } = await makeTable(
        t,
        'k VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY',
        {
          columns: ['k'],
          shardBy: ['k'],
        },
      );
      await index.insertMany(countTo(99).map((i) => [`${[...'aBcDeFz\u00e9'][i % 8]}${i}`]));
      const given = (await collect(index.scan('>=', '', { servers: 'all', pageSize: 10 }))).map(
        ({ k }) => k,
      );
      const ring = makeRing();
      const parts = servers.map((_, i) =>
        given.filter((k) => ring.getServerOrdinal(k) === i).map((k) => [k]),
      );
      assert.deepEqual(await onEach(`SELECT k FROM t.${table} ORDER BY k`), parts);
      assert.equal(given.length, 99);
    });

    test('scan merges by all columns of the index, and reads no more than it needs', async (t) => {
      const { index, cluster } = await makeTable(t, 'k INT, part INT, PRIMARY KEY (k, part)', {
        columns: ['part', 'k'],
        types: { k: 'number', part: 'number' },
        keyColumns: ['k', 'part'],
        shardBy: ['k', 'part'],
      });
      const rows = countTo(600).map((i) => ({ part: i % 60, k: Math.floor(i / 60) }));
      await index.insertMany(rows);
      const sorted = rows.toSorted((a, b) => a.k - b.k || a.part - b.part);
      assert.deepEqual(
        await collect(index.scan('>=', 0, { servers: 'all', pageSize: 20 })),
        sorted,
      );
      const commands = () => cluster.stats().map(({ primary }) => primary.commands);
      const before = commands();
      const scan = index.scan('<=', 99, { servers: 'all', pageSize: 20 })[Symbol.asyncIterator]();
      assert.deepEqual((await scan.next()).value, sorted.at(-1));
      await scan.return();
      assert.deepEqual(
        commands(),
        before.map((count) => count + 1),
      );
    });
  });
});
