'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { before, describe, test } = require('node:test');

const { Batch, Connection, ExecuteError, Executor, HandlerSocketError } = require('..');
const { refusingAddress, silence, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { assertFailure, batchOf, run, valuesOf } = require('./support/failures.js');
const { useServer } = require('./support/server.js');

describe('an execute on a real server', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(50))',
      "INSERT INTO t.kv VALUES (1, 'value 1'), (2, 'value 2'), (3, 'value 3')",
    ],
  });
  const handshake = new Batch().openIndex(0, { database: 't', table: 'kv', columns: ['v'] });
  const find = (...keys) => keys.reduce((batch, key) => batch.find(0, '=', [key]), new Batch());
  let connection;

  before(() => {
    connection = server.reader({ handshake });
  });

  test('resolves with the replies of each batch, in the order they were added', async () => {
    const batches = [find(3), find(), find(1, 2)];
    const executor = new Executor();
    for (const batch of batches) executor.add(server.reader({ handshake }), batch);
    assert.equal(executor.size, 3);
    const replies = await executor.execute();
    assert.deepEqual(replies.map(valuesOf), [[['value 3']], [], [['value 1'], ['value 2']]]);
    assert.deepEqual(
      batches.map((batch) => batch.replies),
      replies,
    );
    assert.equal(executor.size, 0);
  });

  test('executeSettled has the same replies as results', async () => {
    const [result] = await new Executor().add(connection, find(1)).executeSettled();
    assert.deepEqual(Object.keys(result).sort(), ['replies', 'status']);
    assert.equal(result.status, 'fulfilled');
    assert.deepEqual(valuesOf(result.replies), [['value 1']]);
  });

  test('executeSync gives the same replies', () => {
    const batch = find(2, 4);
    const replies = new Executor()
      .add(connection, batch)
      .add(server.reader({ handshake }), find(3))
      .executeSync();
    assert.deepEqual(replies.map(valuesOf), [[['value 2'], []], [['value 3']]]);
    assert.equal(batch.replies, replies[0]);
  });

  test('execute and executeSync may alternate on the same connections', async () => {
    const shared = server.reader({ handshake });
    const other = server.reader({ handshake });
    for (let i = 0; i < 20; i++) {
      const underWay = new Executor().add(other, find(1)).execute();
      const [[sync]] = new Executor().add(shared, find(2)).executeSync(1000);
      const [[reply]] = await new Executor().add(shared, find(3)).execute(1000);
      assert.deepEqual([sync.values, reply.values], [['value 2'], ['value 3']]);
      assert.deepEqual((await underWay).map(valuesOf), [[['value 1']]]);
    }
    assert.deepEqual([shared.generation, other.generation], [1, 1]);
  });

  test('leaves the executor ready for the next pairs', async () => {
    const executor = new Executor().add(connection, find(1));
    const first = executor.execute();
    executor.add(server.reader({ handshake }), find(2));
    assert.equal(executor.size, 1);
    const second = executor.execute();
    assert.deepEqual((await first).map(valuesOf), [[['value 1']]]);
    assert.deepEqual((await second).map(valuesOf), [[['value 2']]]);
    assert.deepEqual(await executor.execute(), []);
  });

  test('sets the replies of its batches only when it is over', async () => {
    const batch = find(1);
    const executed = new Executor().add(connection, batch).execute();
    assert.deepEqual([batch.replies, batch.error], [[], null]);
    await executed;
    assert.equal(batch.replies.length, 1);
  });

  test('runs beside any number of other executes', async () => {
    const keys = Array.from({ length: 100 }, (_, i) => (i % 3) + 1);
    const executed = keys.map((key) =>
      new Executor().add(server.reader({ handshake }), find(key)).execute(),
    );
    for (const [i, replies] of (await Promise.all(executed)).entries()) {
      assert.deepEqual(replies.map(valuesOf), [[[`value ${keys[i]}`]]]);
    }
  });

  test('may use a connection after other executes, in turn', async () => {
    for (let i = 0; i < 500; i++) {
      const [reply] = await run(connection, find((i % 3) + 1));
      assert.equal(reply.values[0], `value ${(i % 3) + 1}`);
    }
    assert.equal(connection.generation, 1);
  });

  test('resolves if the server refuses a command', async () => {
    const [replies] = await new Executor().add(connection, find(1).find(9, '=', [1])).execute();
    assert.deepEqual(
      replies.map(({ errorCode }) => errorCode),
      [0, 2],
    );
  });
});

describe('an execute with failures', () => {
  /** A pair that succeeds, one that is refused, and one that times out. */
  async function threePairs(context) {
    const refused = await refusingAddress(context);
    const silent = await startPeer(context, silence);
    const healthy = await startHealthyPeer(context);
    const batches = [batchOf('one'), batchOf('two'), batchOf('three', 'four')];
    const executor = new Executor()
      .add(new Connection(refused), batches[0])
      .add(new Connection(silent.address), batches[1])
      .add(new Connection(healthy.address), batches[2]);
    return { executor, batches, refused, silent };
  }

  const checkResults = (results, batches, refused, silent) => {
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    );
    assertFailure(results[0].reason, {
      code: 'ERR_HS_CONNECT',
      address: refused,
      outcome: 'not-sent',
      cause: { code: 'ECONNREFUSED' },
    });
    assertFailure(results[1].reason, {
      code: 'ERR_HS_TIMEOUT',
      address: silent.address,
      outcome: 'unknown',
      message: /0 of 1 replies/,
    });
    assert.deepEqual(valuesOf(results[2].replies), [
      ['fine', 'three'],
      ['fine', 'four'],
    ]);
    for (const [i, batch] of batches.entries()) {
      assert.equal(batch.error, results[i].reason ?? null);
      assert.equal(batch.replies, results[i].replies);
    }
  };

  const checkExecuteError = (error, batches, refused, silent) => {
    assert.ok(error instanceof ExecuteError);
    assert.ok(error instanceof HandlerSocketError);
    assert.equal(error.name, 'ExecuteError');
    assert.equal(error.code, 'ERR_HS_EXECUTE');
    assert.deepEqual([error.address, error.outcome], [undefined, undefined]);
    assert.match(error.message, /2 of 3/);
    assert.deepEqual(error.errors, [batches[0].error, batches[1].error]);
    checkResults(error.results, batches, refused, silent);
    return true;
  };

  test('rejects once all have ended, with an error for each', async (t) => {
    const { executor, batches, refused, silent } = await threePairs(t);
    await assert.rejects(executor.execute(1000), (error) =>
      checkExecuteError(error, batches, refused, silent),
    );
  });

  test('executeSettled resolves with the errors', async (t) => {
    const { executor, batches, refused, silent } = await threePairs(t);
    checkResults(await executor.executeSettled(1000), batches, refused, silent);
  });

  test('executeSync throws the same error', async (t) => {
    const refused = await refusingAddress(t);
    // The peer runs on this thread, which is blocked meanwhile, so it never answers.
    const silent = await startPeer(t, silence);
    const batch = batchOf('one');
    const executor = new Executor().add(new Connection(refused), batch);
    executor.add(new Connection(silent.address), batchOf('two'));
    assert.throws(
      () => executor.executeSync(100),
      (error) => {
        assert.ok(error instanceof ExecuteError);
        assert.deepEqual(
          error.errors.map(({ code, address }) => [code, address]),
          [
            ['ERR_HS_CONNECT', refused],
            ['ERR_HS_TIMEOUT', silent.address],
          ],
        );
        assert.equal(batch.error, error.errors[0]);
        return true;
      },
    );
    assert.equal(executor.size, 0);
  });
});

describe('without work', () => {
  test('an empty executor resolves with nothing', async () => {
    assert.deepEqual(await new Executor().execute(), []);
    assert.deepEqual(await new Executor().execute(0), []);
    assert.deepEqual(await new Executor().executeSettled(), []);
    assert.deepEqual(new Executor().executeSync(), []);
    assert.equal(new Executor().size, 0);
  });

  test('an empty batch has no replies, and nobody connects for it', async (t) => {
    const connection = new Connection(await refusingAddress(t));
    const batch = new Batch();
    assert.deepEqual(await new Executor().add(connection, batch).execute(), [[]]);
    assert.deepEqual(await new Executor().add(connection, new Batch()).execute(0), [[]]);
    assert.deepEqual(new Executor().add(connection, new Batch().write('')).executeSync(), [[]]);
    assert.deepEqual(await new Executor().add(connection, new Batch()).executeSettled(), [
      { status: 'fulfilled', replies: [] },
    ]);
    assert.deepEqual([connection.state, connection.generation], ['closed', 0]);
    assert.equal(batch.error, null);
    assert.throws(() => new Executor().add(connection, batch), TypeError, 'it has run');
  });

  test('a signal has no listeners left', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) {
      await new Executor().add(connection, batchOf('one')).execute(1000, { signal });
      await new Executor().add(connection, batchOf('one')).executeSettled(1000, { signal });
    }
    const refusing = new Connection(await refusingAddress(t));
    await new Executor().add(refusing, batchOf('one')).executeSettled(1000, { signal });
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });
});
