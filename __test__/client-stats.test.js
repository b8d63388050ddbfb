'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Latency } = require('../lib/client/metrics/latency.js');
const { clientOf, startGated } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const target = { database: 't', table: 'kv', columns: ['v'] };

describe('the latency of a client', () => {
  test('has how long calls waited, and how long batches took', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const first = index.get(1);
    await (await peer.visitor(0)).lines(2);
    const waiting = index.get(2);
    // This tests the time itself.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(client.stats().connectionsInUse, 1);
    peer.open();
    await Promise.all([first, waiting]);
    await index.get(3);
    const { latency, connectionsInUse } = client.stats();
    const { queueMs, roundTripMs } = latency;
    assert.ok(queueMs.p99 >= 45 && queueMs.p99 < 10_000, JSON.stringify(latency));
    assert.ok(roundTripMs.p99 >= 45 && roundTripMs.p50 > 0, JSON.stringify(latency));
    assert.ok(roundTripMs.p50 <= roundTripMs.p99);
    assert.equal(typeof connectionsInUse, 'number');
  });

  test('is right to a few per cent', () => {
    const latency = new Latency();
    const time = performance.now();
    for (let ms = 1; ms <= 1000; ms++) latency.add(ms, 1, time);
    const { p50, p99 } = latency.percentiles(time);
    assert.ok(Math.abs(p50 / 500 - 1) < 0.1, String(p50));
    assert.ok(Math.abs(p99 / 990 - 1) < 0.1, String(p99));
    latency.add(5000, 99_000, time);
    assert.ok(Math.abs(latency.percentiles(time).p50 / 5000 - 1) < 0.1);
  });

  test('forgets times older than a minute', () => {
    const latency = new Latency();
    const time = 1_000_000;
    latency.add(7, 1, time);
    assert.ok(Math.abs(latency.percentiles(time + 45_000).p99 / 7 - 1) < 0.1);
    assert.deepEqual(latency.percentiles(time + 61_000), { p50: null, p99: null });
    latency.add(9, 1, time + 60_000);
    assert.ok(Math.abs(latency.percentiles(time + 61_000).p50 / 9 - 1) < 0.1);
  });
});

describe('the bytes of a client', () => {
  for (const [kind, reply] of [
    ['text', '0\t1\tplain\n'],
    ['bytes', '0\t1\t\u00c3\u00a9\n'],
    ['a long reply', `0\t1\t${'x'.repeat(300_000)}\n`],
  ]) {
    test(`count what came as ${kind}, and what was sent`, async (t) => {
      const peer = await startPeer(
        t,
        answer((line) => (line.startsWith('P') ? '0\t1\n' : reply)),
      );
      const client = clientOf(t, peer);
      await client.openIndex(target).get(1);
      const { bytesIn, bytesOut, bytes } = client.stats();
      const expected = '0\t1\n'.length + reply.length;
      assert.ok(Math.abs(bytesIn - expected) <= 10, `${bytesIn} of ${expected}`);
      assert.equal(bytesOut, peer.visitors[0].received.length);
      assert.equal(bytes, bytesOut);
    });
  }
});
