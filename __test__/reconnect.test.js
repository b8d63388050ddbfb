'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Connection, Executor } = require('..');
const { answer, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { assertFailure, batchOf, run, valuesOf } = require('./support/failures.js');
const { useServer } = require('./support/server.js');

const target = { database: 't', table: 'kv', columns: ['v'] };
const preamble = 'A\t1\topen sesame\nP\t0\tt\tkv\tPRIMARY\tv\n';
const settings = { secret: 'open sesame', handshake: new Batch().openIndex(0, target) };

describe('secret and handshake', () => {
  test('go first on every connect, in the same write as the batch, and only then', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address, settings);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a', 'b'))), [
      ['fine', 'a'],
      ['fine', 'b'],
    ]);
    await run(connection, batchOf('c'));
    assert.deepEqual(healthy.visitors[0].chunks, [`${preamble}a\nb\n`, 'c\n']);

    connection.close();
    await run(connection, batchOf('d'));
    assert.deepEqual(healthy.visitors[1].chunks, [`${preamble}d\n`]);
  });

  test('go first again after a failure', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      await visitor.lines(3);
      if (ordinal === 0) return visitor.reset();
      return visitor.send('0\t1\n0\t1\n0\t1\tfine\n');
    });
    const connection = new Connection(peer.address, settings);
    const batch = batchOf('a');
    await assert.rejects(run(connection, batch), { code: 'ERR_HS_LOST', outcome: 'unknown' });
    assert.deepEqual(valuesOf(await run(connection, batchOf('b'))), [['fine']]);
    assert.deepEqual(
      peer.visitors.map(({ chunks }) => chunks),
      [[`${preamble}a\n`], [`${preamble}b\n`]],
    );
  });

  test('have replies of their own, also if they come bit by bit', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(3);
      for (const byte of '0\t1\n0\t1\tof no interest\n0\t1\tmine\n') await visitor.send(byte);
    });
    const connection = new Connection(peer.address, settings);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['mine']]);
  });

  test('are those of each connection', async (t) => {
    const healthy = await startHealthyPeer(t);
    const executor = new Executor();
    for (let i = 0; i < 20; i++) {
      const handshake = batchOf(`open ${i}`);
      const connection = new Connection(healthy.address, { secret: `secret ${i}`, handshake });
      executor.add(connection, batchOf(`${i}`));
    }
    await executor.execute();
    assert.deepEqual(
      healthy.visitors.map(({ received }) => received).sort(),
      Array.from({ length: 20 }, (_, i) => `A\t1\tsecret ${i}\nopen ${i}\n${i}\n`).sort(),
    );
  });
});

describe('a connection that failed', () => {
  test('connects again at its next use, and not before', async (t) => {
    const peer = await startPeer(t, (visitor, ordinal) => {
      if (ordinal < 3) visitor.socket.on('data', () => visitor.reset());
      else answer(() => '0\t1\tat last\n')(visitor);
    });
    const connection = new Connection(peer.address);
    for (let i = 0; i < 3; i++) {
      const batch = batchOf('a');
      await assert.rejects(run(connection, batch), (error) => error === batch.error);
      assertFailure(batch.error, {
        code: 'ERR_HS_LOST',
        address: peer.address,
        outcome: 'unknown',
        cause: { code: 'ECONNRESET' },
      });
      assert.deepEqual([connection.state, connection.generation], ['aborted', i + 1]);
      assert.equal(peer.visitors.length, i + 1);
    }
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['at last']]);
    assert.equal(connection.generation, 4);
  });

  test('by a timeout gets no late reply', async (t) => {
    let wake;
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return answer(() => '0\t1\tyours\n')(visitor);
      await visitor.lines(1);
      wake = () => visitor.send('0\t1\tlate\n');
    });
    const connection = new Connection(peer.address);
    await assert.rejects(run(connection, batchOf('a'), 500), { code: 'ERR_HS_TIMEOUT' });
    await wake();
    assert.deepEqual(valuesOf(await run(connection, batchOf('b'))), [['yours']]);
  });
});

describe('a connection that the server closed while it was idle', () => {
  const leavings = {
    'by an end of file': (visitor) => new Promise((resolve) => visitor.socket.end(resolve)),
    'by a reset': (visitor) => {
      visitor.reset();
      return visitor.closed;
    },
  };
  for (const [how, leave] of Object.entries(leavings)) {
    test(`${how} is replaced without the caller noticing`, async (t) => {
      const healthy = await startHealthyPeer(t);
      const connection = new Connection(healthy.address, settings);
      for (let i = 0; i < 5; i++) {
        assert.deepEqual(valuesOf(await run(connection, batchOf(`${i}`))), [['fine', `${i}`]]);
        assert.deepEqual([connection.state, connection.generation], ['connected', i + 1]);
        assert.deepEqual(healthy.visitors[i].chunks, [`${preamble}${i}\n`]);
        await leave(healthy.visitors[i]);
      }
    });

    test(`${how} is replaced beside others that are not`, async (t) => {
      const healthy = await startHealthyPeer(t);
      const connections = Array.from({ length: 40 }, () => new Connection(healthy.address));
      const executeAll = () => {
        const executor = new Executor();
        for (const [i, connection] of connections.entries()) {
          executor.add(connection, batchOf(`${i}`));
        }
        return executor.execute();
      };
      await executeAll();
      await Promise.all(healthy.visitors.filter((_, i) => i % 2 === 0).map(leave));
      assert.deepEqual(
        (await executeAll()).map(valuesOf),
        connections.map((_, i) => [['fine', `${i}`]]),
      );
      const generations = connections.map(({ generation }) => generation).sort();
      assert.deepEqual(generations, [...Array(20).fill(1), ...Array(20).fill(2)]);
    });
  }

  test('fails if it cannot be replaced, with nothing sent', async (t) => {
    const peer = await startPeer(t, (visitor) => {
      answer(() => '0\t1\n')(visitor);
      peer.refuse();
    });
    const connection = new Connection(peer.address);
    const batch = batchOf('b');
    await run(connection, batchOf('a'));
    await leavings['by an end of file'](peer.visitors[0]);
    await assert.rejects(run(connection, batch));
    assertFailure(batch.error, {
      code: 'ERR_HS_CONNECT',
      address: peer.address,
      outcome: 'not-sent',
      cause: { code: 'ECONNREFUSED' },
    });
  });
});

describe('a real server that was restarted', () => {
  const server = useServer({
    sql: `CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT); INSERT INTO t.kv VALUES (1, 7)`,
  });
  const find = () => new Batch().find(0, '=', [1]);
  const restart = async () => {
    await server.running.kill();
    await server.running.start();
  };

  test('is reconnected to without the caller noticing', async () => {
    const handshake = new Batch().openIndex(0, target);
    const connections = [server.reader({ handshake }), server.reader({ handshake })];
    for (const connection of connections) {
      assert.deepEqual(valuesOf(await run(connection, find())), [['7']]);
    }
    await restart();
    assert.deepEqual(valuesOf(await run(connections[0], find())), [['7']]);
    assert.deepEqual(valuesOf(new Executor().add(connections[1], find()).executeSync()[0]), [
      ['7'],
    ]);
    for (const { state, generation } of connections) {
      assert.deepEqual([state, generation], ['connected', 2]);
    }
  });

  test('has forgotten indexes that no handshake opens', async () => {
    const connection = server.reader();
    await run(connection, new Batch().openIndex(0, target));
    assert.deepEqual(valuesOf(await run(connection, find())), [['7']]);
    await restart();
    assert.deepEqual(valuesOf(await run(connection, find())), [['stmtnum']]);
    assert.equal(connection.generation, 2, 'which tells the caller why');
  });

  test('cannot be connected to while it is down', async () => {
    const connection = server.reader({ handshake: new Batch().openIndex(0, target) });
    await run(connection, find());
    await server.running.kill();
    const batch = find();
    await assert.rejects(run(connection, batch));
    assertFailure(batch.error, {
      code: 'ERR_HS_CONNECT',
      address: server.readAddress,
      outcome: 'not-sent',
      cause: { code: 'ECONNREFUSED' },
    });
    await server.running.start();
    assert.deepEqual(valuesOf(await run(connection, find())), [['7']]);
  });
});
