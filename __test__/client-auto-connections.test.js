'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { connectionCount } = require('../lib/client/pipeline/connection-count.js');
const native = require('../native.js');
const { makeClient, serveTable, tableReply } = require('./support/clients.js');
const { startPeer } = require('./support/fake-peer.js');

const INDEX = { database: 't', table: 'kv', columns: ['v'] };
const MAX = 8;

/** The tests set the wire's delay, because the kernel measures none on loopback. */
function putFarAway(t, ms = 0.5) {
  t.mock.getter(native.Connection.prototype, 'roundTripMs', () => ms);
}

/** Callers that each make some calls one after the other. Resolves with their rows. */
function callInTurn(index, callers, calls) {
  const work = async (_, caller) => {
    const values = [];
    for (let i = 0; i < calls; i++) values.push((await index.get(caller * calls + i)).v);
    return values;
  };
  return Promise.all(Array.from({ length: callers }, work)).then((values) => values.flat());
}

/**
 * Repeats the calls until there are this many connections, because the pool checks only now and
 * then how far the server is.
 */
async function callUntil(index, peer, connections) {
  do assert.deepEqual(await callInTurn(index, 50, 10), keys(500));
  while (peer.visitors.length < connections);
}

function keys(count) {
  return Array.from({ length: count }, (_, i) => String(i));
}

test('a server is far from a round trip of 0.15 ms on, and near if it is unknown', () => {
  assert.deepEqual([null, 0.002, 0.1, 0.149].map(connectionCount), [1, 1, 1, 1]);
  assert.deepEqual([0.15, 0.5, 80].map(connectionCount), [MAX, MAX, MAX]);
});

describe("a client with connections: 'auto', the default", () => {
  test('keeps one connection to a near server', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port });
    assert.deepEqual(await callInTurn(client.openIndex(INDEX), 100, 20), keys(2000));
    assert.equal(peer.visitors.length, 1);
  });

  test('opens a second connection to a far server only for calls that would wait', async (t) => {
    putFarAway(t);
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port });
    const index = client.openIndex(INDEX);
    await callInTurn(index, 1, 50);
    assert.equal(peer.visitors.length, 1);
    await callUntil(index, peer, 2);
    await callInTurn(index, 200, 50);
    assert.ok(peer.visitors.length <= MAX, `${peer.visitors.length}`);
  });

  test('gives calls only to connections on which the server has answered', async (t) => {
    putFarAway(t);
    const answerFirst = (visitor, ordinal) => ordinal === 0 && serveTable(visitor, ordinal);
    const peer = await startPeer(t, answerFirst);
    const client = makeClient(t, { port: peer.port, timeoutMs: 2000 });
    await callUntil(client.openIndex(INDEX), peer, 2);
    assert.deepEqual(await callInTurn(client.openIndex(INDEX), 50, 40), keys(2000));
    assert.equal((await peer.visitor(1)).received, '\n');
  });

  test('closes surplus connections when they are idle', async (t) => {
    putFarAway(t);
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port, idleTimeoutMs: 50 });
    await callUntil(client.openIndex(INDEX), peer, 3);
    // Another connection may be connecting.
    for (let i = 0; i < peer.visitors.length || client.stats().connections > 0; i++) {
      await (await peer.visitor(i)).closed;
    }
    assert.deepEqual(await callInTurn(client.openIndex(INDEX), 1, 1), ['0']);
  });

  test('serves all calls when a further connection breaks', async (t) => {
    putFarAway(t);
    const peer = await startPeer(t, (visitor, ordinal) => {
      let answered = 0;
      visitor.socket.on('data', () => {
        const lines = visitor.received.split('\n').slice(0, -1);
        // The second connection breaks after its tenth command. Were there more such connections, a
        // read could meet two of them, and it is sent again only once.
        if (ordinal === 1 && lines.length > 10) return visitor.reset();
        visitor.send(lines.slice(answered).map(tableReply).join(''));
        answered = lines.length;
      });
    });
    const client = makeClient(t, { port: peer.port });
    await callUntil(client.openIndex(INDEX), peer, 3);
  });
});

test('a fixed number of connections does not grow for a far server', async (t) => {
  putFarAway(t);
  const peer = await startPeer(t, serveTable);
  for (const connections of [1, 3]) {
    const before = peer.visitors.length;
    const client = makeClient(t, { port: peer.port, connections });
    await callInTurn(client.openIndex(INDEX), 100, 50);
    assert.equal(peer.visitors.length - before, connections);
  }
});

test('connections is a number or auto', () => {
  for (const connections of [0, 1.5, 1001, '1', 'many', null]) {
    assert.throws(() => new Client({ connections }), /options\.connections/);
  }
  new Client({ connections: 'auto' });
});
