'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client, Connection, ServerError, ShardedClient } = require('..');
const { clientOf, makeClient, serveTable, startGated } = require('./support/clients.js');
const { refusingAddress, silence, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'] };
const V = { database: 't', table: 'kv', columns: ['v'] };

/** The error of a call that must fail. */
function failureOf(promise) {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );
}

/** The lines that came over all connections of a peer. */
function linesOf({ visitors }) {
  return visitors.flatMap(({ received }) => received.split('\n').slice(0, -1));
}

describe('connect', () => {
  const server = useServer({
    sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT AUTO_INCREMENT PRIMARY KEY, v INT)',
  });

  function connect(context, options) {
    const { host, port, writePort, secret, writeSecret } = server.running;
    return makeClient(context, { host, port, writePort, secret, writeSecret, ...options });
  }

  test('connects to the read port alone, and opens there what is defined', async (t) => {
    const client = connect(t);
    client.openIndex(KV);
    assert.equal(await client.connect(), undefined);
    const { connections, commands, batches } = client.stats();
    assert.deepEqual([connections, commands, batches], [1, 2, 1]);
    // FLUSH TABLES WITH READ LOCK waits for any table that is open on the write port.
    await server.sql('SET lock_wait_timeout = 1; FLUSH TABLES WITH READ LOCK; UNLOCK TABLES');
  });

  test('with writes connects to the write port, too', async (t) => {
    const client = connect(t);
    const index = client.openIndex(KV);
    await client.connect({ writes: true });
    const { connections, batches } = client.stats();
    assert.deepEqual([connections, batches], [2, 2]);
    await index.insert({ v: 1 });
    assert.equal(client.stats().batches, 3);
  });

  test('without an index authorises with the secret', async (t) => {
    await connect(t).connect();
    for (const secret of ['wrong', undefined]) {
      await assert.rejects(connect(t, { secret }).connect(), { code: 'ERR_HS_AUTH' });
    }
    await assert.rejects(connect(t, { writeSecret: 'wrong' }).connect({ writes: true }), {
      code: 'ERR_HS_AUTH',
      address: `127.0.0.1:${server.running.writePort}`,
    });
  });

  test('names what cannot be opened, and does not connect to the write port then', async (t) => {
    const client = connect(t);
    client.openIndex(KV);
    client.openIndex({ ...KV, table: 'none' });
    const error = await failureOf(client.connect({ writes: true }));
    assert.ok(error instanceof ServerError);
    assert.deepEqual([error.code, error.address], ['ERR_HS_NOT_OPENED', server.readAddress]);
    assert.match(error.message, /t\.none/);
    assert.equal(client.stats().connections, 1);
  });

  test('rejects with what keeps it from connecting', async (t) => {
    const [, port] = (await refusingAddress(t)).split(':');
    const client = makeClient(t, { port: Number(port), writePort: null });
    await assert.rejects(client.connect(), { code: 'ERR_HS_CONNECT', outcome: 'not-sent' });
    await client.close();
    await assert.rejects(client.connect(), { code: 'ERR_HS_CLOSED' });
  });

  test('takes a signal and a time, and refuses other options', async (t) => {
    const peer = await startPeer(t, silence);
    const client = clientOf(t, peer);
    await assert.rejects(client.connect({ timeoutMs: 20 }), { code: 'ERR_HS_TIMEOUT' });
    await assert.rejects(client.connect({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    await assert.rejects(client.connect({ write: true }), { name: 'TypeError' });
    await assert.rejects(client.connect({ writes: 1 }), { name: 'TypeError' });
  });

  test('of a ShardedClient connects to each server', async (t) => {
    const peers = [await startPeer(t, serveTable), await startPeer(t, serveTable)];
    const cluster = new ShardedClient({
      servers: peers.map(({ port }) => ({ port, writePort: port })),
    });
    t.after(() => cluster.close());
    cluster.openIndex({ ...V, shardBy: ['v'] });
    await cluster.connect({ writes: true });
    for (const peer of peers) {
      assert.equal(peer.visitors.length, 2);
      assert.equal(linesOf(peer).filter((line) => line.startsWith('P')).length, 2);
    }
    const pings = await cluster.ping();
    assert.deepEqual(
      pings.map(({ replicas, primary }) => [replicas, typeof primary.writeMs]),
      [
        [[], 'number'],
        [[], 'number'],
      ],
    );
    cluster.destroy();
    await assert.rejects(cluster.ping(), { code: 'ERR_HS_CLOSED' });
  });

  test('a wrong name never reaches the write port, so that inserts still work', async (t) => {
    const client = connect(t);
    const wrong = client.openIndex({ ...KV, table: 'none' });
    const error = await failureOf(wrong.insert({ k: 1 }));
    assert.deepEqual(
      [error.code, error.outcome, error.address],
      ['ERR_HS_NOT_OPENED', 'not-sent', server.readAddress],
    );
    // After a harmful open, the server refuses explicit ids with 167.
    assert.deepEqual(await client.openIndex(KV).insert({ k: 77, v: 1 }), { insertId: null });
  });

  test('a column that is wrong fails no other write of the same turn', async (t) => {
    const client = connect(t);
    const wrong = client.openIndex({ ...KV, columns: ['k', 'none'] });
    const ends = await Promise.allSettled([
      wrong.insert({ k: 78 }),
      client.openIndex(KV).insert({ k: 78, v: 1 }),
    ]);
    assert.deepEqual(
      ends.map(({ status, reason }) => reason?.serverMessage ?? status),
      ['fld', 'fulfilled'],
    );
  });
});

describe('a first write', () => {
  async function startTwo(context, serveReads, options) {
    const [reads, writes] = [await serveReads(context), await startPeer(context, serveTable)];
    const ports = { port: reads.port, writePort: writes.port };
    return { reads, writes, client: makeClient(context, { ...ports, ...options }) };
  }

  test('waits until the read port has opened its index, and the second write does not', async (t) => {
    const { reads, writes, client } = await startTwo(t, startGated);
    const index = client.openIndex(V);
    const inserting = [index.insert(['a']), index.insert(['b'])];
    await (await reads.visitor(0)).lines(1);
    assert.deepEqual([linesOf(reads).length, linesOf(writes).length], [2, 0]);
    reads.open();
    await Promise.all(inserting);
    const asked = linesOf(reads).length;
    await index.update('=', 1, { v: 'c' });
    assert.equal(linesOf(reads).length, asked);
  });

  test('goes out in the order of the calls, whatever columns each names', async (t) => {
    const { writes, client } = await startTwo(t, (context) => startPeer(context, serveTable));
    const index = client.openIndex(KV);
    await Promise.allSettled([
      index.insert(['a', 1]),
      index.update('=', 2, { v: 2 }),
      index.insert(['c', 3]),
      index.delete('=', 4),
    ]);
    const sent = linesOf(writes).filter((line) => !line.startsWith('P'));
    assert.deepEqual(
      sent.map((line) => /\t([acUD])(?:\t|$)/.exec(line)?.[1]),
      ['a', 'U', 'c', 'D'],
    );
  });

  test('does not wait if the read port has opened the index before', async (t) => {
    const { reads, client } = await startTwo(t, (context) => startPeer(context, serveTable));
    const index = client.openIndex(V);
    await index.get(1);
    await index.insert(['a']);
    assert.equal(linesOf(reads).length, 2);
  });

  test('keeps its own time and signal while it waits', async (t) => {
    const { writes, client } = await startTwo(t, startGated);
    const index = client.openIndex(V);
    const controller = new AbortController();
    const aborted = failureOf(index.insert(['a'], { signal: controller.signal }));
    await assert.rejects(index.insert(['b'], { timeoutMs: 20 }), {
      code: 'ERR_HS_TIMEOUT',
      outcome: 'not-sent',
    });
    controller.abort();
    assert.deepEqual([(await aborted).name, (await aborted).outcome], ['AbortError', 'not-sent']);
    assert.equal(writes.visitors.length, 0);
    assert.equal(client.stats().pending, 0);
  });

  test('does not end with the time of one that was made before it', async (t) => {
    const { reads, client } = await startTwo(t, startGated, { timeoutMs: 100 });
    const index = client.openIndex(V);
    const first = failureOf(index.insert(['a'], { timeoutMs: 20 }));
    const later = index.insert(['b'], { timeoutMs: 60_000 });
    assert.deepEqual([(await first).code, (await first).outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
    // The client's own timeout has passed too, as has that of the open that the first call began.
    await assert.rejects(index.get(1), { code: 'ERR_HS_TIMEOUT' });
    reads.open();
    assert.deepEqual(await later, { insertId: null });
  });

  test('has its own time where the turn of the one before it lasts', async (t) => {
    const [reads, writes] = [await startPeer(t, serveTable), await startPeer(t, serveTable)];
    const secret = () => new Promise(() => {});
    const options = { port: reads.port, writePort: writes.port, secret, timeoutMs: 200 };
    const index = makeClient(t, options).openIndex(V);
    const first = failureOf(index.insert(['a']));
    for (const end = performance.now() + 100; performance.now() < end; );
    const start = performance.now();
    const { code, outcome } = await failureOf(index.insert(['b']));
    // Calls within a millisecond share a deadline.
    assert.ok(performance.now() - start >= 199);
    assert.deepEqual([code, outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
    assert.equal((await first).code, 'ERR_HS_TIMEOUT');
  });

  test('completes before a close', async (t) => {
    const { reads, client } = await startTwo(t, startGated);
    const inserting = client.openIndex(V).insert(['a']);
    await reads.visitor(0);
    const closing = client.close();
    reads.open();
    assert.deepEqual(await inserting, { insertId: null });
    await closing;
  });
});

describe('ping', () => {
  test('measures a round trip on each port in use', async (t) => {
    const [reads, writes] = [await startPeer(t, serveTable), await startPeer(t, serveTable)];
    const client = makeClient(t, { port: reads.port, writePort: writes.port });
    const first = await client.ping();
    assert.ok(first.readMs > 0);
    assert.equal(first.writeMs, null);
    assert.equal(writes.visitors.length, 0);
    await client.openIndex(V).insert(['a']);
    const second = await client.ping();
    assert.ok(second.readMs > 0 && second.writeMs > 0);
    assert.ok(linesOf(reads).every((line) => line.startsWith('P') || line.endsWith('\t=\t0')));
  });

  test('takes no id from the indexes of its connection', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    // As many as a connection has ids (index-ids.js).
    for (let i = 0; i < 256; i++) {
      await client.openIndex({ ...V, columns: [`c${i}`] }).get(1);
    }
    assert.ok((await client.ping()).readMs > 0);
  });

  test('rejects if the server does not answer', async (t) => {
    const client = clientOf(t, await startPeer(t, silence));
    await assert.rejects(client.ping({ timeoutMs: 20 }), { code: 'ERR_HS_TIMEOUT' });
    await assert.rejects(client.ping({ writes: true }), { name: 'TypeError' });
  });

  test('is answered by a server that refuses everything else of the batch', async (t) => {
    const peer = await startPeer(t, (visitor) => {
      let answered = 0;
      visitor.socket.on('data', () => {
        const lines = visitor.received.split('\n').slice(0, -1).slice(answered);
        answered += lines.length;
        visitor.send('2\t1\tstmtnum\n'.repeat(lines.length));
      });
    });
    const client = clientOf(t, peer);
    assert.ok((await client.ping()).readMs > 0);
    assert.equal(client.stats().retries, 0);
  });
});

describe('destroy', () => {
  test('ends queued calls and calls in flight, with their outcome', async (t) => {
    const peer = await startPeer(t, silence);
    const client = new Client({ port: peer.port, writePort: peer.port });
    const index = client.openIndex(V);
    const inFlight = failureOf(index.insert(['a']));
    await (await peer.visitor(0)).lines(2);
    const waiting = failureOf(index.insert(['b']));
    const reading = failureOf(index.get(1));
    client.destroy();
    const ends = await Promise.all([inFlight, waiting, reading]);
    assert.deepEqual(
      ends.map(({ code, outcome }) => [code, outcome]),
      [
        ['ERR_HS_CLOSED', 'unknown'],
        ['ERR_HS_CLOSED', 'not-sent'],
        ['ERR_HS_CLOSED', 'not-sent'],
      ],
    );
    await peer.visitors[0].closed;
    await assert.rejects(index.get(1), { code: 'ERR_HS_CLOSED', outcome: 'not-sent' });
    await client.close();
    assert.deepEqual([client.stats().connections, client.stats().pending], [0, 0]);
  });

  test('ends a close that waits', async (t) => {
    const peer = await startPeer(t, silence);
    const client = new Client({ port: peer.port, writePort: peer.port });
    const reading = failureOf(client.openIndex(V).get(1));
    await (await peer.visitor(0)).lines(2);
    const closing = client.close();
    client.destroy();
    client.destroy();
    await closing;
    assert.equal((await reading).code, 'ERR_HS_CLOSED');
  });

  test('ends a write that waits for the read port', async (t) => {
    const [reads, writes] = [await startPeer(t, silence), await startPeer(t, silence)];
    const client = new Client({ port: reads.port, writePort: writes.port });
    const inserting = failureOf(client.openIndex(V).insert(['a']));
    await reads.visitor(0);
    client.destroy();
    assert.equal((await inserting).outcome, 'not-sent');
    await client.close();
    assert.equal(writes.visitors.length, 0);
  });

  test('closes a client that was never used', async () => {
    const client = new Client();
    client.destroy();
    await client.close();
  });
});

describe('the address of a client', () => {
  test('is refused by the constructor if no connection can be made to it', () => {
    for (const [options, name] of [
      [{ host: 'a b' }, 'host'],
      [{ host: 'a:b' }, 'host'],
      [{ path: `/${'x'.repeat(200)}` }, 'path'],
      [{ path: '/a\0b' }, 'path'],
      [{ path: '/a', writePath: '/a\0b' }, 'writePath'],
    ]) {
      const error = { name: 'TypeError', message: new RegExp(`^options\\.${name}: `) };
      assert.throws(() => new Client(options), error);
      const servers = [options.path === undefined ? options : { host: 'x', ...options }];
      assert.throws(() => new ShardedClient({ servers }), error);
    }
  });

  test('has no port for writes if writePort is null', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port, writePort: null });
    const index = client.openIndex(V);
    const error = { name: 'TypeError', message: /no port for writes/ };
    await assert.rejects(index.insert(['a']), error);
    await assert.rejects(index.delete('=', 1), error);
    await assert.rejects(client.connect({ writes: true }), error);
    assert.deepEqual(await index.get(1), { v: '1' });
    assert.equal((await client.ping()).writeMs, null);
    const cluster = new ShardedClient({ servers: [{ port: peer.port, writePort: null }] });
    t.after(() => cluster.close());
    await assert.rejects(cluster.openIndex({ ...V, shardBy: ['v'] }).insert(['a']), error);
  });

  test('a Connection closes at the end of its block', () => {
    const connection = new Connection();
    connection[Symbol.dispose]();
    assert.equal(connection.state, 'closed');
  });
});
