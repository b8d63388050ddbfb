'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Counters } = require('../lib/client/metrics/counters.js');
const { clientOf, makeClient, serveTable, tableReply } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const V = { database: 't', table: 'kv', columns: ['v'] };
const range = (length) => Array.from({ length }, (_, i) => i);

/** Keeps the event loop busy. */
function block(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('replies that have arrived', () => {
  for (const count of [63, 64, 500]) {
    test(`are given to all ${count} callers, though the first one works past the deadline (portions)`, async (t) => {
      const client = clientOf(t, await startPeer(t, serveTable), { timeoutMs: 200 });
      const index = client.openIndex(V);
      await index.get('open');
      let isFirst = true;
      const calls = range(count).map(async (i) => {
        const row = await index.get(i);
        if (isFirst) block(300);
        isFirst = false;
        return row;
      });
      assert.deepEqual(
        await Promise.all(calls),
        range(count).map((i) => ({ v: `${i}` })),
      );
      assert.deepEqual(client.stats().errors, {});
    });
  }

  test('are given to the caller whose own turn outlasts its deadline', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable), { timeoutMs: 200 });
    const index = client.openIndex(V);
    await index.get('open');
    const peerHasIt = new Promise((resolve) => {
      // The reply's bytes are in flight when this turn begins to block.
      setTimeout(() => {
        resolve(undefined);
      }, 50);
    });
    const call = index.get(1);
    await peerHasIt;
    block(300);
    assert.deepEqual(await call, { v: '1' });
  });
});

describe('the rows of one call', () => {
  const ROWS = 200_000;
  const server = useServer({
    sql: `CREATE DATABASE t; USE t;
      CREATE TABLE many (k INT PRIMARY KEY, a INT, b VARCHAR(40), c VARBINARY(20));
      INSERT INTO many SELECT seq, seq % 7, CONCAT('text of row ', seq), CONCAT('bytes ', seq)
        FROM seq_1_to_${ROWS}`,
  });
  const many = { database: 't', table: 'many', columns: ['k', 'a', 'b', 'c'] };

  /**
   * Makes a call, and counts the turns of the event loop between its batch result and its end.
   */
  async function countTurns(t, options, call) {
    const { port, writePort, secret } = server.running;
    const client = makeClient(t, { port, writePort, secret, timeoutMs: 60_000 });
    const index = client.openIndex({ ...many, ...options });
    await index.get(0);
    let turns = 0;
    const count = () => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    t.after(() => clearImmediate(immediate));
    let arrived = 0;
    const { noteReplies } = Counters.prototype;
    t.mock.method(Counters.prototype, 'noteReplies', function (...given) {
      arrived = turns;
      noteReplies.apply(this, given);
    });
    return { result: await call(index), turns: turns - arrived };
  }

  for (const [title, options, row] of [
    ['as text', {}, { k: '500', a: '3', b: 'text of row 500', c: 'bytes 500' }],
    [
      'of declared types',
      { types: { k: 'bigint', a: 'number' } },
      { k: 500n, a: 3, b: 'text of row 500', c: 'bytes 500' },
    ],
    [
      'with bytes',
      { types: { c: 'buffer' } },
      { k: '500', a: '3', b: 'text of row 500', c: Buffer.from('bytes 500') },
    ],
  ]) {
    test(`${title} are made in slices, with turns of the event loop between`, async (t) => {
      const find = (index) => index.find('>=', 1, { limit: ROWS });
      const { result, turns } = await countTurns(t, options, find);
      assert.equal(result.length, ROWS);
      assert.deepEqual(result[499], row);
      assert.ok(turns >= 3, `${turns} turns`);
    });
  }

  test('that it changes are made in slices', async (t) => {
    const change = (index) => {
      return index.updateReturning('>=', 1, { a: 9 }, { limit: ROWS });
    };
    const { result, turns } = await countTurns(t, { types: { a: 'number' } }, change);
    assert.equal(result.length, ROWS);
    assert.deepEqual(result[499], { k: '500', a: 3, b: 'text of row 500', c: 'bytes 500' });
    assert.ok(turns >= 3, `${turns} turns`);
  });

  test('reject it if one cannot be read', async (t) => {
    const types = { b: 'number' };
    await countTurns(t, { types }, async (index) => {
      const call = index.find('>=', 2, { limit: ROWS });
      await assert.rejects(call, { code: 'ERR_HS_VALUE', message: /'b'/ });
    });
  });

  test('of a page are given with turns of the event loop between', async (t) => {
    const { port, secret } = server.running;
    const client = makeClient(t, { port, secret, timeoutMs: 60_000 });
    let turns = 0;
    const count = () => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    t.after(() => clearImmediate(immediate));
    const givenIn = new Map();
    const rows = client.openIndex({ ...many, keyColumns: ['k'] }).scan('>=', 1, { pageSize: ROWS });
    for await (const _ of rows) givenIn.set(turns, (givenIn.get(turns) ?? 0) + 1);
    const most = Math.max(...givenIn.values());
    assert.ok(most < ROWS / 2, `${most} rows in a turn`);
  });
});

describe('a batch', () => {
  test('has no more than eight finds of a thousand rows', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    const index = client.openIndex(V);
    await index.get('open');
    const { batches } = client.stats();
    await Promise.all(range(100).map((i) => index.find('>=', i, { limit: 1000 })));
    const taken = client.stats().batches - batches;
    assert.ok(taken >= 100 / 9 && taken <= 100 / 8 + 1, `${taken} batches`);
  });

  test('counts a limit that means all as a thousand rows', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    const index = client.openIndex(V);
    await index.get('open');
    const { batches } = client.stats();
    await Promise.all(range(80).map((i) => index.find('=', i, { limit: 2 ** 32 - 1 })));
    assert.ok(client.stats().batches - batches <= 11);
  });

  test('has many look-ups by key, and finds of few rows', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    const index = client.openIndex(V);
    await index.get('open');
    const { batches } = client.stats();
    const gets = range(250).map((i) => index.get(i));
    await Promise.all([...gets, ...range(250).map((i) => index.find('>=', i, { limit: 16 }))]);
    assert.equal(client.stats().batches - batches, 1);
  });

  test('counts the rows that a change returns', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line[0] === 'P' ? '0\t1\n' : tableReply(line))),
    );
    const client = clientOf(t, peer);
    const index = client.openIndex(V);
    await index.insert(['open']);
    const { batches } = client.stats();
    const limit = 1000;
    const changes = range(40).map((i) => index.updateReturning('>=', i, ['x'], { limit }));
    await Promise.all(changes);
    assert.ok(client.stats().batches - batches >= 40 / 9);
  });
});
