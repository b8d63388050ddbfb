'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Keyv5Store, KeyvStore } = require('../lib/keyv');
const { CREATE_TABLE, collect, emptyStore, keyvOf } = require('./support/keyv.js');
const { useServer } = require('./support/server.js');

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const NOW = Date.parse('2030-01-02T03:04:05.678Z');

const WAYS = [
  { name: 'Keyv 5', Keyv: keyvOf(5), Store: Keyv5Store },
  { name: 'Keyv 6', Keyv: keyvOf(6), Store: KeyvStore },
  { name: 'Keyv 6 with a store for Keyv 5', Keyv: keyvOf(6), Store: Keyv5Store },
];

for (const { name, Keyv, Store } of WAYS) {
  describe(name, () => {
    const server = useServer({ sql: CREATE_TABLE });

    /** Keyvs of one table, each with its own store and a list of its errors. */
    async function useKeyvs(context, ...options) {
      await server.sql('DELETE FROM cache.keyv');
      const failures = [];
      const keyvs = [];
      for (const each of options) {
        const keyv = new Keyv({ store: await emptyStore(context, server, Store), ...each });
        keyv.on('error', (error) => failures.push(error));
        keyvs.push(keyv);
      }
      context.after(() => assert.deepEqual(failures, []));
      return keyvs;
    }

    test('gives what was set, until it is deleted', async (t) => {
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      assert.equal(await keyv.set('k', { a: [1, null, 'ü🙂'] }), true);
      assert.deepEqual(await keyv.get('k'), { a: [1, null, 'ü🙂'] });
      assert.equal(await keyv.set('k', 'other'), true);
      assert.equal(await keyv.get('k'), 'other');
      assert.equal(await keyv.has('k'), true);
      assert.equal(await keyv.delete('k'), true);
      assert.equal(await keyv.delete('k'), false);
      assert.equal(await keyv.has('k'), false);
      assert.equal(await keyv.get('k'), undefined);
    });

    test('takes many at a time, and keeps their order', async (t) => {
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      const entries = ['c', 'a', 'b'].map((key) => ({ key, value: `value of ${key}` }));
      assert.deepEqual(await keyv.setMany(entries), [true, true, true]);
      assert.deepEqual(await keyv.getMany(['a', 'missing', 'c', 'a']), [
        'value of a',
        undefined,
        'value of c',
        'value of a',
      ]);
      assert.deepEqual(await keyv.hasMany(['missing', 'b']), [false, true]);
      await keyv.deleteMany(['a', 'b']);
      assert.deepEqual(await keyv.hasMany(['a', 'b', 'c']), [false, false, true]);
    });

    test('keeps every byte, and values of some megabytes', async (t) => {
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      await keyv.set('bytes', { inside: ALL_BYTES });
      assert.deepEqual((await keyv.get('bytes')).inside, ALL_BYTES);
      const text = String.fromCharCode(...ALL_BYTES).repeat(8000);
      await keyv.set('big', text);
      assert.ok((await keyv.get('big')) === text);
    });

    test('tells keys apart by their bytes', async (t) => {
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      const keys = ['k', 'K', 'k ', 'k\t', 'k\0', 'k\n', 'ḱ', 'k\u0301', "k'", 'k%', 'k_', '🔑'];
      await Promise.all(keys.map((key) => keyv.set(key, `of ${JSON.stringify(key)}`)));
      assert.deepEqual(
        await keyv.getMany(keys),
        keys.map((key) => `of ${JSON.stringify(key)}`),
      );
    });

    test('forgets what has expired, by the clock', async (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: NOW });
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      await keyv.set('short', 1, 1000);
      await keyv.setMany([{ key: 'longer', value: 2, ttl: 2000 }]);
      await keyv.set('for good', 3);
      const keys = ['short', 'longer', 'for good'];
      assert.deepEqual(await keyv.getMany(keys), [1, 2, 3]);
      t.mock.timers.tick(1001);
      assert.deepEqual(await keyv.getMany(keys), [undefined, 2, 3]);
      assert.equal(await keyv.has('short'), false);
      t.mock.timers.tick(1000);
      assert.deepEqual(await keyv.hasMany(keys), [false, false, true]);
      assert.deepEqual(await collect(keyv.iterator()), [['for good', 3]]);
    });

    test('starts the time to live again with each set, and ends it with one that has none', async (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: NOW });
      const [keyv] = await useKeyvs(t, { namespace: 'n' });
      await keyv.set('k', 1, 1000);
      t.mock.timers.tick(900);
      await keyv.set('k', 2, 1000);
      t.mock.timers.tick(900);
      assert.equal(await keyv.get('k'), 2);
      await keyv.set('k', 3);
      t.mock.timers.tick(1e9);
      assert.equal(await keyv.get('k'), 3);
    });

    test('keeps namespaces apart, whatever characters they have', async (t) => {
      const names = ['a', 'a_', 'a%', 'ab', 'A', "a'", 'a\t', 'ä'];
      const keyvs = await useKeyvs(t, ...names.map((namespace) => ({ namespace })));
      for (const [i, keyv] of keyvs.entries()) {
        await keyv.setMany(['1', '2', '3'].map((key) => ({ key, value: names[i] })));
      }
      await keyvs[1].clear();
      await keyvs[2].clear();
      for (const [i, keyv] of keyvs.entries()) {
        const kept = names[i] === 'a_' || names[i] === 'a%' ? [] : ['1', '2', '3'];
        assert.deepEqual(
          await collect(keyv.iterator()),
          kept.map((key) => [key, names[i]]),
          names[i],
        );
      }
    });

    test('clears a namespace of more entries than one delete takes', async (t) => {
      const [cleared, other] = await useKeyvs(t, { namespace: 'n' }, { namespace: 'other' });
      const entries = Array.from({ length: 1200 }, (_, i) => ({ key: `${i}`, value: i }));
      await cleared.setMany(entries);
      await other.set('k', 'v');
      await cleared.clear();
      assert.deepEqual(await server.sql('SELECT COUNT(*) FROM cache.keyv'), [['1']]);
      assert.equal(await other.get('k'), 'v');
    });
  });
}
