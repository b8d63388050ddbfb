'use strict';

const assert = require('node:assert/strict');
const { once, setMaxListeners } = require('node:events');
const fs = require('node:fs/promises');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { Batch, Connection, Executor } = require('..');
const { runChild, startChild } = require('./support/children.js');
const { silence, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { batchOf, run, valuesOf } = require('./support/failures.js');
const { holdPool } = require('./support/pool.js');
const { useServer } = require('./support/server.js');

/** "Soon" on a busy machine. The executes in flight take much longer. */
const SOON_MS = 10_000;
const LONG_MS = 300_000;

describe('60 executes on servers that never answer', () => {
  /** Starts the executes. Returns how many have ended. */
  async function startSilent(context) {
    const peer = await startPeer(context, silence);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    let ended = 0;
    const executed = Array.from({ length: 60 }, async () => {
      const executor = new Executor().add(new Connection(peer.address), batchOf('a'));
      await executor.executeSettled(LONG_MS, { signal: controller.signal });
      ended++;
    });
    for (let i = 0; i < 60; i++) await (await peer.visitor(i)).lines(1);
    context.after(async () => {
      controller.abort();
      await Promise.all(executed);
      assert.equal(ended, 60);
    });
    return () => ended;
  }

  test('do not delay reading a file', async (t) => {
    const ended = await startSilent(t);
    const start = performance.now();
    for (let i = 0; i < 20; i++) {
      const files = await Promise.all(Array.from({ length: 8 }, () => fs.readFile(__filename)));
      assert.ok(files.every((content) => content.length > 1000));
    }
    assert.equal(ended(), 0);
    assert.ok(performance.now() - start < SOON_MS);
  });

  test('do not delay another execute', async (t) => {
    const ended = await startSilent(t);
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const start = performance.now();
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(valuesOf(await run(connection, batchOf(`${i}`))), [['fine', `${i}`]]);
    }
    await Promise.all(
      Array.from({ length: 100 }, () => run(new Connection(healthy.address), batchOf('a'))),
    );
    assert.equal(ended(), 0);
    assert.ok(performance.now() - start < SOON_MS);
  });

  test('do not delay executeSync or a name look-up', async (t) => {
    const ended = await startSilent(t);
    const healthy = await startHealthyPeer(t);
    const byName = new Connection(`localhost:${healthy.port}`);
    assert.deepEqual(valuesOf(await run(byName, batchOf('a'))), [['fine', 'a']]);
    const start = performance.now();
    const unanswered = new Executor().add(new Connection(healthy.address), batchOf('a'));
    assert.throws(() => unanswered.executeSync(50), { code: 'ERR_HS_EXECUTE' });
    assert.equal(ended(), 0);
    assert.ok(performance.now() - start < SOON_MS);
  });
});

describe('a pool whose threads others hold', () => {
  test('delays neither an execute nor its end', async (t) => {
    const healthy = await startHealthyPeer(t);
    const silent = await startPeer(t, silence);
    const connection = new Connection(healthy.address);
    await holdPool(t);
    const start = performance.now();
    for (const name of ['first', 'second', 'third']) {
      assert.deepEqual(valuesOf(await run(connection, batchOf(name))), [['fine', name]]);
    }
    await assert.rejects(run(new Connection(silent.address), batchOf('a'), 50), {
      code: 'ERR_HS_TIMEOUT',
    });
    const late = await run(new Connection(healthy.address), batchOf('late'));
    assert.deepEqual(valuesOf(late), [['fine', 'late']]);
    assert.ok(performance.now() - start < SOON_MS);
  });

  test('does not delay an execute that a worker has begun to wait for', async (t) => {
    const peer = await startPeer(t, silence);
    const connection = new Connection(peer.address);
    const executed = run(connection, batchOf('a'), LONG_MS);
    const visitor = await peer.visitor(0);
    await visitor.lines(1);
    // The holder has all threads once the worker has come back, which has begun to wait by then.
    await holdPool(t);
    await visitor.send('0\t1\tlate\n');
    assert.deepEqual(valuesOf(await executed), [['late']]);
  });

  test('does not delay a name look-up', async (t) => {
    const healthy = await startHealthyPeer(t);
    await holdPool(t);
    const byName = new Connection(`localhost:${healthy.port}`);
    assert.deepEqual(valuesOf(await run(byName, batchOf('a'), SOON_MS)), [['fine', 'a']]);
  });
});

describe('an execute that starts within another', () => {
  test('gets its replies after the other is over, a thousand times', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const chain = (left) => {
      if (left === 0) return 'done';
      return new Executor()
        .add(connection, batchOf(`${left}`))
        .execute()
        .then(([[reply]]) => {
          assert.equal(reply.values[1], `${left}`);
          return chain(left - 1);
        });
    };
    assert.equal(await chain(1000), 'done');
    assert.equal(connection.generation, 1);
  });

  test('gets its replies beside others in flight', async (t) => {
    const healthy = await startHealthyPeer(t);
    const executed = Array.from({ length: 50 }, async (_, i) => {
      const connection = new Connection(healthy.address);
      for (let j = 0; j < 20; j++) {
        const [reply] = await run(connection, batchOf(`${i}-${j}`));
        assert.equal(reply.values[1], `${i}-${j}`);
      }
      return connection.generation;
    });
    assert.deepEqual(await Promise.all(executed), Array(50).fill(1));
  });

  test('gets its replies in a microtask, a timer and an immediate', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    await run(connection, batchOf('first'));
    for (const later of [queueMicrotask, setImmediate, (call) => setTimeout(call, 1)]) {
      const replies = await new Promise((resolve) => {
        later(() => resolve(run(connection, batchOf('a'))));
      });
      assert.deepEqual(valuesOf(replies), [['fine', 'a']]);
    }
  });
});

test('errors in callbacks of results do not break the driver', async (t) => {
  const healthy = await startHealthyPeer(t);
  // An abort does not end an execute that has its replies already.
  const silent = await startPeer(t, silence);
  const args = [healthy.address, silent.address];
  const { code, stdout, stderr } = await runChild(t, misuse, { args });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { caught: 60, after: ['fine', 'after'] });
  assert.equal(code, 0);
});

/** Runs in its own process. */
async function misuse({ Batch, Connection, Executor }, address, silentAddress) {
  let caught = 0;
  process.on('uncaughtException', () => caught++);
  const connections = Array.from({ length: 20 }, () => new Connection(address));
  const execute = (connection, options) =>
    new Executor().add(connection, new Batch().write('a\n')).execute(60_000, options);
  for (const connection of connections) {
    execute(connection).then(() => {
      throw new Error('in a continuation');
    });
  }
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => {
      throw new Error('in a listener');
    });
    execute(new Connection(silentAddress), { signal: controller.signal }).catch(() => {
      setImmediate(() => {
        throw new Error('after an abort');
      });
    });
    controller.abort();
  }
  while (caught < 60) await new Promise((resolve) => setImmediate(resolve));
  const batch = new Batch().write('after\n');
  await new Executor().add(connections[0], batch).execute();
  console.log(JSON.stringify({ caught, after: [...batch.replies[0]] }));
}

describe('a process', () => {
  test('that is idle ends by itself, with its connections open', async (t) => {
    const healthy = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const connections = Array.from({ length: 5 }, () => new Connection(address));
      for (let i = 0; i < 3; i++) {
        const executor = new Executor();
        for (const connection of connections) executor.add(connection, new Batch().write('a\n'));
        await executor.execute();
      }
      new Executor().add(connections[0], new Batch().write('a\n')).executeSync();
      globalThis.kept = connections;
      console.log(connections.map(({ state }) => state).join());
    };
    const { code, signal, stdout, stderr } = await runChild(t, program, {
      args: [healthy.address],
    });
    assert.deepEqual(
      { code, signal, stdout, stderr },
      { code: 0, signal: null, stdout: `${Array(5).fill('connected')}\n`, stderr: '' },
    );
    await Promise.all(healthy.visitors.map(({ closed }) => closed));
  });

  test('that only loads the package ends by itself', async (t) => {
    const program = ({ Batch, Connection, Executor }) => {
      new Executor().add(new Connection(), new Batch().write('a\n'));
    };
    const { code, signal, stderr } = await runChild(t, program);
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  });

  test('waits for executes in flight before it ends', async (t) => {
    const healthy = await startHealthyPeer(t);
    const program = ({ Batch, Connection, Executor }, address) => {
      const batch = new Batch().write('a\n');
      const executed = new Executor().add(new Connection(address), batch).execute();
      executed.then(([[reply]]) => console.log(reply.values.join()));
    };
    const { code, stdout } = await runChild(t, program, { args: [healthy.address] });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'fine,a\n' });
  });

  for (const [title, order, expectedCode] of [
    ['process.exit()', 'exit', 7],
    ['an uncaught error', 'throw', 1],
  ]) {
    test(`${title} in the middle of executes ends it cleanly and soon`, async (t) => {
      const peer = await startPeer(t, silence);
      const program = ({ Batch, Connection, Executor }, address, long) => {
        for (let i = 0; i < 10; i++) {
          new Executor().add(new Connection(address), new Batch().write('a\n')).execute(long);
        }
        process.stdin.once('data', (data) => {
          if (data.toString() === 'exit') process.exit(7);
          throw new Error('thrown on purpose');
        });
      };
      const { child, ended } = startChild(t, program, { args: [peer.address, LONG_MS] });
      for (let i = 0; i < 10; i++) await (await peer.visitor(i)).lines(1);
      const start = performance.now();
      child.stdin.write(order);
      const { code, signal, stderr } = await ended;
      assert.deepEqual({ code, signal }, { code: expectedCode, signal: null }, stderr);
      assert.equal(stderr.includes('thrown on purpose'), order === 'throw');
      assert.ok(performance.now() - start < SOON_MS);
    });
  }

  test('process.exit() in the turn of the call, and from a continuation', async (t) => {
    const healthy = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, address, isLater) => {
      const connection = new Connection(address);
      const execute = () =>
        new Executor().add(connection, new Batch().write('a\n')).execute(300_000);
      if (isLater) await execute();
      execute();
      process.exit(7);
    };
    for (const isLater of [false, true]) {
      const { code, signal, stderr } = await runChild(t, program, {
        args: [healthy.address, isLater],
      });
      assert.deepEqual({ code, signal, stderr }, { code: 7, signal: null, stderr: '' });
    }
  });
});

describe('a worker thread', () => {
  const index = JSON.stringify(require.resolve('..'));
  /** Code that starts a thread and reports when it runs. */
  const startWorker = (program, workerData) =>
    new Worker(`(${program})(require(${index}), require('node:worker_threads'))`, {
      eval: true,
      workerData,
    });

  test('terminate() in the middle of executes ends it cleanly and soon', async (t) => {
    const peer = await startPeer(t, silence);
    const program = ({ Batch, Connection, Executor }, { workerData }) => {
      for (let i = 0; i < 5; i++) {
        new Executor().add(new Connection(workerData), new Batch().write('a\n')).execute(300_000);
      }
    };
    const workers = Array.from({ length: 5 }, () => startWorker(program, peer.address));
    for (let i = 0; i < 25; i++) await (await peer.visitor(i)).lines(1);
    const start = performance.now();
    assert.deepEqual(
      await Promise.all(workers.map((worker) => worker.terminate())),
      [1, 1, 1, 1, 1],
    );
    await Promise.all(peer.visitors.map(({ closed }) => closed));
    assert.ok(performance.now() - start < SOON_MS);
  });

  test('terminate() at any moment leaves the process whole', async (t) => {
    const healthy = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, { parentPort, workerData }) => {
      const connection = new Connection(workerData);
      const execute = () =>
        new Executor().add(connection, new Batch().write('a\n')).execute(300_000);
      parentPort.postMessage('loaded');
      for (;;) await execute();
    };
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(program, healthy.address);
      await once(worker, 'message');
      if (i % 2) await (await healthy.visitor(healthy.visitors.length)).lines(i * 10);
      assert.equal(await worker.terminate(), 1);
    }
    const connection = new Connection(healthy.address);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['fine', 'a']]);
  });

  test('process.exit() within it ends it alone', async (t) => {
    const peer = await startPeer(t, silence);
    const program = ({ Batch, Connection, Executor }, { parentPort, workerData }) => {
      new Executor().add(new Connection(workerData), new Batch().write('a\n')).execute(300_000);
      parentPort.once('message', () => process.exit(7));
    };
    const worker = startWorker(program, peer.address);
    await (await peer.visitor(0)).lines(1);
    worker.postMessage('exit');
    assert.deepEqual(await once(worker, 'exit'), [7]);
  });

  describe('beside others', () => {
    const server = useServer({
      sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT); INSERT INTO t.kv VALUES (1, 10), (2, 20), (3, 30)',
    });

    test('loads and uses the package at the same time', async () => {
      const program = async ({ Batch, Connection, Executor }, { parentPort, workerData }) => {
        const { address, secret } = workerData;
        const target = { database: 't', table: 'kv', columns: ['v'] };
        const handshake = new Batch().openIndex(0, target);
        const connections = [1, 2, 3].map(() => new Connection(address, { secret, handshake }));
        const values = [];
        for (let round = 0; round < 50; round++) {
          const executor = new Executor();
          for (const [i, connection] of connections.entries()) {
            executor.add(connection, new Batch().find(0, '=', [i + 1]));
          }
          const replies = round % 5 ? await executor.execute() : executor.executeSync();
          values.push(replies.map(([reply]) => reply.values[0]).join());
        }
        parentPort.postMessage([...new Set(values)]);
      };
      const workerData = { address: server.readAddress, secret: server.running.secret };
      const workers = Array.from({ length: 6 }, () => startWorker(program, workerData));
      const connection = server.reader();
      const target = { database: 't', table: 'kv', columns: ['v'] };
      const own = run(connection, new Batch().openIndex(0, target).find(0, '=', [3]));
      const found = workers.map((worker) => once(worker, 'message'));
      const ended = workers.map((worker) => once(worker, 'exit'));
      assert.deepEqual(await Promise.all(found), Array(6).fill([['10,20,30']]));
      assert.deepEqual(await Promise.all(ended), Array(6).fill([0]));
      assert.deepEqual(valuesOf(await own), [[], ['30']]);
    });
  });
});
