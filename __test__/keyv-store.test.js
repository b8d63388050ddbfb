'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { Keyv5Store, KeyvStore } = require('../lib/keyv');
const { makeClient } = require('./support/clients.js');
const { CREATE_TABLE, collect, emptyStore, keyvOf, placeOf } = require('./support/keyv.js');
const { useServer } = require('./support/server.js');

const TABLES = `${CREATE_TABLE};
  CREATE TABLE cache.short LIKE cache.keyv;
  ALTER TABLE cache.short MODIFY id VARBINARY(4);
  CREATE TABLE cache.only_one (
    id VARBINARY(1024) PRIMARY KEY, value VARBINARY(100) NOT NULL UNIQUE, expires BIGINT
  )`;

/** A client whose indexes call `before` ahead of each update or insert. */
function interrupted(client, before) {
  const wrap = (index) =>
    new Proxy(index, {
      get: (target, name) => {
        const method = target[name].bind(target);
        if (name !== 'update' && name !== 'insert') return method;
        return async (...given) => {
          await before(name);
          return method(...given);
        };
      },
    });
  return { openIndex: (target) => wrap(client.openIndex(target)), close: () => client.close() };
}

describe('a store', () => {
  const server = useServer({ sql: TABLES });
  const useStore = (t, options) => emptyStore(t, server, KeyvStore, options);

  test('writes a known key in one round trip, and new ones in two', async (t) => {
    const client = makeClient(t, placeOf(server.running));
    const store = await useStore(t, { client });
    await client.connect({ writes: true });
    const count = async (call) => {
      const { batches } = client.stats();
      await call();
      return client.stats().batches - batches;
    };
    const entries = Array.from({ length: 50 }, (_, i) => ({ key: `${i}`, value: 'v' }));
    await store.set('first', 'opens the index');
    assert.equal(await count(() => store.setMany(entries)), 2);
    assert.equal(await count(() => store.setMany(entries)), 1);
    assert.equal(await count(() => store.getMany(entries.map(({ key }) => key))), 1);
    assert.equal(await count(() => store.deleteMany(entries.map(({ key }) => key))), 1);
  });

  test('overwrites the entry of another who was quicker to insert it', async (t) => {
    const inner = makeClient(t, placeOf(server.running));
    const client = interrupted(inner, async (name) => {
      if (name === 'insert') await server.sql("INSERT INTO cache.keyv VALUES ('k', 'theirs', 1)");
    });
    const store = await useStore(t, { client });
    await store.set('k', 'mine');
    assert.deepEqual(await server.sql('SELECT * FROM cache.keyv'), [['k', 'mine', 'NULL']]);
  });

  test('inserts an entry that another client deletes each time, for some attempts', async (t) => {
    let quickerTimes = 0;
    const inner = makeClient(t, placeOf(server.running));
    const client = interrupted(inner, async (name) => {
      const quicker = name === 'insert' && quickerTimes-- > 0;
      await server.sql('DELETE FROM cache.keyv');
      if (quicker) await server.sql("INSERT INTO cache.keyv VALUES ('k', 'theirs', NULL)");
    });
    const store = await useStore(t, { client });
    quickerTimes = 9;
    await store.set('k', 'mine');
    assert.equal(await store.get('k'), 'mine');
    quickerTimes = 10;
    await assert.rejects(store.set('k', 'mine'), { code: 'ERR_HS_DUPLICATE_KEY' });
  });

  test('keeps value and expiry of one writer together, beside others who set and delete', async (t) => {
    const stores = [await useStore(t), await useStore(t), await useStore(t)];
    const later = Date.now() + 3_600_000;
    await Promise.all(
      stores.flatMap((store, s) =>
        Array.from({ length: 300 }, async (_, i) => {
          const key = `${i % 3}`;
          if (i % 5 === 0) await store.delete(key);
          await store.set(key, `${later + 1000 * s + i}`, later + 1000 * s + i);
        }),
      ),
    );
    const rows = await server.sql('SELECT value, expires FROM cache.keyv');
    assert.equal(rows.length, 3);
    for (const [value, expires] of rows) assert.equal(value, expires);
  });

  test('says so where another unique key of the table is in the way', async (t) => {
    const store = await useStore(t, { table: 'only_one' });
    await store.set('a', 'same');
    await assert.rejects(store.set('b', 'same'), { code: 'ERR_HS_DUPLICATE_KEY' });
  });

  test('takes the last of the entries with the same key', async (t) => {
    const store = await useStore(t);
    const values = ['1', '2', '3'];
    await store.setMany(values.map((value) => ({ key: 'k', value })));
    assert.equal(await store.get('k'), '3');
  });

  test('writes the other entries of setMany where one is refused', async (t) => {
    const store = await useStore(t);
    const entries = [
      { key: 'a', value: '1' },
      { key: 'b', value: Buffer.from('2') },
      { key: 'c', value: '3' },
    ];
    await assert.rejects(store.setMany(entries), {
      name: 'TypeError',
      message: 'value must be a string, not an object of class Buffer',
    });
    assert.deepEqual(await store.getMany(['a', 'b', 'c']), ['1', undefined, '3']);
  });

  test('skips rows that have expired, and deletes them when asked to', async (t) => {
    const store = await useStore(t);
    await server.sql(`
      INSERT INTO cache.keyv SELECT CONCAT('old', seq), 'v', seq FROM cache.seq_1_to_1100;
      INSERT INTO cache.keyv VALUES ('kept', 'v', NULL), ('later', 'v', ${Date.now() + 60_000})`);
    assert.deepEqual(await store.getMany(['old1', 'later']), [undefined, 'v']);
    assert.deepEqual(await store.hasMany(['old1', 'kept']), [false, true]);
    assert.deepEqual(await collect(store.iterator()), [
      ['kept', 'v'],
      ['later', 'v'],
    ]);
    assert.equal(await store.deleteExpired(), 1100);
    assert.equal(await store.deleteExpired(), 0);
    assert.deepEqual(await server.sql('SELECT id FROM cache.keyv'), [['kept'], ['later']]);
  });

  test('scans all entries a page at a time, and stops when the caller does', async (t) => {
    const store = await useStore(t, { pageSize: 3 });
    store.namespace = 'n';
    const keys = Array.from({ length: 10 }, (_, i) => `${i}`);
    await store.setMany(keys.map((key) => ({ key, value: `v${key}` })));
    await server.sql("INSERT INTO cache.keyv VALUES ('n', '', NULL), ('n;', '', NULL)");
    assert.deepEqual(
      await collect(store.iterator()),
      keys.map((key) => [key, `v${key}`]),
    );
    for await (const [key] of store.iterator()) {
      if (key === '4') break;
    }
    assert.equal(await store.get('9'), 'v9');
  });

  test('reads no value to tell whether there is one', async (t) => {
    const client = makeClient(t, placeOf(server.running));
    const store = await useStore(t, { client });
    await store.set('k', 'x'.repeat(1_000_000));
    const { bytesIn } = client.stats();
    assert.equal(await store.has('k'), true);
    assert.deepEqual(await store.hasMany(['k', 'other']), [true, false]);
    assert.ok(client.stats().bytesIn - bytesIn < 1000);
  });

  test('keeps a namespace with a colon apart from the one before the colon', async (t) => {
    const [outer, inner] = [await useStore(t), await useStore(t)];
    outer.namespace = 'a';
    inner.namespace = 'a:b';
    await outer.set('b:k', 'outer');
    await inner.set('k', 'inner');
    assert.equal(await outer.get('b:k'), 'outer');
    await outer.clear();
    assert.deepEqual(await collect(inner.iterator()), [['k', 'inner']]);
  });

  test('without a namespace has the whole table', async (t) => {
    const [store, named] = [await useStore(t), await useStore(t)];
    named.namespace = 'n';
    await store.set('', 'empty key');
    await store.set('\0', 'least byte');
    await named.set('k', 'v');
    assert.equal((await collect(store.iterator())).length, 3);
    await store.clear();
    assert.deepEqual(await server.sql('SELECT COUNT(*) FROM cache.keyv'), [['0']]);
  });

  test('refuses a key that the column would cut', async (t) => {
    const store = await useStore(t);
    store.namespace = 'name';
    const message = 'key must have at most 1024 bytes, its namespace included, not 1025';
    await store.set('ü'.repeat(509), 'v');
    for (const call of ['get', 'has', 'delete']) {
      await assert.rejects(store[call](`ü${'ü'.repeat(509)}`), { name: 'RangeError', message });
    }
    assert.equal(await store.get(`${'ü'.repeat(509)}x`), undefined);
  });

  test('gives no value of another key where the column is shorter than it was told', async (t) => {
    const store = await useStore(t, { table: 'short' });
    await store.set('abcd', 'v');
    assert.equal(await store.get('abcdef'), undefined);
    assert.deepEqual(await store.getMany(['abcdef', 'abcd']), [undefined, 'v']);
    assert.equal(await store.has('abcdef'), false);
  });

  test('refuses what is not text, or has half of a surrogate pair', async (t) => {
    const store = await useStore(t);
    await assert.rejects(store.get(1), { message: 'key must be a string, not a number' });
    await assert.rejects(store.set('k', { value: 1 }), { name: 'TypeError', message: /^value/ });
    const message = /must be well-formed/;
    await assert.rejects(store.set('k', '\ud83d'), { name: 'TypeError', message });
    await assert.rejects(store.set('\udd11', 'v'), { name: 'TypeError', message });
    await store.set('🔑', '🙂');
    assert.equal(await store.get('🔑'), '🙂');
  });

  test('for Keyv 6 refuses a duration, which Keyv 5 gives it', async (t) => {
    const keyv = new (keyvOf(5))({ store: await useStore(t) });
    const failures = [];
    keyv.on('error', (error) => failures.push(error));
    assert.equal(await keyv.set('k', 'v', 60_000), false);
    assert.match(String(failures), /^RangeError: expires must be .* there is Keyv5Store$/);
  });

  test('closes its client when Keyv disconnects', async (t) => {
    for (const [Keyv, Store] of [
      [keyvOf(5), Keyv5Store],
      [keyvOf(6), KeyvStore],
    ]) {
      const store = await emptyStore(t, server, Store);
      await store.set('k', 'v');
      await new Keyv({ store }).disconnect();
      await assert.rejects(store.get('k'), { code: 'ERR_HS_CLOSED' });
    }
  });
});

describe('a store whose server does not answer', () => {
  const client = new Client({ path: '/nowhere/read', writePath: '/nowhere/write' });
  const place = { client, database: 'cache', table: 'keyv' };

  test('rejects with the error of the client', async () => {
    const store = new KeyvStore(place);
    const failure = { code: 'ERR_HS_CONNECT', outcome: 'not-sent' };
    await assert.rejects(store.get('k'), failure);
    await assert.rejects(store.getMany(['k']), failure);
    await assert.rejects(store.setMany([{ key: 'k', value: 'v' }]), failure);
    await assert.rejects(store.deleteMany(['k']), failure);
    await assert.rejects(store.clear(), failure);
    await assert.rejects(collect(store.iterator()), failure);
  });

  test('leaves it to Keyv to tell of it', async () => {
    for (const [Keyv, Store] of [
      [keyvOf(5), Keyv5Store],
      [keyvOf(6), KeyvStore],
    ]) {
      const codes = [];
      const keyv = new Keyv({ store: new Store(place) });
      keyv.on('error', ({ code }) => codes.push(code));
      assert.equal(await keyv.set('k', 'v'), false);
      assert.equal(await keyv.get('k'), undefined);
      assert.equal(codes[0], 'ERR_HS_CONNECT');
    }
  });
});

test('a store names the option that is wrong', () => {
  const client = new Client();
  const place = { client, database: 'cache', table: 'keyv' };
  for (const Store of [KeyvStore, Keyv5Store]) {
    const refused = (options, message) => assert.throws(() => new Store(options), { message });
    refused(undefined, /^options must be an object/);
    refused({ ...place, client: undefined }, 'options.client must be a Client, not undefined');
    refused({ ...place, table: 1 }, 'options.table must be a string, not a number');
    refused({ ...place, maxKeyBytes: 4000 }, /^options.maxKeyBytes must be a whole number/);
    refused({ ...place, ttl: 1 }, /^Unknown option 'options.ttl'/);
  }
});
