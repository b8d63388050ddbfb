'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Connection, ExecuteError, Executor } = require('..');
const { assertFailure, batchOf, run, valuesOf } = require('./support/failures.js');
const { silence, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { refusal } = require('./support/refusals.js');

test('an executor takes connections and batches only', () => {
  const executor = new Executor();
  const connection = new Connection('localhost:4321');
  for (const [given, shown] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['localhost', 'a string'],
    [new Batch(), 'Batch'],
  ]) {
    assert.throws(() => executor.add(given, new Batch()), refusal(TypeError, 'connection', shown));
  }
  for (const [given, shown] of [
    [undefined, 'undefined'],
    ['1\t=\t1\tk\n', 'a string'],
    [connection, 'Connection'],
  ]) {
    assert.throws(() => executor.add(connection, given), refusal(TypeError, 'batch', shown));
  }
  assert.equal(executor.size, 0);
  executor.add(connection, new Batch());
  assert.throws(
    () => executor.add(connection, new Batch()),
    refusal(TypeError, 'connection', 'localhost:4321'),
  );
  assert.throws(
    () => executor.add(new Connection(), new Batch().write('1\t=')),
    refusal(TypeError, 'batch', 'inside a command'),
  );
  assert.equal(executor.size, 1);
});

test('a batch that an executor refused can be added elsewhere', () => {
  const connection = new Connection();
  const executor = new Executor().add(connection, new Batch());
  const batch = new Batch();
  assert.throws(() => executor.add(connection, batch), TypeError);
  assert.equal(executor.add(new Connection(), batch).size, 2);
});

describe('arguments of an execute throw at the call, and leave the executor as it was', () => {
  for (const [title, args, errorClass, ...named] of [
    ['a timeout that is text', ['100'], TypeError, 'timeoutMs', "'100'"],
    ['a timeout that is null', [null], TypeError, 'timeoutMs', 'null'],
    ['a timeout that is a bigint', [1n], TypeError, 'timeoutMs', '1n'],
    ['a negative timeout', [-1], RangeError, 'timeoutMs', '-1'],
    ['a timeout that is NaN', [Number.NaN], RangeError, 'timeoutMs', 'NaN'],
    ['an infinite timeout', [Infinity], RangeError, 'timeoutMs', 'Infinity'],
    ['a timeout past 2^31', [2 ** 31], RangeError, 'timeoutMs', '2147483648'],
    ['options that are null', [1, null], TypeError, 'options', 'null'],
    ['options that are a number', [1, 5], TypeError, 'options', 'a number'],
    [
      'a signal that is a controller',
      [1, { signal: new AbortController() }],
      TypeError,
      'options.signal',
      'AbortController',
    ],
    ['a signal of the options in its place', [{ signal: 1 }], TypeError, 'options', 'signal'],
    ['a timeout of the options in its place', [{ timeoutMs: '1' }], TypeError, 'timeoutMs', "'1'"],
    ['an option that there is not', [{ timeout: 1 }], TypeError, 'options', 'timeout'],
    ['one behind the timeout', [1, { timeoutMs: 1 }], TypeError, 'options', 'timeoutMs'],
    ['options twice', [{ timeoutMs: 1 }, {}], TypeError, 'timeoutMs'],
  ]) {
    test(title, () => {
      const batch = new Batch().write('\n');
      const executor = new Executor().add(new Connection(), batch);
      for (const method of ['execute', 'executeSettled', 'executeSync']) {
        if (method === 'executeSync' && args.length > 1) continue;
        assert.throws(() => executor[method](...args), refusal(errorClass, ...named));
        assert.throws(() => new Executor()[method](...args), refusal(errorClass, ...named));
      }
      assert.equal(executor.size, 1);
      assert.deepEqual([batch.replies, batch.error], [[], null]);
    });
  }
});

test('a batch in an executor refuses further writes', () => {
  const batch = new Batch().find(1, '=', [1]);
  new Executor().add(new Connection(), batch);
  for (const call of [
    () => batch.write('\n'),
    () => batch.writeDecimal(1),
    () => batch.find(1, '=', [2]),
    () => batch.clear(),
  ]) {
    assert.throws(call, { name: 'TypeError', message: /in an executor already/ });
  }
  assert.equal(batch.commandCount, 1);
});

describe('a batch', () => {
  test('that ran already is refused, whatever its result', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const batch = batchOf('a');
    await run(connection, batch);
    const failed = batchOf('a');
    await assert.rejects(run(connection, failed, 0), { code: 'ERR_HS_TIMEOUT' });
    for (const ran of [batch, failed]) {
      for (const call of [
        () => new Executor().add(connection, ran),
        () => ran.write('b\n'),
        () => ran.find(0, '=', [1]),
      ]) {
        assert.throws(call, { name: 'TypeError', message: /batch .*has run/ });
      }
    }
    assert.equal(failed.clear().error, null);
    assert.deepEqual(valuesOf(await run(connection, failed.write('c\n'))), [['fine', 'c']]);
  });

  test('that is running is refused', async (t) => {
    const peer = await startPeer(t, silence);
    const batch = batchOf('a');
    const connection = new Connection(peer.address);
    const executed = new Executor().add(connection, batch).executeSettled(60_000);
    for (const call of [
      () => new Executor().add(new Connection(), batch),
      () => batch.write('b\n'),
      () => batch.clear(),
    ]) {
      assert.throws(call, { name: 'TypeError', message: /batch .*running/ });
    }
    connection.close();
    await executed;
  });

  test('that waits in another executor is refused', () => {
    const batch = new Batch();
    new Executor().add(new Connection(), batch);
    assert.throws(() => new Executor().add(new Connection(), batch), {
      name: 'TypeError',
      message: /batch .*in an executor already/,
    });
  });
});

test('timeout 0 sends nothing', async (t) => {
  const healthy = await startHealthyPeer(t);
  const connection = new Connection(healthy.address);
  const expected = { code: 'ERR_HS_TIMEOUT', address: healthy.address, outcome: 'not-sent' };
  const batches = [batchOf('a'), batchOf('b'), batchOf('c')];

  await new Executor().add(connection, batches[0]).executeSettled(0);
  assert.deepEqual([connection.generation, healthy.visitors.length], [0, 0]);
  await run(connection, batchOf('good'));
  await assert.rejects(new Executor().add(connection, batches[1]).execute(0), ExecuteError);
  assert.throws(() => new Executor().add(connection, batches[2]).executeSync(0), ExecuteError);
  for (const { error, replies } of batches) {
    assertFailure(error, { ...expected, message: /before anything was sent/ });
    assert.deepEqual(replies, []);
  }
  await run(connection, batchOf('good'));
  assert.equal(healthy.visitors[0].received, 'good\ngood\n');
  assert.equal(connection.generation, 1, 'what was not used is not broken');
});
