'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { runChild } = require('./support/children.js');
const { clientOf, serveTable } = require('./support/clients.js');
const { silence, startPeer } = require('./support/fake-peer.js');
const { holdPool } = require('./support/pool.js');

const V = { database: 't', table: 'kv', columns: ['v'] };
/** "Soon" on a busy machine; the calls that hang last much longer. */
const SOON_MS = 10_000;

describe("a client, while others hold all threads of libuv's pool,", () => {
  test('has its calls answered, and retried', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return serveTable(visitor);
      await visitor.lines(2);
      visitor.reset();
    });
    const index = clientOf(t, peer, { timeoutMs: 60_000 }).openIndex(V);
    await holdPool(t);
    const start = performance.now();
    for (let i = 0; i < 10; i++) assert.deepEqual(await index.get(i), { v: `${i}` });
    assert.deepEqual(await index.insert(['a']), { insertId: null });
    assert.ok(performance.now() - start < SOON_MS);
  });

  test('has its calls end at their deadline', async (t) => {
    // Long enough for the connect, without a worker on a busy machine, to come before the deadline.
    const index = clientOf(t, await startPeer(t, silence), { timeoutMs: 1000 }).openIndex(V);
    await holdPool(t);
    const start = performance.now();
    await assert.rejects(index.insert(['a']), { code: 'ERR_HS_TIMEOUT', outcome: 'unknown' });
    assert.ok(performance.now() - start < SOON_MS);
  });
});

test('a server that hangs does not keep files from being read, with one thread in the pool', async (t) => {
  const peer = await startPeer(t, silence);
  const program = async ({ Client }, port, soonMs) => {
    // Before the pool is first used.
    process.env.UV_THREADPOOL_SIZE = '1';
    const { readFile } = require('node:fs/promises');
    const client = new Client({ port, writePort: port, timeoutMs: 300_000 });
    const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
    const calls = [index.get(1), index.insert(['a'])];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const start = performance.now();
    for (let i = 0; i < 10; i++) await readFile('/proc/self/status');
    console.log(performance.now() - start < soonMs ? 'soon' : 'late', calls.length);
    process.exit();
  };
  const { stdout, stderr } = await runChild(t, program, { args: [peer.port, SOON_MS] });
  assert.deepEqual({ stdout, stderr }, { stdout: 'soon 2\n', stderr: '' });
});
