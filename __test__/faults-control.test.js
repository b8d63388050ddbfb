'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { AbortError, Connection, ExecuteError, Executor } = require('..');
const {
  answer,
  silence,
  startFullPeer,
  startHealthyPeer,
  startPeer,
} = require('./support/fake-peer.js');
const { assertFailure, batchOf, run, valuesOf } = require('./support/failures.js');

/** Answers every command but those that say 'wait'. */
const answerUnlessWait = answer((line) => (line === 'wait' ? undefined : `0\t1\t${line}\n`));

/**
 * Starts an execute of two pairs: one has its first reply only, the other is complete.
 * @returns what is needed to end it, and to check how it ended
 */
async function startHalfDone(context, options) {
  const peer = await startPeer(context, answerUnlessWait);
  const healthy = await startHealthyPeer(context);
  const connection = new Connection(peer.address);
  const batch = batchOf('first', 'wait', 'wait');
  const other = batchOf('other');
  const executor = new Executor().add(connection, batch);
  const results = executor
    .add(new Connection(healthy.address), other)
    .executeSettled(60_000, options);
  const visitors = [await peer.visitor(0), await healthy.visitor(0)];
  await visitors[0].lines(3);
  await visitors[1].lines(1);
  // Replies have been received once an execute that began later is over.
  await run(new Connection(healthy.address), batchOf('later'));
  const check = async ({ code = 'ERR_HS_CLOSED', cause }) => {
    const [result, otherResult] = await results;
    assertFailure(result.reason, {
      code,
      address: peer.address,
      outcome: 'unknown',
      cause: cause && {},
    });
    assert.equal(result.reason.cause, cause);
    assert.equal(batch.error, result.reason);
    assert.deepEqual(valuesOf(result.replies), [['first']]);
    assert.deepEqual(valuesOf(batch), [['first']]);
    assert.equal(otherResult.status, 'fulfilled');
    assert.deepEqual(valuesOf(other), [['fine', 'other']]);
    await visitors[0].closed;
    assert.deepEqual(valuesOf(await run(connection, batchOf('again'))), [['again']]);
    assert.equal(connection.generation, 2);
  };
  return { connection, check };
}

describe('close() in the middle', () => {
  test('is not attributed to a signal that is aborted after it', async (t) => {
    const controller = new AbortController();
    const peer = await startPeer(t, silence);
    const [closed, aborted] = [new Connection(peer.address), new Connection(peer.address)];
    const executor = new Executor().add(closed, batchOf('a')).add(aborted, batchOf('b'));
    const executed = executor.execute(60_000, { signal: controller.signal });
    for (let i = 0; i < 2; i++) await (await peer.visitor(i)).lines(1);
    closed.close();
    // Its socket is closed once the driver has handled the close.
    await Promise.race([0, 1].map(async (i) => (await peer.visitor(i)).closed));
    controller.abort();
    const { name, results } = await executed.catch((error) => error);
    assert.equal(name, 'AbortError');
    assert.deepEqual(
      results.map(({ reason: { code, cause } }) => [code, cause]),
      [
        ['ERR_HS_CLOSED', undefined],
        ['ABORT_ERR', controller.signal.reason],
      ],
    );
  });

  test('ends the batch, keeps its replies and does not affect the others', async (t) => {
    const { connection, check } = await startHalfDone(t);
    connection.close();
    assert.equal(connection.state, 'closed');
    await check({ cause: undefined });
  });

  test('leaves a connection that can be used at once', async (t) => {
    const peer = await startPeer(t, answerUnlessWait);
    const connection = new Connection(peer.address);
    const first = new Executor().add(connection, batchOf('wait')).executeSettled(60_000);
    await (await peer.visitor(0)).lines(1);
    connection.close();
    assert.deepEqual(valuesOf(await run(connection, batchOf('next'))), [['next']]);
    assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
    assert.equal((await first)[0].reason.code, 'ERR_HS_CLOSED');
    assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
    assert.deepEqual(valuesOf(await run(connection, batchOf('more'))), [['more']]);
    assert.equal(connection.generation, 2);
  });

  test('of an execute whose batch is over closes the socket at once', async (t) => {
    const silent = await startPeer(t, silence);
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const batch = batchOf('over');
    const { signal, abort } = abortable();
    const executor = new Executor().add(connection, batch);
    executor.add(new Connection(silent.address), batchOf('not over'));
    const executed = executor.executeSettled(60_000, { signal });
    let isOver = false;
    executed.then(() => {
      isOver = true;
    });
    await (await silent.visitor(0)).lines(1);
    await (await healthy.visitor(0)).lines(1);
    await run(new Connection(healthy.address), batchOf('later'));

    connection.close();
    const timer = setTimeout(abort, 5000);
    await healthy.visitors[0].closed;
    clearTimeout(timer);
    assert.equal(isOver, false, 'it was closed by the end of the execute only');
    abort();
    assert.equal((await executed)[0].status, 'fulfilled');
    assert.deepEqual(valuesOf(batch), [['fine', 'over']]);
  });

  test('of the connect leaves nothing sent', async (t) => {
    const full = await startFullPeer(t);
    const connection = new Connection(full.address);
    const batch = batchOf('a');
    const executed = new Executor().add(connection, batch).executeSettled(60_000);
    // It is in flight once an execute that began later on the same thread is over.
    await run(new Connection((await startHealthyPeer(t)).address), batchOf('later'));
    assert.equal(connection.state, 'connecting');
    connection.close();
    await executed;
    assertFailure(batch.error, {
      code: 'ERR_HS_CLOSED',
      address: full.address,
      outcome: 'not-sent',
    });
    assert.deepEqual([connection.state, connection.generation], ['closed', 0]);
  });

  test('at once after the call', async (t) => {
    const peer = await startPeer(t, silence);
    const connection = new Connection(peer.address);
    for (let i = 0; i < 20; i++) {
      const batch = batchOf('a');
      const executed = new Executor().add(connection, batch).executeSettled(60_000);
      connection.close();
      const [{ reason }] = await executed;
      assert.equal(reason.code, 'ERR_HS_CLOSED');
      assert.match(reason.outcome, /^(not-sent|unknown)$/);
      assert.equal(connection.state, 'closed');
    }
  });
});

describe('an AbortSignal', () => {
  test('in the middle ends unfinished batches, and execute rejects', async (t) => {
    const { signal, abort } = abortable();
    const reason = new Error('enough');
    const { check } = await startHalfDone(t, { signal });
    abort(reason);
    await check({ code: 'ABORT_ERR', cause: reason });
  });

  test('may have a reason that is not an error, or the default one', async (t) => {
    const peer = await startPeer(t, silence);
    for (const [given, check] of [
      ['enough', (cause) => assert.equal(cause, 'enough')],
      [undefined, (cause) => assert.equal(cause.name, 'AbortError')],
    ]) {
      const { signal, abort } = abortable();
      const batch = batchOf('wait');
      const executor = new Executor().add(new Connection(peer.address), batch);
      const executed = executor.execute(60_000, { signal });
      await (await peer.visitor(peer.visitors.length)).lines(1);
      abort(given);
      await assert.rejects(executed, (error) => {
        assertAborted(error, { outcome: 'unknown' });
        assert.deepEqual(error.results, [{ status: 'rejected', reason: batch.error, replies: [] }]);
        check(error.cause);
        return true;
      });
      assertAborted(batch.error, { address: peer.address, outcome: 'unknown' });
      check(batch.error.cause);
    }
  });

  test('that is aborted before the call sends nothing', async (t) => {
    const peer = await startPeer(t, silence);
    const connection = new Connection(peer.address);
    const reason = new Error('never mind');
    const options = { signal: AbortSignal.abort(reason) };
    const batches = [batchOf('a'), batchOf('b')];
    await assert.rejects(
      new Executor().add(connection, batches[0]).execute(1000, options),
      (error) => {
        assertAborted(error, { outcome: 'not-sent' });
        return error.cause === reason && error.results[0].reason === batches[0].error;
      },
    );
    const [result] = await new Executor().add(connection, batches[1]).executeSettled(1000, options);
    assert.equal(result.reason, batches[1].error);
    for (const { error, replies } of batches) {
      assertAborted(error, { address: peer.address, outcome: 'not-sent' });
      assert.equal(error.cause, reason);
      assert.deepEqual(replies, []);
    }
    assert.equal(connection.generation, 0);
    assert.deepEqual(await new Executor().execute(1000, options), []);
  });

  test('aborted during the connect, or right after the call, sends nothing', async (t) => {
    const full = await startFullPeer(t);
    const batch = batchOf('a');
    const { signal, abort } = abortable();
    const executor = new Executor().add(new Connection(full.address), batch);
    const executed = executor.executeSettled(60_000, { signal });
    abort();
    await executed;
    assertAborted(batch.error, { address: full.address, outcome: 'not-sent' });
    assert.equal(batch.error.cause.name, 'AbortError');
  });

  test('after the end does nothing', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const { signal, abort } = abortable();
    const batch = batchOf('a');
    await new Executor().add(connection, batch).execute(1000, { signal });
    abort();
    assert.equal(batch.error, null);
    assert.deepEqual(valuesOf(await run(connection, batchOf('b'))), [['fine', 'b']]);
    assert.equal(connection.generation, 1);
  });

  test('may end many executes at once', async (t) => {
    const peer = await startPeer(t, silence);
    const { signal, abort } = abortable();
    const executed = Array.from({ length: 10 }, () =>
      new Executor()
        .add(new Connection(peer.address), batchOf('wait'))
        .executeSettled(60_000, { signal }),
    );
    for (let i = 0; i < 10; i++) await (await peer.visitor(i)).lines(1);
    abort();
    for (const [result] of await Promise.all(executed)) {
      assert.deepEqual(
        [result.reason.code, result.reason.outcome, result.reason.cause.name],
        ['ABORT_ERR', 'unknown', 'AbortError'],
      );
    }
  });
});

describe('a connection in two executes at once', () => {
  test('fails the later batch, and does not affect the earlier one and the others', async (t) => {
    const peer = await startPeer(t, answerUnlessWait);
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(peer.address);
    const first = new Executor().add(connection, batchOf('one', 'wait')).execute(60_000);
    const visitor = await peer.visitor(0);
    await visitor.lines(2);

    const [busy, other] = await new Executor()
      .add(connection, batchOf('two'))
      .add(new Connection(healthy.address), batchOf('other'))
      .executeSettled(60_000);
    const expected = {
      code: 'ERR_HS_BUSY',
      address: peer.address,
      outcome: 'not-sent',
      message: /another execute is using the connection/,
    };
    assertFailure(busy.reason, expected);
    assert.deepEqual(busy.replies, []);
    assert.deepEqual(valuesOf(other.replies), [['fine', 'other']]);

    const batch = batchOf('three');
    assert.throws(() => new Executor().add(connection, batch).executeSync(), ExecuteError);
    assertFailure(batch.error, expected);

    visitor.send('0\t1\tlate\n');
    assert.deepEqual((await first).map(valuesOf), [[['one'], ['late']]]);
    assert.equal(visitor.received, 'one\nwait\n');
    assert.equal(connection.generation, 1);
    assert.deepEqual(valuesOf(await run(connection, batchOf('four'))), [['four']]);
  });

  test('goes to the first if both begin at the same moment', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        new Executor().add(connection, batchOf(`${i}`)).executeSettled(),
      ),
    );
    assert.deepEqual(
      results.map(([{ status, reason }]) => reason?.code ?? status),
      ['fulfilled', ...Array(9).fill('ERR_HS_BUSY')],
    );
    assert.equal(healthy.visitors[0].received, '0\n');
  });
});

/** Asserts an AbortError with Node.js's name and code. */
function assertAborted(error, { address, outcome }) {
  assert.ok(error instanceof AbortError, error.stack);
  assert.deepEqual([error.name, error.code], ['AbortError', 'ABORT_ERR']);
  assert.deepEqual([error.address, error.outcome], [address, outcome]);
}

/** A signal and the function that aborts it. */
function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
