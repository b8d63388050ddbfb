'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');

const native = require('../native.js');
const {
  clientOf,
  makeClient,
  serveTable,
  startGated,
  tableReply,
} = require('./support/clients.js');
const { startCuttingProxy } = require('./support/cutting-proxy.js');
const { answer, silence, startFullPeer, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const V = { database: 't', table: 'kv', columns: ['v'] };

/** How many results of each kind there are. */
function countByKind(results) {
  const counts = {};
  for (const { status, reason } of results) {
    const kind = status === 'fulfilled' ? status : `${reason.code} ${reason.outcome}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function failureOf({ code, outcome }) {
  return { code, outcome };
}

/** A secret function that fails after this many calls. */
function secretThatFails(secret, times) {
  let asked = 0;
  return () => {
    if (++asked > times) throw new Error('the vault is down');
    return secret;
  };
}

/**
 * Makes the executors of some batches end this many milliseconds late, as in a process that is
 * stopped or throttled.
 */
function delayWord(t, ms, isDelayed = () => true) {
  const { executeOne } = native.Driver.prototype;
  t.mock.method(native.Driver.prototype, 'executeOne', function (connection, batch, timeoutMs) {
    const lateMs = isDelayed(Buffer.from(batch)) ? ms : 0;
    return executeOne.call(this, connection, batch, timeoutMs + lateMs);
  });
}

describe('an insertMany whose connection breaks within it', () => {
  const server = useServer({
    sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(2000))',
  });
  const ROWS = Array.from({ length: 2000 }, (_, k) => ({ k, v: 'x'.repeat(500) }));

  /**
   * Inserts rows through a proxy that cuts the connection, and checks each row's outcome against
   * the table.
   */
  async function insertRows(t, { cuts, ...options }) {
    await server.sql('DELETE FROM t.kv');
    const proxy = await startCuttingProxy(t, server.running.writePort, cuts);
    const client = clientOf(t, proxy, { secret: server.running.writeSecret, ...options });
    const results = await client.openIndex({ ...V, columns: ['k', 'v'] }).insertMany(ROWS);
    // The server may not have read the last bytes yet, so wait for its own end of the connection.
    await client.close();
    const stored = new Set((await server.sql('SELECT k FROM t.kv')).flat().map(Number));
    assert.equal(results.length, ROWS.length);
    for (const [k, { status, reason }] of results.entries()) {
      if (status === 'fulfilled') assert.ok(stored.has(k), `row ${k} was acknowledged`);
      else if (reason.outcome === 'not-sent') assert.ok(!stored.has(k), `row ${k} is there`);
      else assert.equal(reason.outcome, 'unknown');
    }
    return { counts: countByKind(results), client };
  }

  test('keeps the outcome of each row when the secret function fails at the reconnect', async (t) => {
    const secret = secretThatFails(server.running.writeSecret, 1);
    const { counts, client } = await insertRows(t, { cuts: 2 + 300, secret });
    assert.deepEqual(counts, {
      fulfilled: 300,
      'ERR_HS_LOST unknown': 512 - 300,
      'ERR_HS_AUTH not-sent': ROWS.length - 512,
    });
    // The call itself succeeded.
    assert.deepEqual(client.stats().errors, {});
  });

  test('keeps it when the server refuses the new secret', async (t) => {
    let asked = 0;
    const secret = () => (asked++ === 0 ? server.running.writeSecret : 'wrong');
    const { counts } = await insertRows(t, { cuts: 2 + 300, secret });
    assert.equal(counts.fulfilled, 300);
    assert.equal(counts['ERR_HS_AUTH not-sent'], ROWS.length - 512);
  });

  test('keeps it when the reconnect takes until the deadline', async (t) => {
    let asked = 0;
    const secret = () => (asked++ === 0 ? server.running.writeSecret : new Promise(() => {}));
    const { counts } = await insertRows(t, { cuts: 2 + 300, secret, timeoutMs: 2000 });
    assert.equal(counts.fulfilled, 300);
    assert.equal(counts['ERR_HS_TIMEOUT not-sent'], ROWS.length - 512);
  });
});

describe('a call with many requests, of which some have their replies', () => {
  /** A peer that answers the first `answered` commands of its first connection, and no others. */
  function startPartly(t, answered, then = silence) {
    return startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return then(visitor);
      const lines = await visitor.lines(answered);
      await visitor.send(lines.slice(0, answered).map(tableReply).join(''));
      if (then !== silence) visitor.reset();
    });
  }

  test('insertMany has a result for each row at its deadline', async (t) => {
    const client = clientOf(t, await startPartly(t, 1 + 10), { timeoutMs: 1000 });
    const rows = Array.from({ length: 1000 }, (_, i) => [i]);
    const counts = countByKind(await client.openIndex(V).insertMany(rows));
    const [unanswered, unsent] = [512 - 10, 1000 - 512];
    // Replies before the deadline count; the executor says that the others may have been executed.
    assert.deepEqual(counts, {
      fulfilled: 10,
      'ERR_HS_TIMEOUT unknown': unanswered,
      'ERR_HS_TIMEOUT not-sent': unsent,
    });
    assert.equal(client.stats().pending, 0);
  });

  test('getManySettled keeps the rows that came, and rejects each other key', async (t) => {
    const peer = await startPartly(t, 1 + 10, (visitor) => visitor.reset());
    const client = clientOf(t, peer);
    const results = await client
      .openIndex(V)
      .getManySettled(Array.from({ length: 30 }, (_, i) => i));
    assert.deepEqual(
      results.slice(0, 10).map(({ value }) => value),
      Array.from({ length: 10 }, (_, i) => ({ v: `${i}` })),
    );
    const rest = results.slice(10).map(({ reason }) => reason.outcome);
    assert.deepEqual(rest, Array(20).fill('unknown'));
  });

  test('getMany rejects as a whole, and not as not-sent', async (t) => {
    const peer = await startPartly(t, 1 + 10, (visitor) => visitor.reset());
    const client = clientOf(t, peer, { secret: secretThatFails('', 1) });
    await assert.rejects(client.openIndex(V).getMany(Array.from({ length: 30 }, (_, i) => i)), {
      code: 'ERR_HS_AUTH',
      outcome: 'unknown',
    });
  });

  test('getMany is not-sent if nothing of it was sent', async (t) => {
    const client = clientOf(t, { port: 1 }, { secret: secretThatFails('', 0) });
    await assert.rejects(client.openIndex(V).getMany([1, 2, 3]), {
      code: 'ERR_HS_AUTH',
      outcome: 'not-sent',
    });
  });

  test('updateReturning is unknown where only the find before the change was refused', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line.includes('\tU') || line[0] === 'P' ? '0\t1\told\n' : '1\t1\t146\n')),
    );
    const index = clientOf(t, peer).openIndex({ ...V, columns: ['k', 'v'] });
    await assert.rejects(index.updateReturning('=', 1, { v: 'new' }), {
      serverMessage: '146',
      outcome: 'unknown',
    });
  });

  test('updateReturning is refused where the change was', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line.includes('\tU') ? '1\t1\t121\n' : '0\t2\t1\told\n')),
    );
    const index = clientOf(t, peer).openIndex({ ...V, columns: ['k', 'v'] });
    const error = await index.updateReturning('=', 1, { v: 'new' }).catch((error) => error);
    assert.deepEqual([error.serverMessage, error.outcome], ['121', undefined]);
  });

  test('insertMany of a closed client has a result for each row', async (t) => {
    const client = clientOf(t, { port: 1 });
    await client.close();
    const counts = countByKind(await client.openIndex(V).insertMany([[1], [2]]));
    assert.deepEqual(counts, { 'ERR_HS_CLOSED not-sent': 2 });
  });
});

describe('a call that was rejected', () => {
  test('is not sent afterwards, though the secret that its batch waits for comes (secret-late)', async (t) => {
    const peer = await startPeer(t, serveTable);
    let give;
    const given = new Promise((resolve) => {
      give = resolve;
    });
    const client = clientOf(t, peer, { timeoutMs: 300, secret: () => given });
    const index = client.openIndex(V);
    const late = index.insert(['late']);
    // The turn is busy, so each call has its own deadline, and they travel in one batch.
    for (const end = performance.now() + 150; performance.now() < end; );
    const early = index.insert(['early']);
    await assert.rejects(late, { code: 'ERR_HS_TIMEOUT', outcome: 'not-sent' });
    give('secret');
    assert.deepEqual(await early, { insertId: null });
    assert.doesNotMatch(peer.visitors[0].received, /late/);
    assert.match(peer.visitors[0].received, /early/);
  });

  test('is not sent afterwards, though its connection becomes free', async (t) => {
    // The first batch has the connection until after the second call's deadline.
    delayWord(t, 200, (batch) => batch.includes('held'));
    const held = [];
    const peer = await startPeer(
      t,
      answer((line) => {
        if (!line.includes('held')) return tableReply(line);
        held.push(line);
        return undefined;
      }),
    );
    const client = clientOf(t, peer, { timeoutMs: 300 });
    const index = client.openIndex(V);
    await index.insert(['open']);
    const first = index.insert(['held']);
    await peer.visitors[0].lines(3);
    const calls = [first, index.insert(['queued'])];
    const reasons = (await Promise.allSettled(calls)).map(({ reason }) => failureOf(reason));
    assert.deepEqual(reasons, [
      { code: 'ERR_HS_TIMEOUT', outcome: 'unknown' },
      { code: 'ERR_HS_TIMEOUT', outcome: 'not-sent' },
    ]);
    await index.insert(['after'], { timeoutMs: 5000 });
    const received = peer.visitors.map((visitor) => visitor.received).join('');
    assert.doesNotMatch(received, /queued/);
    assert.equal(held.length, 1);
  });
});

describe('an executor that reports late', () => {
  test('leaves the outcome of a hanging connect unknown', async (t) => {
    delayWord(t, 1000);
    const full = await startFullPeer(t);
    const client = clientOf(t, { port: Number(full.address.split(':')[1]) }, { timeoutMs: 500 });
    const calls = [client.openIndex(V).insert(['a']), client.openIndex(V).get(1)];
    for (const { reason } of await Promise.allSettled(calls)) {
      assert.deepEqual(failureOf(reason), { code: 'ERR_HS_TIMEOUT', outcome: 'unknown' });
    }
  });

  test('is waited for a while past the deadline', async (t) => {
    delayWord(t, 20);
    const full = await startFullPeer(t);
    const client = clientOf(t, { port: Number(full.address.split(':')[1]) }, { timeoutMs: 100 });
    await assert.rejects(client.openIndex(V).insert(['a']), {
      code: 'ERR_HS_TIMEOUT',
      outcome: 'not-sent',
    });
  });

  test('is not waited for if the batch runs on for a younger call', async (t) => {
    const peer = await startGated(t);
    const index = clientOf(t, peer, { timeoutMs: 2000 }).openIndex(V);
    const old = index.insert(['old']);
    for (const end = performance.now() + 1500; performance.now() < end; );
    const young = index.insert(['young']);
    let isYoungOver = false;
    young.catch(() => {
      isYoungOver = true;
    });
    await assert.rejects(old, { code: 'ERR_HS_TIMEOUT', outcome: 'unknown' });
    assert.equal(isYoungOver, false);
    peer.open();
    assert.deepEqual(await young, { insertId: null });
  });
});

describe('a request that is retried', () => {
  test('has an unknown outcome if it cannot be sent again', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(2);
      visitor.reset();
    });
    const client = clientOf(t, peer, { secret: secretThatFails('', 1) });
    await assert.rejects(client.openIndex(V).get(1), { code: 'ERR_HS_AUTH', outcome: 'unknown' });
    assert.equal(client.stats().retries, 1);
  });

  test('has an unknown outcome if it times out before it is sent again', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(2);
      visitor.reset();
    });
    let asked = 0;
    const secret = () => (asked++ === 0 ? '' : new Promise(() => {}));
    const client = clientOf(t, peer, { secret, timeoutMs: 200 });
    await assert.rejects(client.openIndex(V).get(1), {
      code: 'ERR_HS_TIMEOUT',
      outcome: 'unknown',
    });
  });
});

test('calls that end at their deadline do not delay close()', async (t) => {
  const client = makeClient(t, { secret: () => wait(50, 'secret', { ref: false }), timeoutMs: 20 });
  const index = client.openIndex(V);
  const calls = Array.from({ length: 2000 }, (_, i) => index.insert([i]));
  const results = await Promise.allSettled(calls);
  assert.deepEqual(countByKind(results), { 'ERR_HS_TIMEOUT not-sent': 2000 });
  await client.close();
  assert.equal(client.stats().pending, 0);
});
