'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Connection, Executor } = require('..');
const { startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const {
  assertFailure,
  batchOf,
  executeBesideHealthy,
  run,
  valuesOf,
} = require('./support/failures.js');
const { useServer } = require('./support/server.js');

/** A timeout for operations that take seconds on a busy machine. */
const PATIENCE_MS = 60_000;

describe('on a real server', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(50))',
      "INSERT INTO t.kv VALUES (1, 'value 1'), (2, 'value 2'), (3, 'value 3')",
    ],
  });
  const handshake = new Batch().openIndex(0, { database: 't', table: 'kv', columns: ['k', 'v'] });
  const find = (from, count) => {
    const batch = new Batch();
    for (let i = from; i < from + count; i++) batch.find(0, '=', [(i % 3) + 1]);
    return batch;
  };

  /** Checks that each reply is the one to its command. */
  function assertInOrder(replies, from, count) {
    assert.equal(replies.length, count);
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      const key = ((from + i) % 3) + 1;
      const [first, second] = replies[i];
      if (first !== `${key}` || second !== `value ${key}`) wrong++;
    }
    assert.equal(wrong, 0);
  }

  test('execute runs a batch of 100,000 commands', async () => {
    const replies = await run(server.reader({ handshake }), find(0, 100_000), PATIENCE_MS);
    assertInOrder(replies, 0, 100_000);
  });

  test('executeSync runs a batch of 100,000 commands', () => {
    const executor = new Executor().add(server.reader({ handshake }), find(1, 100_000));
    const [replies] = executor.executeSync(PATIENCE_MS);
    assertInOrder(replies, 1, 100_000);
  });

  test('execute runs 2,000 connections', async (t) => {
    const connections = Array.from({ length: 2000 }, () => server.reader({ handshake }));
    t.after(() => {
      for (const connection of connections) connection.close();
    });
    for (let round = 0; round < 3; round++) {
      const executor = new Executor();
      for (const [i, connection] of connections.entries()) executor.add(connection, find(i, 2));
      const replies = await executor.execute(PATIENCE_MS);
      assert.equal(replies.length, 2000);
      for (const [i, own] of replies.entries()) assertInOrder(own, i, 2);
    }
    assert.ok(
      connections.every(({ generation, state }) => generation === 1 && state === 'connected'),
    );
  });

  test('executeSync runs 2,000 connections', () => {
    const connections = Array.from({ length: 2000 }, () => server.reader({ handshake }));
    const executor = new Executor();
    for (const [i, connection] of connections.entries()) executor.add(connection, find(i, 1));
    for (const [i, own] of executor.executeSync(PATIENCE_MS).entries()) assertInOrder(own, i, 1);
    for (const connection of connections) connection.close();
  });

  test('execute runs 2,000 connections of which every other one fails', async (t) => {
    const healthy = await startHealthyPeer(t);
    const resetting = await startPeer(t, async (visitor) => {
      await visitor.lines(1);
      visitor.reset();
    });
    const executor = new Executor();
    for (let i = 0; i < 2000; i++) {
      executor.add(new Connection((i % 2 ? resetting : healthy).address), batchOf(`${i}`));
    }
    const results = await executor.executeSettled(PATIENCE_MS);
    for (const [i, { status, reason, replies }] of results.entries()) {
      if (i % 2 === 0) assert.deepEqual([status, [...replies[0]]], ['fulfilled', ['fine', `${i}`]]);
      else assert.deepEqual([reason.code, reason.address], ['ERR_HS_LOST', resetting.address]);
    }
  });
});

test('a batch gets its replies though they fill every buffer while it is being written', async (t) => {
  const commands = 16 * 1024;
  const value = 'x'.repeat(1000);
  const large = 'y'.repeat(16 * 1024 * 1024);
  // The server reads no more commands until the large reply to the first one is read. A client that
  // writes first and reads later never ends.
  const peer = await startPeer(t, async (visitor) => {
    const { socket } = visitor;
    await visitor.lines(1);
    socket.removeAllListeners('data');
    socket.pause();
    await visitor.send(`0\t1\t${large}\n`);
    const linesIn = (text) => text.split('\n').length - 1;
    await visitor.send(`0\t1\t${value}\n`.repeat(linesIn(visitor.received) - 1));
    socket.on('data', (chunk) => {
      visitor.send(`0\t1\t${value}\n`.repeat(linesIn(chunk.toString('latin1'))));
    });
    socket.resume();
  });
  const batch = new Batch().write(`${value}\n`.repeat(commands));
  assert.ok(batch.byteLength > 16_000_000);
  const [first, ...others] = await run(new Connection(peer.address), batch, PATIENCE_MS);
  assert.ok(first.values[0] === large);
  assert.equal(others.length, commands - 1);
  assert.ok(others.every(({ values }) => values[0] === value));
});

describe('a batch of 64 MiB that nobody takes', () => {
  /** Answers the first command, reads no more, and then runs `script`. */
  const startClogged = (context, script) =>
    startPeer(context, async (visitor) => {
      await visitor.lines(1);
      visitor.socket.pause();
      await visitor.send('0\t1\tfirst\n');
      script(visitor);
    });
  const makeBatch = () => new Batch().write(`${'x'.repeat(1023)}\n`.repeat(64 * 1024));

  test('ends with the deadline', async (t) => {
    const peer = await startClogged(t, () => {});
    const connection = new Connection(peer.address);
    const { reason, replies } = await executeBesideHealthy(t, connection, makeBatch(), 1000);
    assertFailure(reason, {
      code: 'ERR_HS_TIMEOUT',
      address: peer.address,
      outcome: 'unknown',
      message: /1 of 65536/,
    });
    assert.deepEqual(valuesOf(replies), [['first']]);
  });

  test('ends with a reset, and keeps the reply before it', async (t) => {
    const peer = await startClogged(t, (visitor) => visitor.reset());
    const connection = new Connection(peer.address);
    const { reason, replies } = await executeBesideHealthy(t, connection, makeBatch(), PATIENCE_MS);
    assertFailure(reason, {
      code: 'ERR_HS_LOST',
      address: peer.address,
      outcome: 'unknown',
      cause: { code: /^(ECONNRESET|EPIPE)$/ },
    });
    assert.deepEqual(valuesOf(replies), [['first']]);
  });
});

describe('a server that dies because a view was opened', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'CREATE TABLE t.kv (k INT PRIMARY KEY, v INT)',
      'INSERT INTO t.kv VALUES (1, 7)',
      'CREATE VIEW t.seen AS SELECT * FROM t.kv',
    ],
  });

  test('fails all its batches, and is reconnected to when it is back', async (t) => {
    const handshake = new Batch().openIndex(0, { database: 't', table: 'kv', columns: ['v'] });
    const bystander = server.reader({ handshake });
    await run(bystander, new Batch().find(0, '=', [1]));
    const connection = server.reader();
    const batch = new Batch().openIndex(1, { database: 't', table: 'seen', columns: ['v'] });
    const { reason, replies } = await executeBesideHealthy(t, connection, batch, PATIENCE_MS);
    // Whether the dying server closes the socket or resets it depends on what it had left to read.
    const { cause } = reason;
    if (cause) assert.equal(cause.code, 'ECONNRESET');
    assertFailure(reason, {
      code: 'ERR_HS_LOST',
      address: server.readAddress,
      outcome: 'unknown',
      cause: cause && {},
    });
    assert.deepEqual(replies, []);

    await server.running.kill(); // waits until the port refuses
    const refused = await new Executor()
      .add(connection, batchOf('ping'))
      .executeSettled(PATIENCE_MS);
    assert.equal(refused[0].reason.code, 'ERR_HS_CONNECT');

    await server.running.start();
    const [found] = await run(bystander, new Batch().find(0, '=', [1]), PATIENCE_MS);
    assert.deepEqual(found.values, ['7']);
    assert.deepEqual([bystander.state, bystander.generation], ['connected', 2]);
    assert.equal((await run(connection, batchOf('ping')))[0].error.serverMessage, 'cmd');
  });
});
