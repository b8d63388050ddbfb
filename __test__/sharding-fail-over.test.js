'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { ShardedClient } = require('..');
const { tableReply } = require('./support/clients.js');
const {
  answer,
  refusingAddress,
  silence,
  startFullPeer,
  startPeer,
} = require('./support/fake-peer.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'], shardBy: ['k'], keyColumns: ['k'] };
const V = { ...KV, columns: ['k'] };
const range = (length) => Array.from({ length }, (_, i) => i);

/** A cluster of servers with one port each for reads and writes. */
function connect(t, ports, options) {
  const servers = ports.map((port) => ({ port, writePort: port }));
  const cluster = new ShardedClient({ servers, onServerDown: 'next', ...options });
  t.after(() => cluster.close());
  return cluster;
}

/** Keys that belong to the server on a port. */
function keysOf(cluster, port, count) {
  const keys = [];
  for (let k = 1; keys.length < count; k++) {
    if (cluster.getServer(k) === `127.0.0.1:${port}`) keys.push(k);
  }
  return keys;
}

const portOf = (address) => Number(address.split(':')[1]);
const serveAll = answer(tableReply);
/** The rows that were inserted at a peer. */
const rowsAt = ({ visitors }) => {
  return visitors.flatMap(({ received }) => received.match(/(?<=\t)row \d+/g) ?? []);
};

describe('with onServerDown: next', () => {
  /**
   * Answers this many commands on its first connection, then breaks it; other connections break at
   * once.
   */
  function startBreaking(t, answered) {
    return startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return visitor.reset();
      const lines = await visitor.lines(answered);
      await visitor.send(lines.slice(0, answered).map(tableReply).join(''));
      visitor.reset();
    });
  }

  test('an insertMany sends rows to the next server only if they were not sent (shard-secret)', async (t) => {
    let asked = 0;
    const secret = () => {
      if (asked++ > 0) throw new Error('the vault is down');
      return 'secret';
    };
    const owner = await startBreaking(t, 2 + 100);
    const next = await startPeer(t, serveAll);
    const servers = [
      { port: owner.port, writePort: owner.port, secret },
      { port: next.port, writePort: next.port },
    ];
    const cluster = new ShardedClient({ servers, onServerDown: 'next' });
    t.after(() => cluster.close());
    const keys = keysOf(cluster, owner.port, 1000);
    const results = await cluster.openIndex(KV).insertMany(keys.map((k, i) => [k, `row ${i}`]));
    const isUnknown = results.map(({ reason }) => reason?.outcome === 'unknown');
    assert.deepEqual(
      results.map(({ status }) => status === 'rejected'),
      isUnknown,
    );
    // One batch was sent to the first server: its replies count, and no other server gets the rest
    // of it.
    const sent = rowsAt(owner);
    assert.equal(sent.length, 512);
    assert.deepEqual(
      isUnknown,
      range(1000).map((i) => i >= 100 && i < 512),
    );
    assert.deepEqual(
      rowsAt(next),
      range(1000)
        .slice(512)
        .map((i) => `row ${i}`),
    );
  });

  test('a getMany asks the next server only for keys without a reply', async (t) => {
    const owner = await startBreaking(t, 1 + 10);
    const next = await startPeer(t, serveAll);
    const cluster = connect(t, [owner.port, next.port]);
    const keys = keysOf(cluster, owner.port, 30);
    // Without keyColumns, each key is a command.
    const { keyColumns: _, ...target } = V;
    const rows = await cluster.openIndex(target).getMany(keys);
    assert.deepEqual(
      rows,
      keys.map((k) => ({ k: `${k}` })),
    );
    const asked = next.visitors[0].received.match(/(?<=^0\t=\t1\t)\d+/gm).map(Number);
    assert.deepEqual(asked, keys.slice(10));
  });

  test('a write whose reply does not come is not sent elsewhere', async (t) => {
    const owner = await startPeer(t, silence);
    const next = await startPeer(t, serveAll);
    const cluster = connect(t, [owner.port, next.port], { timeoutMs: 400 });
    const [k] = keysOf(cluster, owner.port, 1);
    await assert.rejects(cluster.openIndex(KV).insert([k, 'row 1']), {
      code: 'ERR_HS_TIMEOUT',
      outcome: 'unknown',
    });
    assert.deepEqual(rowsAt(next), []);
  });

  test('a value that does not fit its type leaves the outcome of a write unknown', async (t) => {
    const owner = await startPeer(
      t,
      answer((line) => (line[0] === 'P' ? '0\t1\n' : '0\t2\t1\tx\n')),
    );
    const cluster = connect(t, [owner.port]);
    const index = cluster.openIndex({ ...KV, types: { v: 'number' } });
    await assert.rejects(index.deleteReturning('=', 1), {
      code: 'ERR_HS_VALUE',
      outcome: 'unknown',
    });
  });
});

describe('the time of a call', () => {
  const TIMEOUT_MS = 2000;

  /**
   * Two servers with a replica each, in the order in which they are tried for the returned keys.
   */
  async function startFour(t, ports) {
    const [a, b, c, d] = ports;
    const servers = [
      { port: a, writePort: a, replicas: [{ port: b }] },
      { port: c, writePort: c, replicas: [{ port: d }] },
    ];
    const options = { reads: 'any', onServerDown: 'next', timeoutMs: TIMEOUT_MS };
    const cluster = new ShardedClient({ servers, ...options });
    t.after(() => cluster.close());
    const [key] = keysOf(cluster, a, 1);
    return { index: cluster.openIndex(V), key };
  }

  /** A peer that answers after a delay. */
  function startSlow(t, ms) {
    return startPeer(t, async (visitor) => {
      const lines = await visitor.lines(2);
      setTimeout(() => visitor.send(lines.map(tableReply).join('')), ms);
    });
  }

  test('is shared out equally among primary, replica, and next servers', async (t) => {
    const silent = await Promise.all(range(3).map(() => startPeer(t, silence)));
    // This delay is less than a quarter of the timeout.
    const slow = await startSlow(t, 0.2 * TIMEOUT_MS);
    const { index, key } = await startFour(
      t,
      [...silent, slow].map(({ port }) => port),
    );
    assert.deepEqual(await index.get(key), { k: `${key}` });
    assert.deepEqual(
      [...silent, slow].map(({ visitors }) => visitors.length),
      [1, 1, 1, 1],
    );
  });

  test('is left to the last candidate if the others failed at once', async (t) => {
    const refusing = await Promise.all(range(3).map(() => refusingAddress(t)));
    const slow = await startSlow(t, 0.75 * TIMEOUT_MS);
    const { index, key } = await startFour(t, [...refusing.map(portOf), slow.port]);
    assert.deepEqual(await index.get(key), { k: `${key}` });
  });

  test('is not used up by a server whose connect hangs: the write goes to the next', async (t) => {
    const full = await startFullPeer(t);
    const next = await startPeer(t, serveAll);
    const cluster = connect(t, [portOf(full.address), next.port], { timeoutMs: 1000 });
    const [k] = keysOf(cluster, portOf(full.address), 1);
    await cluster.openIndex(KV).insert([k, 'row 1']);
    assert.deepEqual(rowsAt(next), ['row 1']);
  });

  test('is the whole for the only candidate', async (t) => {
    const slow = await startSlow(t, 0.75 * TIMEOUT_MS);
    const cluster = connect(t, [slow.port], { timeoutMs: TIMEOUT_MS });
    assert.deepEqual(await cluster.openIndex(V).get(1), { k: '1' });
  });
});
