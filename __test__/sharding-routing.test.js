'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Ketama, ShardedClient } = require('..');
const { refusal } = require('./support/refusals.js');

/** 1 to `count`. */
function countTo(count) {
  return Array.from({ length: count }, (_, i) => i + 1);
}

describe('a ring of servers without calls', () => {
  const place = { database: 't', table: 'kv', columns: ['k', 'v'], shardBy: ['k'] };

  test('routes by weights, as Ketama does', async (t) => {
    const servers = [
      { host: 'db1', weight: 3 },
      { host: 'db2', port: 1234 },
      { host: 'db3', weight: 0 },
    ];
    const cluster = new ShardedClient({ servers });
    t.after(() => cluster.close());
    const ring = new Ketama(servers).createContinuum();
    const counts = { 'db1:9998': 0, 'db2:1234': 0 };
    for (const i of countTo(10_000)) {
      const address = cluster.getServer(`user:${i}`);
      assert.equal(address, ring.getServer(`user:${i}`));
      counts[address]++;
    }
    assert.deepEqual(Object.keys(counts), ['db1:9998', 'db2:1234']);
    assert.ok(counts['db1:9998'] > 6500 && counts['db2:1234'] > 1500, JSON.stringify(counts));
    assert.deepEqual(
      cluster
        .stats()
        .map(({ address, primary, replicas }) => [address, primary.commands, replicas]),
      ['db1:9998', 'db2:1234', 'db3:9998'].map((address) => [address, 0, []]),
    );
  });

  test("tells whose a key is by the index's shardKey", (t) => {
    const servers = ['db1', 'db2', 'db3'].map((host) => ({ host }));
    const cluster = new ShardedClient({ servers });
    t.after(() => cluster.close());
    const ring = new Ketama(servers).createContinuum();
    const told = cluster.openIndex({ ...place, shardKey: ([id]) => `person:${id}` });
    const plain = cluster.openIndex(place);
    const pairs = cluster.openIndex({ ...place, shardBy: ['k', 'v'] });
    for (const id of countTo(100)) {
      assert.equal(told.getServer(id), ring.getServer(`person:${id}`));
      assert.equal(told.getServer([id, 'more']), ring.getServer(`person:${id}`));
      assert.equal(plain.getServer(id), cluster.getServer(id));
      assert.equal(pairs.getServer([id, 'a']), cluster.getServer([id, 'a']));
    }
    assert.throws(() => pairs.getServer(1), refusal(TypeError, 'k, v'));
    assert.throws(() => told.getServer([]), TypeError);
  });

  test('is not asked by a getManySettled with an incomplete key, which rejects as a whole', async (t) => {
    const cluster = new ShardedClient({ servers: [{ host: '127.0.0.1', port: 1, writePort: 1 }] });
    t.after(() => cluster.close());
    const index = cluster.openIndex({ ...place, shardBy: ['k', 'v'] });
    await assert.rejects(index.getManySettled([[1, 2], [1]]), refusal(TypeError, 'keys[1]'));
    assert.equal(cluster.stats()[0].primary.commands, 0);
  });

  test('takes a Date for a shard part only with a shardKey that says what to hash', async (t) => {
    const cluster = new ShardedClient({ servers: [{ host: '127.0.0.1', port: 1, writePort: 1 }] });
    t.after(() => cluster.close());
    const types = { k: 'datetime' };
    const index = cluster.openIndex({ ...place, types });
    const refused = refusal(TypeError, 'shardKey');
    await assert.rejects(index.get(new Date(0)), refused);
    await assert.rejects(index.insert({ k: new Date(0) }), refused);
    const shardKey = ([date]) => date.toISOString();
    const told = cluster.openIndex({ ...place, types, shardKey });
    // No server runs; the key only has to be accepted.
    await assert.rejects(told.get(new Date(0)), { code: 'ERR_HS_CONNECT' });
    await assert.rejects(told.insert({ k: new Date(0) }), { code: 'ERR_HS_CONNECT' });
    const wrong = cluster.openIndex({ ...place, types, shardKey: () => 5 });
    await assert.rejects(wrong.get(new Date(0)), refused);
  });

  const one = { host: 'db1' };
  for (const [what, options, ...named] of [
    ['no options', undefined, 'options'],
    ['no servers', {}, 'servers'],
    ['an empty list of servers', { servers: [] }, 'servers'],
    ['a server that is none', { servers: [one, 'db2'] }, 'servers[1]'],
    ['a server twice', { servers: [one, { host: 'db1', port: 9998 }] }, 'servers[1]'],
    ['an unknown option of a server', { servers: [{ ...one, reads: 'any' }] }, 'servers[0].reads'],
    [
      'an unknown option of a replica',
      { servers: [{ ...one, replicas: [{ writePort: 1 }] }] },
      'writePort',
    ],
    ['replicas that are no list', { servers: [{ ...one, replicas: one }] }, 'servers[0].replicas'],
    ['a host beside the servers', { servers: [one], host: 'db2' }, 'host', 'servers'],
    ['no weight at all', { servers: [{ ...one, weight: 0 }] }, 'weight'],
    ['unknown reads', { servers: [one], reads: 'nearest' }, 'reads'],
    ['unknown onServerDown', { servers: [one], onServerDown: 'retry' }, 'onServerDown'],
    ['reads of replicas without any', { servers: [one], reads: 'replica' }, 'reads', 'replica'],
    ['a port that is text', { servers: [{ ...one, port: '1' }] }, 'port'],
    ['an empty host', { servers: [{ host: '' }] }, 'host'],
  ]) {
    test(`refuses ${what}`, () => {
      assert.throws(() => new ShardedClient(options), refusal(TypeError, ...named));
    });
  }
  for (const [what, options, name] of [
    ['a weight below 0', { servers: [{ ...one, weight: -1 }] }, 'servers[0].weight'],
    ['a weight that is not whole', { servers: [{ ...one, weight: 1.5 }] }, 'servers[0].weight'],
    ['a port past the last', { servers: [{ ...one, port: 65_536 }] }, 'port'],
    ['a time that is none', { servers: [one], timeoutMs: -1 }, 'timeoutMs'],
  ]) {
    test(`refuses ${what}`, () => {
      assert.throws(() => new ShardedClient(options), refusal(RangeError, name));
    });
  }

  for (const [what, target, name] of [
    ['without shardBy', { shardBy: undefined }, 'shardBy'],
    ['with an empty shardBy', { shardBy: [] }, 'shardBy'],
    ['with a shardKey that is no function', { shardKey: 'k' }, 'shardKey'],
    ['without columns', { columns: undefined }, 'columns'],
    ['by a column that is not opened', { shardBy: ['id'] }, 'shardBy'],
    [
      'by columns that do not lead the index',
      { shardBy: ['v'], keyColumns: ['k', 'v'] },
      'shardBy',
    ],
  ]) {
    test(`opens no index ${what}`, async (t) => {
      const cluster = new ShardedClient({ servers: [one] });
      t.after(() => cluster.close());
      assert.throws(() => cluster.openIndex({ ...place, ...target }), refusal(TypeError, name));
    });
  }

  test('takes a socket for a server that the ring knows by its host', async (t) => {
    const servers = [1, 2].map((i) => ({ host: `db${i}`, path: `/nowhere/db${i}` }));
    const cluster = new ShardedClient({ servers });
    t.after(() => cluster.close());
    const index = cluster.openIndex(place);
    const [name] = cluster.getServer('a').split(':');
    const failure = { code: 'ERR_HS_CONNECT', address: `unix:/nowhere/${name}` };
    await assert.rejects(index.get('a'), failure);
  });

  test('takes no call once it is closed', async () => {
    const cluster = new ShardedClient({ servers: [one] });
    const index = cluster.openIndex(place);
    await cluster.close();
    await assert.rejects(index.get('a'), { code: 'ERR_HS_CLOSED' });
  });
});
