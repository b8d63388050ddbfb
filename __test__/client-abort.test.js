'use strict';

const assert = require('node:assert/strict');
const { createHook } = require('node:async_hooks');
const { getEventListeners } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { AbortError, HandlerSocketError, ShardedClient } = require('..');
const { clientOf, serveTable, startGated } = require('./support/clients.js');
const { silence, startPeer } = require('./support/fake-peer.js');

const V = { database: 't', table: 'kv', columns: ['v'] };

function assertAborted(error, { outcome, address, cause }) {
  assert.ok(error instanceof AbortError && error instanceof HandlerSocketError, error.stack);
  assert.deepEqual([error.name, error.code], ['AbortError', 'ABORT_ERR']);
  assert.deepEqual([error.outcome, error.address], [outcome, address]);
  assert.equal(error.cause, cause);
}

/** The error of a call that must fail. */
function failureOf(promise) {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );
}

/**
 * Collects the timers that are set from now on and have neither fired nor been cleared,
 * unreferenced ones included.
 */
function watchTimers(context) {
  const timers = new Set();
  const hook = createHook({
    init: (id, type) => type === 'Timeout' && timers.add(id),
    destroy: (id) => timers.delete(id),
  });
  hook.enable();
  context.after(() => hook.disable());
  return timers;
}

describe('an abort', () => {
  test('before the call sends nothing', async (t) => {
    const peer = await startPeer(t, silence);
    const index = clientOf(t, peer).openIndex(V);
    const signal = AbortSignal.abort('gone');
    for (const call of [
      () => index.get(1, { signal }),
      () => index.getMany([], { signal }),
      () => index.insert({ v: 1 }, { signal }),
      () => index.scan('>', 0, { signal }).next(),
    ]) {
      const error = await failureOf(call());
      assertAborted(error, { outcome: 'not-sent', cause: 'gone' });
    }
    assert.equal(peer.visitors.length, 0);
  });

  test('withdraws a queued call', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer);
    const index = client.openIndex(V);
    const first = index.get(1);
    await (await peer.visitor(0)).lines(2);
    const controller = new AbortController();
    const second = index.get(2, { signal: controller.signal });
    const third = index.get(3);
    controller.abort();
    const error = await failureOf(second);
    assertAborted(error, {
      outcome: 'not-sent',
      address: peer.address,
      cause: controller.signal.reason,
    });
    assert.equal(client.stats().pending, 2);
    peer.open();
    assert.deepEqual([await first, await third], [{ v: '1' }, { v: '3' }]);
    assert.doesNotMatch(peer.visitors[0].received, /\t2\n/);
  });

  for (const [kind, call, next] of [
    ['a read', (index, signal) => index.get(1, { signal }), (index) => index.get(2)],
    ['a write', (index, signal) => index.insert({ v: 1 }, { signal }), (index) => index.get(2)],
  ]) {
    test(`detaches the caller of ${kind} in flight at once, and the connection lives`, async (t) => {
      const peer = await startGated(t);
      const client = clientOf(t, peer);
      const index = client.openIndex(V);
      const controller = new AbortController();
      const reason = new Error('enough');
      const calling = call(index, controller.signal);
      await (await peer.visitor(0)).lines(2);
      controller.abort(reason);
      assertAborted(await failureOf(calling), {
        outcome: 'unknown',
        address: peer.address,
        cause: reason,
      });
      const later = next(index);
      peer.open();
      assert.deepEqual(await later, { v: '2' });
      const { errors, pending } = client.stats();
      assert.deepEqual([errors, pending], [{ ABORT_ERR: 1 }, 0]);
      assert.ok(peer.visitors.every(({ socket }) => !socket.destroyed));
    });
  }

  test('leaves the other calls of the batch their replies', async (t) => {
    const peer = await startGated(t);
    const index = clientOf(t, peer).openIndex(V);
    const controller = new AbortController();
    const aborted = index.get(1, { signal: controller.signal });
    const other = index.get(2);
    await (await peer.visitor(0)).lines(2);
    controller.abort();
    await assert.rejects(aborted, { name: 'AbortError' });
    peer.open();
    assert.deepEqual(await other, { v: '2' });
  });

  test('of an insertMany settles each row with what is known of it', async (t) => {
    const peer = await startGated(t);
    const index = clientOf(t, peer).openIndex(V);
    const controller = new AbortController();
    const rows = Array.from({ length: 1000 }, (_, v) => ({ v }));
    const inserting = index.insertMany(rows, { signal: controller.signal });
    await (await peer.visitor(0)).lines(513);
    controller.abort();
    const outcomes = (await inserting).map(({ reason }) => `${reason.code} ${reason.outcome}`);
    assert.deepEqual(outcomes.slice(0, 512), Array(512).fill('ABORT_ERR unknown'));
    assert.deepEqual(outcomes.slice(512), Array(488).fill('ABORT_ERR not-sent'));
    peer.open();
    assert.deepEqual(await index.get(5), { v: '5' });
  });

  test('of a scan ends it before the next row', async (t) => {
    const peer = await startPeer(t, serveTable);
    const index = clientOf(t, peer).openIndex(V);
    const controller = new AbortController();
    const scan = index.scan('>=', 1, { signal: controller.signal, pageSize: 10 });
    assert.deepEqual(await scan.next(), { value: { v: '1' }, done: false });
    controller.abort();
    await assert.rejects(scan.next(), { name: 'AbortError' });
    assert.deepEqual(await scan.next(), { value: undefined, done: true });
  });

  test('that comes 10,000 times leaves no listener and no timer', async (t) => {
    const peer = await startGated(t);
    const index = clientOf(t, peer).openIndex(V);
    const { signal } = new AbortController();
    const timers = watchTimers(t);
    for (let i = 0; i < 10; i++) {
      const controller = new AbortController();
      const calls = Array.from({ length: 1000 }, (_, key) => {
        return failureOf(index.get(key, { signal: controller.signal, timeoutMs: 1000 }));
      });
      controller.abort();
      await Promise.all(calls);
      assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
    }
    peer.open();
    await Promise.all(Array.from({ length: 100 }, (_, key) => index.get(key, { signal })));
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
    await turn();
    // Up to three: for the deadlines of all calls, for the idle connection, and for a late worker.
    assert.ok(timers.size <= 3, `${timers.size} timers`);
  });

  test('reaches a call to several servers, and does not count as their failure', async (t) => {
    const peers = [await startGated(t), await startGated(t)];
    const cluster = new ShardedClient({
      servers: peers.map(({ port }) => ({ port, writePort: port })),
      onServerDown: 'next',
    });
    t.after(() => cluster.close());
    const index = cluster.openIndex({ ...V, columns: ['v'], shardBy: ['v'] });
    const keys = Array.from({ length: 20 }, (_, key) => key);
    const controller = new AbortController();
    const reading = failureOf(index.getMany(keys, { signal: controller.signal }));
    for (const peer of peers) await (await peer.visitor(0)).lines(2);
    controller.abort();
    assertAborted(await reading, {
      outcome: 'unknown',
      address: (await reading).address,
      cause: controller.signal.reason,
    });
    for (const peer of peers) peer.open();
    assert.deepEqual(
      await index.getMany(keys),
      keys.map((key) => ({ v: String(key) })),
    );
    // Each call failed at its own server, and neither server counts as down.
    for (const [i, peer] of peers.entries()) {
      const lines = peer.visitors[0].received.split('\n').filter((line) => /\t=\t/.test(line));
      const own = keys.filter((key) => cluster.getServer(key).endsWith(`:${peer.port}`));
      assert.deepEqual(lines.length, 2 * own.length, `server ${i}`);
    }
  });
});

describe('timeoutMs of a call', () => {
  test("shorter than the client's detaches the caller alone, and the connection lives", async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { timeoutMs: 60_000 });
    const index = client.openIndex(V);
    const error = await failureOf(index.get(1, { timeoutMs: 20 }));
    assert.deepEqual([error.code, error.outcome], ['ERR_HS_TIMEOUT', 'unknown']);
    const late = index.get(2);
    peer.open();
    assert.deepEqual(await late, { v: '2' });
    assert.equal(client.stats().generation, 1);
  });

  test("longer than the client's applies", async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { timeoutMs: 50 });
    const index = client.openIndex(V);
    const patient = index.get(1, { timeoutMs: 60_000 });
    await assert.rejects(index.get(2), { code: 'ERR_HS_TIMEOUT' });
    peer.open();
    assert.deepEqual(await patient, { v: '1' });
  });

  test('withdraws a queued call', async (t) => {
    const peer = await startGated(t);
    const index = clientOf(t, peer).openIndex(V);
    const first = index.get(1);
    await (await peer.visitor(0)).lines(2);
    const error = await failureOf(index.get(2, { timeoutMs: 20 }));
    assert.deepEqual([error.code, error.outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
    peer.open();
    assert.deepEqual(await first, { v: '1' });
  });

  test('applies to a ShardedClient, too', async (t) => {
    const peer = await startGated(t);
    const cluster = new ShardedClient({
      servers: [{ port: peer.port, writePort: peer.port }],
      timeoutMs: 60_000,
    });
    t.after(() => cluster.close());
    const index = cluster.openIndex({ ...V, shardBy: ['v'] });
    for (const call of [
      () => index.get(1, { timeoutMs: 20 }),
      () =>
        index
          .getMany([1, 2], { timeoutMs: 20 })
          .catch(({ errors: [error] }) => Promise.reject(error)),
      () =>
        index
          .find('>', 1, { limit: 1, servers: 'all', timeoutMs: 20 })
          .catch(({ errors: [error] }) => Promise.reject(error)),
      () => index.scan('>', 1, { servers: 'all', timeoutMs: 20 }).next(),
    ]) {
      await assert.rejects(call(), { code: 'ERR_HS_TIMEOUT' });
    }
    peer.open();
    assert.deepEqual(await index.get(3), { v: '3' });
  });
});

describe('options of a call', () => {
  /** Each method, with options as its last parameter. */
  const METHODS = {
    get: (index, options) => index.get(1, options),
    getMany: (index, options) => index.getMany([1], options),
    getManySettled: (index, options) => index.getManySettled([1], options),
    findMany: (index, options) => index.findMany([1], { limit: 1, ...options }),
    find: (index, options) => index.find('=', 1, { limit: 1, ...options }),
    scan: (index, options) => index.scan('>', 1, options).next(),
    insert: (index, options) => index.insert({ v: 1 }, options),
    insertMany: (index, options) => index.insertMany([{ v: 1 }], options),
    update: (index, options) => index.update('=', 1, { v: 1 }, options),
    increment: (index, options) => index.increment('=', 1, { v: 1 }, options),
    decrement: (index, options) => index.decrement('=', 1, { v: 1 }, options),
    delete: (index, options) => index.delete('=', 1, options),
    updateReturning: (index, options) => index.updateReturning('=', 1, { v: 1 }, options),
    incrementReturning: (index, options) => index.incrementReturning('=', 1, { v: 1 }, options),
    decrementReturning: (index, options) => index.decrementReturning('=', 1, { v: 1 }, options),
    deleteReturning: (index, options) => index.deleteReturning('=', 1, options),
  };

  for (const [name, call] of Object.entries(METHODS)) {
    test(`are checked and applied by ${name}`, async (t) => {
      const peer = await startPeer(t, serveTable);
      const index = clientOf(t, peer).openIndex(V);
      const refused = async (options) => call(index, options);
      await assert.rejects(refused({ timeout: 1 }), { name: 'TypeError', message: /timeout/ });
      await assert.rejects(refused({ timeoutMs: 0 }), { name: 'RangeError', message: /timeoutMs/ });
      await assert.rejects(refused({ timeoutMs: '1' }), { name: 'TypeError' });
      await assert.rejects(refused({ signal: 1 }), { name: 'TypeError', message: /signal/ });
      await assert.doesNotReject(refused({ signal: null, timeoutMs: undefined }));
      const result = await refused({ signal: AbortSignal.abort() }).catch((error) => error);
      const [{ reason } = { reason: result }] = Array.isArray(result) ? result : [];
      assert.equal(reason.name, 'AbortError');
    });
  }
});
