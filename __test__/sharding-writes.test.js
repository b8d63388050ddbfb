'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { ShardedClient } = require('..');
const { refusal } = require('./support/refusals.js');
const { useServer } = require('./support/server.js');

describe('a write to a row of a sharded table', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'CREATE TABLE t.counts (k INT, part INT, n INT, PRIMARY KEY (k, part))',
      'INSERT INTO t.counts VALUES (1, 1, 10), (2, 1, 20), (3, 1, 30)',
    ],
  });
  const columns = ['k', 'part', 'n'];

  function open(t, shardBy, more) {
    const { port, writePort, secret } = server.running;
    const cluster = new ShardedClient({
      servers: ['127.0.0.1', 'localhost'].map((host) => ({ host, port, writePort })),
      secret,
    });
    t.after(() => cluster.close());
    const keyColumns = ['k', 'part'];
    const target = { database: 't', table: 'counts', columns, keyColumns };
    return cluster.openIndex({ ...target, shardBy, ...more });
  }

  for (const method of ['increment', 'decrement', 'incrementReturning', 'decrementReturning']) {
    test(`is no ${method} of what says on which server the row is`, async (t) => {
      const one = open(t, ['k']);
      const two = open(t, ['k', 'part']);
      const hashed = open(t, ['k'], { shardKey: () => 'always the same' });
      const refused = refusal(TypeError, 'k', 'which server');
      for (const by of [{ k: 1 }, { k: 0 }, { n: 1, k: 1 }, [1, 0, 0]]) {
        await assert.rejects(one[method]('=', [1, 1], by), refused);
        await assert.rejects(two[method]('=', [1, 1], by), refused);
        await assert.rejects(hashed[method]('=', [1, 1], by), refused);
      }
      await assert.rejects(two[method]('=', [1, 1], { part: 1 }), refusal(TypeError, 'k, part'));
      assert.deepEqual(await server.sql('SELECT * FROM t.counts WHERE k = 1'), [['1', '1', '10']]);
    });
  }

  test('increments and decrements its other columns', async (t) => {
    const index = open(t, ['k', 'part']);
    assert.equal(await index.increment('=', [2, 1], { n: 5 }), 1);
    assert.equal(await index.decrement('=', [2, 1], { n: 1 }), 1);
    const [before] = await index.incrementReturning('=', [2, 1], { n: 1 });
    assert.deepEqual(before, { k: '2', part: '1', n: '24' });
    assert.deepEqual(await index.decrementReturning('=', [2, 1], { n: 1 }), [
      { ...before, n: '25' },
    ]);
    const byKey = open(t, ['k']);
    assert.equal(await byKey.increment('=', [3, 1], { part: 1 }), 1);
    assert.deepEqual(await byKey.get([3, 2]), { k: '3', part: '2', n: '30' });
  });
});
