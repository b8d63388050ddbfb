'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Connection, Executor } = require('..');
const { workerRuns } = require('../lib/runtime/driver.js');
const { runChild } = require('./support/children.js');
const { answer, silence, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { batchOf } = require('./support/failures.js');

/** On other platforms, or on request, the worker waits for everything. */
const WAITS_INLINE = process.platform === 'linux' && process.env.HANSOCK_WAIT !== 'worker';

/** How many times a worker was sent for a call. */
async function runsOf(work) {
  const before = workerRuns();
  await work();
  return workerRuns() - before;
}

function execute(...connections) {
  const executor = new Executor();
  for (const connection of connections) executor.add(connection, batchOf('a'));
  return executor.execute();
}

describe('a worker', () => {
  test('waits for an execute that connects', async (t) => {
    const connection = new Connection((await startHealthyPeer(t)).address);
    assert.ok((await runsOf(() => execute(connection))) > 0);
  });

  test('waits for an execute that looks a name up', async (t) => {
    const { port } = await startHealthyPeer(t);
    const connection = new Connection(`localhost:${port}`);
    assert.ok((await runsOf(() => execute(connection))) > 0);
  });

  test('waits for an execute that reconnects', async (t) => {
    const peer = await startHealthyPeer(t);
    const connection = new Connection(peer.address);
    await execute(connection);
    const visitor = await peer.visitor(0);
    visitor.reset();
    await visitor.closed;
    assert.ok((await runsOf(() => execute(connection))) > 0);
    assert.equal(connection.generation, 2);
  });

  test('waits for an execute of several pairs', async (t) => {
    const peer = await startHealthyPeer(t);
    const connections = [new Connection(peer.address), new Connection(peer.address)];
    await execute(...connections);
    assert.ok((await runsOf(() => execute(...connections))) > 0);
  });

  test('waits for a long result', async (t) => {
    const value = 'x'.repeat(1024 * 1024);
    const peer = await startPeer(
      t,
      answer(() => `0\t1\t${value}\n`),
    );
    const connection = new Connection(peer.address);
    await execute(connection);
    const runs = await runsOf(async () => {
      const [[reply]] = await execute(connection);
      assert.equal(reply.values[0], value);
    });
    assert.ok(runs > 0);
  });

  test('does not wait for one pair on an open connection', { skip: !WAITS_INLINE }, async (t) => {
    const connection = new Connection((await startHealthyPeer(t)).address, { maxQueued: 9 });
    await execute(connection);
    const runs = await runsOf(async () => {
      for (let i = 0; i < 10; i++) await execute(connection);
      await Promise.all(Array.from({ length: 10 }, () => execute(connection)));
    });
    assert.equal(runs, 0);
  });

  test('hands off to the batches queued behind its connect', { skip: !WAITS_INLINE }, async (t) => {
    const connection = new Connection((await startHealthyPeer(t)).address, { maxQueued: 9 });
    const runs = await runsOf(() =>
      Promise.all(Array.from({ length: 10 }, () => execute(connection))),
    );
    assert.ok(runs > 0);
    assert.equal(await runsOf(() => execute(connection)), 0);
  });
});

describe('a process that waits for servers that do not answer', () => {
  test('uses no processor time', { skip: !WAITS_INLINE }, async (t) => {
    const answerOnce = answer((_line, ordinal) => (ordinal === 0 ? '0\t1\n' : undefined));
    const peer = await startPeer(t, answerOnce);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const { readFileSync } = require('node:fs');
      /** How many times its threads went to sleep. */
      const switches = () =>
        Number(
          /^voluntary_ctxt_switches:\s+(\d+)/m.exec(
            readFileSync('/proc/thread-self/status', 'utf8'),
          )[1],
        );
      const run = (connection, timeoutMs) =>
        new Executor().add(connection, new Batch().write('a\n')).executeSettled(timeoutMs);
      const connections = Array.from({ length: 10 }, () => new Connection(address));
      for (const connection of connections) await run(connection, 10_000);
      const before = switches();
      await Promise.all(connections.map((connection) => run(connection, 1000)));
      console.log(switches() - before);
    };
    const { stdout } = await runChild(t, program, { args: [peer.address] });
    // One for the deadline and a few for the end. Polling every 50 ms would have 20.
    assert.ok(Number(stdout) < 10, stdout);
  });

  test('ends by itself at the last deadline', async (t) => {
    const silent = await startPeer(t, silence);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const executor = new Executor().add(new Connection(address), new Batch().write('a\n'));
      const [{ reason }] = await executor.executeSettled(200);
      console.log(reason.code);
    };
    const { code, stdout } = await runChild(t, program, { args: [silent.address] });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'ERR_HS_TIMEOUT\n' });
  });
});

describe('a failure while one result is read', () => {
  test('does not fail the first long reply without descriptors', async (t) => {
    const value = 'x'.repeat(20_000);
    const answerLong = answer((_line, ordinal) => `0\t1\t${ordinal === 0 ? 'short' : value}\n`);
    const peer = await startPeer(t, answerLong);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const fs = require('node:fs');
      const connection = new Connection(address);
      const run = () =>
        new Executor().add(connection, new Batch().write('a\n')).executeSettled(5000);
      await run();
      const held = [];
      try {
        for (;;) held.push(fs.openSync('/dev/null'));
      } catch (error) {
        if (error.code !== 'EMFILE') throw error;
      }
      const [{ status, replies }] = await run();
      for (const descriptor of held) fs.closeSync(descriptor);
      console.log(status, replies[0].values[0].length);
    };
    const wrapper = ['prlimit', '--nofile=64'];
    const { stdout } = await runChild(t, program, { args: [peer.address], wrapper });
    assert.equal(stdout, 'fulfilled 20000\n');
  });

  test('rejects that execute and does not affect the others of its turn', async (t) => {
    const peer = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const run = (connection, text) =>
        new Executor().add(connection, new Batch().write(`${text}\n`)).executeSettled(5000);
      const connections = ['a', 'b', 'c'].map(() => new Connection(address));
      await Promise.all(connections.map((connection) => run(connection, 'open')));
      // Reading the result fails for one of them.
      const { includes } = String.prototype;
      String.prototype.includes = function (...given) {
        if (this.endsWith('\tb\n')) throw new Error('a defect');
        return includes.apply(this, given);
      };
      const results = await Promise.all(connections.map((c, i) => run(c, 'abc'[i])));
      String.prototype.includes = includes;
      console.log(
        JSON.stringify(
          results.map(([{ status, reason }]) => [status, reason?.code, reason?.outcome]),
        ),
      );
    };
    const { code, stdout, stderr } = await runChild(t, program, { args: [peer.address] });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.deepEqual(JSON.parse(stdout), [
      ['fulfilled', null, null],
      ['rejected', 'ERR_HS_LOST', 'unknown'],
      ['fulfilled', null, null],
    ]);
  });
});
