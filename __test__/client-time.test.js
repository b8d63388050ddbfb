'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { Client } = require('..');
const { clientOf, serveTable, startGated, tableReply } = require('./support/clients.js');
const { runChild, startChild } = require('./support/children.js');
const { answer, silence, startFullPeer, startPeer } = require('./support/fake-peer.js');
const { outlast } = require('./support/outlast.js');
const { useServer } = require('./support/server.js');

const target = { database: 't', table: 'kv', columns: ['v'] };
/** How far apart calls may be that share a deadline. */
const SHARED_MS = 1;
/** "In time" for a process on a busy machine. */
const SOON_MS = 5000;

describe('timeoutMs', () => {
  test('ends a call that gets no answer, and those queued behind it', async (t) => {
    const peer = await startPeer(t, silence);
    const client = clientOf(t, peer, { timeoutMs: 1500 });
    const index = client.openIndex(target);
    const get = () => index.get(1);
    const insert = () => index.insert(['a']);
    const calls = [outlast(get, 1500), outlast(insert, 1500)];
    await (await peer.visitor(1)).lines(2);
    for (let i = 0; i < 5; i++) {
      calls.push(outlast(get, 1500), outlast(insert, 1500));
      await turn();
    }
    for (const [i, { error, isLate, lasted }] of (await Promise.all(calls)).entries()) {
      assert.equal(error?.code, 'ERR_HS_TIMEOUT');
      if (i < 2) assert.equal(error.outcome, 'unknown');
      assert.ok(lasted >= 1500 - SHARED_MS, `settled after ${lasted} ms`);
      assert.equal(isLate, false);
    }
    assert.deepEqual(client.stats().errors, { ERR_HS_TIMEOUT: 12 });
    assert.equal(client.stats().pending, 0);
  });

  test('of a call that was never sent states not-sent', async (t) => {
    const full = await startFullPeer(t);
    const client = clientOf(t, { port: Number(full.address.split(':')[1]) }, { timeoutMs: 200 });
    const index = client.openIndex(target);
    const calls = [() => index.get(1), () => index.insert(['a'])];
    for (const { error, isLate } of await Promise.all(calls.map((call) => outlast(call, 200)))) {
      assert.deepEqual([error.code, error.outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
      assert.equal(isLate, false);
    }
  });

  test('covers the retried read as well', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      await visitor.lines(2);
      if (ordinal === 0) setTimeout(() => visitor.reset(), 500);
    });
    const client = clientOf(t, peer, { timeoutMs: 1000 });
    const index = client.openIndex(target);
    const { error, isLate } = await outlast(() => index.get(1), 1000);
    assert.deepEqual([error.code, client.stats().retries], ['ERR_HS_TIMEOUT', 1]);
    assert.equal(isLate, false);
  });

  test('applies to each call by itself, also in a turn that lasts longer', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable), { timeoutMs: 1500 });
    const index = client.openIndex(target);
    const old = outlast(() => index.get(1), 1500);
    const start = performance.now();
    // A busy machine takes a while to answer the younger one.
    while (performance.now() - start < 1550);
    assert.deepEqual(await index.get(2), { v: '2' });
    await old;
  });

  test('that passes for one call fails no younger one', async (t) => {
    const peer = await startPeer(t, (visitor, ordinal) => {
      if (ordinal > 0) serveTable(visitor);
    });
    const client = clientOf(t, peer, { timeoutMs: 1500 });
    const index = client.openIndex(target);
    const old = index.get(1);
    await (await peer.visitor(0)).lines(2);
    const start = performance.now();
    // The younger call still has time when the other's deadline passes.
    while (performance.now() - start < 1000) await turn();
    const young = index.get(2);
    await assert.rejects(old, { code: 'ERR_HS_TIMEOUT', outcome: 'unknown' });
    assert.deepEqual(await young, { v: '2' });
    assert.deepEqual(await index.get(3), { v: '3' });
  });

  test('that passes for a call in the middle of a batch ends it alone', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { timeoutMs: 1500 });
    const index = client.openIndex(target);
    const first = index.get(0);
    const visitor = await peer.visitor(0);
    await visitor.lines(2);
    const start = performance.now();
    while (performance.now() - start < 1000) await turn();
    const later = index.get(1);
    await assert.rejects(first, { code: 'ERR_HS_TIMEOUT' });
    peer.open();
    assert.deepEqual(await later, { v: '1' });
    assert.deepEqual(client.stats().errors, { ERR_HS_TIMEOUT: 1 });
  });

  test('may be the longest delay of a timer', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { timeoutMs: 2 ** 31 - 1 });
    const call = client.openIndex(target).get(1);
    await (await peer.visitor(0)).lines(2);
    // Node.js turns a longer delay into 1 ms.
    await new Promise((resolve) => setTimeout(resolve, 20));
    peer.open();
    assert.deepEqual(await call, { v: '1' });
  });

  test('ends every call in time under load', async (t) => {
    const timeoutMs = 250;
    // Each connection answers its first 200 commands, and is silent then.
    const peer = await startPeer(t, (visitor) => {
      answer((line, i) => (i < 200 ? tableReply(line) : undefined))(visitor);
    });
    const client = clientOf(t, peer, { timeoutMs, connections: 2 });
    const index = client.openIndex(target);
    const calls = [];
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 20; j++) calls.push(outlast(() => index.get(j), timeoutMs));
      calls.push(outlast(() => index.insert(['a']), timeoutMs));
      calls.push(outlast(() => index.getMany([1, 2, 3, 4, 5]), timeoutMs));
      await turn();
    }
    const settled = await Promise.all(calls);
    const failed = settled.filter(({ error }) => error !== null);
    assert.ok(failed.length > 100 && failed.length < settled.length, `${failed.length} failed`);
    for (const { error, isLate } of settled) {
      if (error !== null) assert.equal(error.code, 'ERR_HS_TIMEOUT');
      assert.equal(isLate, false);
    }
  });
});

describe('an idle connection', () => {
  test('is closed after idleTimeoutMs, every time', { timeout: SOON_MS }, async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer, { idleTimeoutMs: 30 });
    const index = client.openIndex(target);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await index.get(i), { v: `${i}` });
      await peer.visitors[i].closed;
      assert.equal(client.stats().connections, 0);
    }
    assert.deepEqual(client.stats().errors, {});
  });

  test('is closed if its client was idle first, too', { timeout: SOON_MS }, async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer, { idleTimeoutMs: 10 });
    const index = client.openIndex(target);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await index.get(1);
    await peer.visitors[0].closed;
    assert.equal(client.stats().connections, 0);
  });

  test('is not closed while an answer is awaited', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { idleTimeoutMs: 10 });
    const call = client.openIndex(target).get(1);
    await (await peer.visitor(0)).lines(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    peer.open();
    assert.deepEqual(await call, { v: '1' });
    assert.deepEqual([peer.visitors.length, client.stats().retries], [1, 0]);
  });
});

describe('close()', () => {
  for (const [name, close] of Object.entries({
    'called as such': (client) => client.close(),
    'by `await using`': (client) => client[Symbol.asyncDispose](),
  })) {
    test(`${name} lets pending calls end, then disconnects`, { timeout: SOON_MS }, async (t) => {
      const peer = await startGated(t);
      const client = clientOf(t, peer);
      const index = client.openIndex(target);
      const sent = [index.get(1), index.insert(['a'])];
      for (const i of [0, 1]) await (await peer.visitor(i)).lines(2);
      const waiting = [index.get(2), index.getMany([3, 4])];
      let isClosed = false;
      const closed = close(client).then(() => {
        isClosed = true;
      });
      const refused = { code: 'ERR_HS_CLOSED', outcome: 'not-sent' };
      await assert.rejects(index.get(5), refused);
      await turn();
      assert.equal(isClosed, false);
      peer.open();
      assert.deepEqual(await Promise.all([...sent, ...waiting]), [
        { v: '1' },
        { insertId: null },
        { v: '2' },
        [{ v: '3' }, { v: '4' }],
      ]);
      await closed;
      await Promise.all(peer.visitors.map((visitor) => visitor.closed));
      assert.equal(client.stats().connections, 0);
      await assert.rejects(index.insert(['b']), refused);
      assert.equal(peer.visitors.length, 2);
    });
  }

  test('may be called again, before and after it has ended', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const call = index.get(1);
    await Promise.all([client.close(), client.close(), client[Symbol.asyncDispose]()]);
    assert.deepEqual(await call, { v: '1' });
    assert.equal(await client.close(), undefined);
  });

  test('of a client that was never used does nothing', async () => {
    const client = new Client();
    assert.equal(await client.close(), undefined);
    await assert.rejects(client.openIndex(target).get(1), { code: 'ERR_HS_CLOSED' });
  });

  test('waits for a call that is retried', { timeout: SOON_MS }, async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return serveTable(visitor);
      await visitor.lines(2);
      visitor.reset();
    });
    const client = clientOf(t, peer);
    const call = client.openIndex(target).get(1);
    await client.close();
    assert.deepEqual(await call, { v: '1' });
    await peer.visitors[1].closed;
  });

  test('waits no longer than the calls may last', { timeout: SOON_MS }, async (t) => {
    const peer = await startPeer(t, silence);
    const client = clientOf(t, peer, { timeoutMs: 100 });
    const index = client.openIndex(target);
    const calls = Promise.allSettled([index.get(1), index.insert(['a'])]);
    await client.close();
    for (const { reason } of await calls) assert.equal(reason.code, 'ERR_HS_TIMEOUT');
    await Promise.all(peer.visitors.map(({ closed }) => closed));
  });
});

describe('a process', () => {
  const server = useServer({
    sql: `CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT);
      INSERT INTO t.kv VALUES (1, 7)`,
  });

  test('ends beside a client that was never used', async (t) => {
    const { code, stderr } = await runChild(t, ({ Client }) => {
      globalThis.client = new Client();
    });
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('ends beside a client whose connections are open and idle', async (t) => {
    const program = async ({ Client }, options) => {
      globalThis.client = new Client(options);
      const index = globalThis.client.openIndex({
        database: 't',
        table: 'kv',
        columns: ['k', 'v'],
      });
      await index.update('=', 1, { v: 8 });
      const row = await index.get(1);
      const since = performance.now();
      process.on('exit', () => {
        const { connections } = globalThis.client.stats();
        console.log(JSON.stringify({ row, connections, ms: performance.now() - since }));
      });
    };
    const { port, writePort, secret } = server.running;
    const args = [{ port, writePort, secret }];
    const { code, stdout, stderr } = await runChild(t, program, { args });
    assert.deepEqual([code, stderr], [0, '']);
    const { ms, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, { row: { k: '1', v: '8' }, connections: 2 });
    assert.ok(ms < 4000, `${ms} ms later, its calls' deadline and idle timer are not waited for`);
  });

  test('stays alive until a pending call has settled', async (t) => {
    const peer = await startGated(t);
    const program = ({ Client }, port) => {
      const client = new Client({ port });
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
      index.get(1).then((row) => console.log(row.v));
    };
    const { child, ended } = startChild(t, program, { args: [peer.port] });
    await (await peer.visitor(0)).lines(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(child.exitCode, null);
    peer.open();
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout, stderr], [0, '1\n', '']);
  });

  test('stays alive until a call that waits for its secret has timed out', async (t) => {
    const program = ({ Client }) => {
      const client = new Client({ secret: () => new Promise(() => {}), timeoutMs: 100 });
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
      index.get(1).catch((error) => console.log(error.code));
    };
    const { code, stdout } = await runChild(t, program);
    assert.deepEqual([code, stdout], [0, 'ERR_HS_TIMEOUT\n']);
  });

  for (const [title, connectsFirst] of [
    ['has no connection yet', false],
    ['is connected', true],
  ]) {
    test(`rejects a call whose own turn outlasts its deadline, if the client ${title}`, async (t) => {
      const peer = await startPeer(t, serveTable);
      const program = async ({ Client }, port, connectsFirst) => {
        const client = new Client({ port, timeoutMs: 50 });
        const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
        // On a busy machine a connect takes longer than the time of these calls.
        const isConnected = () =>
          index.get(0).then(
            () => true,
            () => false,
          );
        if (connectsFirst) while (!(await isConnected()));
        index.get(1).catch((error) => console.log(error.code, error.outcome));
        // Past the call's time, and before the grace of its timer is over.
        for (const end = performance.now() + 52; performance.now() < end; );
      };
      const { code, stdout } = await runChild(t, program, { args: [peer.port, connectsFirst] });
      assert.deepEqual([code, stdout], [0, 'ERR_HS_TIMEOUT not-sent\n']);
    });
  }
});
