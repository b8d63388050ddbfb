'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const { Batch, Connection, Executor, ServerError } = require('..');
const {
  answer,
  refusingAddress,
  silence,
  startFullPeer,
  startHealthyPeer,
  startPeer,
} = require('./support/fake-peer.js');
const {
  assertFailure,
  batchOf,
  executeBesideHealthy,
  run,
  valuesOf,
} = require('./support/failures.js');
const { useServer } = require('./support/server.js');

/** Long enough for the healthy neighbour on a busy machine. */
const TIMEOUT_MS = 1000;

// They run concurrently, because most of them wait for a deadline.
describe('a connect fails, with nothing sent,', { concurrency: true }, () => {
  test('to an unknown host', async (t) => {
    // A label of more than 63 characters is valid in no network.
    const host = 'x'.repeat(64);
    const connection = new Connection(`${host}:1234`);
    const { reason, replies } = await executeBesideHealthy(t, connection, batchOf('a'));
    assertFailure(reason, {
      code: 'ERR_HS_CONNECT',
      address: `${host}:1234`,
      outcome: 'not-sent',
      message: /the host name 'x+' did not resolve/,
      cause: { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host },
    });
    assert.deepEqual(replies, []);
    assert.equal(connection.state, 'aborted');
  });

  test('that is refused', async (t) => {
    const address = await refusingAddress(t);
    const connection = new Connection(address);
    const { reason, replies } = await executeBesideHealthy(t, connection, batchOf('a'));
    assertFailure(reason, {
      code: 'ERR_HS_CONNECT',
      address,
      outcome: 'not-sent',
      message: /could not connect: .*refused/i,
      cause: { code: 'ECONNREFUSED', errno: -os.constants.errno.ECONNREFUSED },
    });
    assert.deepEqual(replies, []);
  });

  test('to a Unix socket that does not exist, or that nobody listens on', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-unix-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    fs.writeFileSync(path.join(folder, 'file'), '');
    for (const [name, code] of [
      ['nothing', 'ENOENT'],
      ['file', 'ECONNREFUSED'],
    ]) {
      const address = `unix:${path.join(folder, name)}`;
      const connection = new Connection(address);
      const { reason } = await executeBesideHealthy(t, connection, batchOf('a'));
      assertFailure(reason, {
        code: 'ERR_HS_CONNECT',
        address,
        outcome: 'not-sent',
        cause: { code },
      });
    }
  });

  test('to a peer that never completes it', async (t) => {
    const full = await startFullPeer(t);
    const connection = new Connection(full.address);
    const batch = batchOf('a');
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, {
      code: 'ERR_HS_TIMEOUT',
      address: full.address,
      outcome: 'not-sent',
      message: /before the server accepted the connection/,
    });
    assert.deepEqual(replies, []);
    assert.deepEqual([connection.state, connection.generation], ['aborted', 0]);
  });

  test('to a peer that never completes it, in executeSync', async (t) => {
    const full = await startFullPeer(t);
    const batch = batchOf('a');
    const executor = new Executor().add(new Connection(full.address), batch);
    assert.throws(() => executor.executeSync(100), { code: 'ERR_HS_EXECUTE' });
    assertFailure(batch.error, {
      code: 'ERR_HS_TIMEOUT',
      address: full.address,
      outcome: 'not-sent',
    });
  });

  test('to a Unix socket without room, and succeeds once there is', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-unix-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const full = await startFullPeer(t, { path: path.join(folder, 'hs.sock') });
    const connection = new Connection(full.address);
    const batch = batchOf('a');
    const { reason } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, {
      code: 'ERR_HS_TIMEOUT',
      address: full.address,
      outcome: 'not-sent',
    });
    // The connect completes as soon as there is room.
    const executed = run(connection, batchOf('a'), 20_000);
    full.wake();
    assert.deepEqual(valuesOf(await executed), [[]]);
    assert.equal(connection.generation, 1);
  });
});

describe('a peer that accepts and never answers', { concurrency: true }, () => {
  test('fails the batch at the deadline', async (t) => {
    const silent = await startPeer(t, silence);
    const connection = new Connection(silent.address);
    const batch = batchOf('a', 'b');
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, {
      code: 'ERR_HS_TIMEOUT',
      address: silent.address,
      outcome: 'unknown',
      message: /the deadline passed with 0 of 2 replies received/,
    });
    assert.deepEqual(replies, []);
    assert.equal(connection.state, 'aborted');
    // The socket is closed, so that a late reply is lost.
    await silent.visitors[0].closed;
  });

  test('fails the batch at the deadline, even if bytes keep coming', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(1);
      await visitor.send('0\t1\t');
      const timer = setInterval(() => visitor.send('x'), 10);
      await visitor.closed;
      clearInterval(timer);
    });
    const batch = batchOf('a');
    const connection = new Connection(peer.address);
    const { reason } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, { code: 'ERR_HS_TIMEOUT', address: peer.address, outcome: 'unknown' });
    await peer.visitors[0].closed;
  });

  test('leaves the batch the replies that came in time', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'c' ? undefined : `0\t1\t${line}\n`)),
    );
    const connection = new Connection(peer.address);
    const batch = batchOf('a', 'b', 'c', 'c');
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, {
      code: 'ERR_HS_TIMEOUT',
      address: peer.address,
      outcome: 'unknown',
      message: /2 of 4/,
    });
    assert.deepEqual(valuesOf(replies), [['a'], ['b']]);
  });

  test('leaves the batch no half reply', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'a' ? '0\t1\ta\n' : '0\t1\tb')),
    );
    const batch = batchOf('a', 'b');
    const connection = new Connection(peer.address);
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, { code: 'ERR_HS_TIMEOUT', address: peer.address, outcome: 'unknown' });
    assert.deepEqual(valuesOf(replies), [['a']]);
  });

  test('fails the batch at the deadline, even if the handshake is answered', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'open' ? '0\t1\n' : undefined)),
    );
    const connection = new Connection(peer.address, { handshake: batchOf('open') });
    const batch = batchOf('a');
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, TIMEOUT_MS);
    assertFailure(reason, { code: 'ERR_HS_TIMEOUT', address: peer.address, outcome: 'unknown' });
    assert.deepEqual(replies, []);
  });
});

describe('a secret', () => {
  const target = { database: 't', table: 'kv', columns: ['v'] };
  const sql =
    'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT); INSERT INTO t.kv VALUES (1, 7)';
  const server = useServer({ sql });
  const open = useServer({ sql, secret: '' });
  const batch = () => new Batch().openIndex(0, target).find(0, '=', [1]);

  test('that is wrong fails the batch, with nothing sent', async (t) => {
    const connection = server.reader({ secret: 'wrong' });
    const { reason, replies } = await executeBesideHealthy(t, connection, batch());
    assertFailure(reason, {
      code: 'ERR_HS_AUTH',
      address: server.readAddress,
      outcome: 'not-sent',
      message: /the server refused the secret/,
    });
    assert.deepEqual(valuesOf(replies), [['unauth'], ['unauth']]);
    assert.equal(connection.state, 'aborted');
  });

  test('that is missing fails the batch, with nothing sent', async (t) => {
    const connection = server.reader({ secret: undefined });
    const { reason, replies } = await executeBesideHealthy(t, connection, batch());
    assertFailure(reason, {
      code: 'ERR_HS_AUTH',
      address: server.readAddress,
      outcome: 'not-sent',
      message: /wants a secret and the connection has none/,
    });
    assert.deepEqual(valuesOf(replies), [['unauth'], ['unauth']]);
  });

  test('that is missing for the handshake fails the batch, with nothing sent', async (t) => {
    const handshake = new Batch().openIndex(0, target);
    const connection = server.reader({ secret: undefined, handshake });
    const { reason } = await executeBesideHealthy(t, connection, new Batch().find(0, '=', [1]));
    assertFailure(reason, {
      code: 'ERR_HS_AUTH',
      address: server.readAddress,
      outcome: 'not-sent',
      message: /wants a secret and the connection has none/,
    });
  });

  test('that a server without secrets gets fails the batch, with an unknown outcome', async (t) => {
    // Such a server refuses the secret and runs the commands all the same.
    const connection = open.reader({ secret: 'unasked' });
    const { reason, replies } = await executeBesideHealthy(t, connection, batch());
    assertFailure(reason, {
      code: 'ERR_HS_AUTH',
      address: open.readAddress,
      outcome: 'unknown',
      message: /the server refused the secret/,
    });
    assert.deepEqual(valuesOf(replies), [[], ['7']]);
    assert.deepEqual(valuesOf(await run(open.reader({ secret: undefined }), batch())), [[], ['7']]);
    assert.deepEqual(valuesOf(await run(open.reader({ secret: '' }), batch())), [[], ['7']]);
  });

  test('that the batch itself sends is refused by a reply', async () => {
    const connection = server.reader({ secret: undefined });
    const replies = await run(connection, new Batch().auth('wrong').openIndex(0, target));
    assert.deepEqual(valuesOf(replies), [['unauth'], ['unauth']]);
    assert.equal(connection.state, 'connected');
  });

  test('that is wrong in one pair does not affect the others', async () => {
    const executor = new Executor()
      .add(server.reader({ secret: 'wrong' }), batch())
      .add(server.reader(), batch())
      .add(server.reader({ secret: undefined }), batch());
    const results = await executor.executeSettled();
    assert.deepEqual(
      results.map(({ reason }) => reason?.code),
      ['ERR_HS_AUTH', undefined, 'ERR_HS_AUTH'],
    );
    assert.deepEqual(valuesOf(results[1].replies), [[], ['7']]);
  });

  test('does not help against a handshake that the server refuses', async (t) => {
    const handshake = new Batch().openIndex(0, target).openIndex(1, { ...target, table: 'none' });
    const connection = server.reader({ handshake });
    const { reason, replies } = await executeBesideHealthy(
      t,
      connection,
      new Batch().find(0, '=', [1]),
    );
    assertFailure(reason, {
      code: 'ERR_HS_NOT_OPENED',
      address: server.readAddress,
      outcome: 'unknown',
      message: /refused command 2 of the handshake with error 1, 'open_table': /,
      cause: {
        code: 'ERR_HS_NOT_OPENED',
        address: server.readAddress,
        errorCode: 1,
        serverMessage: 'open_table',
      },
    });
    assert.ok(reason.cause instanceof ServerError);
    assert.deepEqual(valuesOf(replies), [['7']]);
    assert.equal(connection.state, 'aborted');
  });

  test('is sent once on a connection', async (t) => {
    const peer = await startHealthyPeer(t);
    const connection = new Connection(peer.address, { secret: 's' });
    await run(connection, batchOf('a'));
    await run(connection, batchOf('b'));
    assert.equal(peer.visitors[0].received, 'A\t1\ts\na\nb\n');
  });
});
