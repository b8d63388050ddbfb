'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { runChild, startChild } = require('./support/children.js');
const {
  answer,
  refusingAddress,
  silence,
  startHealthyPeer,
  startPeer,
} = require('./support/fake-peer.js');

const flags = ['--expose-gc'];

describe('the garbage collector takes', () => {
  test('connections, and their sockets are closed', async (t) => {
    const healthy = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, address) => {
      const use = async () => {
        const executor = new Executor();
        for (let i = 0; i < 50; i++) {
          executor.add(new Connection(address), new Batch().write('a\n'));
        }
        await executor.execute();
      };
      await use();
      let isDone = false;
      process.stdin.once('data', () => {
        isDone = true;
        process.stdin.destroy();
      });
      while (!isDone) {
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log('still alive');
    };
    const { child, ended } = startChild(t, program, { args: [healthy.address], flags });
    for (let i = 0; i < 50; i++) await (await healthy.visitor(i)).closed;
    child.stdin.write('enough');
    const { code, stdout } = await ended;
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'still alive\n' });
  });

  test('executors and batches, executed or not, failed or not', async (t) => {
    const healthy = await startHealthyPeer(t);
    const refusing = await refusingAddress(t);
    const program = async ({ Batch, Connection, Executor }, addresses) => {
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      const kept = new Connection(addresses[0]);
      const watched = (object) => {
        registry.register(object);
        return object;
      };
      const use = async (isExecuted) => {
        const executor = watched(new Executor());
        const { signal } = watched(new AbortController());
        executor.add(kept, watched(new Batch().write('a\n')));
        for (const address of addresses) {
          executor.add(watched(new Connection(address)), watched(new Batch().write('a\n')));
        }
        if (isExecuted) await executor.executeSettled(60_000, { signal });
      };
      for (let i = 0; i < 10; i++) await use(i % 2 === 0);
      while (collected < 10 * (2 + 1 + 4)) {
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(collected, kept.state);
    };
    const { code, stdout, stderr } = await runChild(t, program, {
      args: [[healthy.address, refusing]],
      flags,
    });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '70 connected\n', stderr: '' });
  });

  for (const [end, options] of [
    ['was aborted', {}],
    ['took too long', { timeoutMs: 20 }],
  ]) {
    for (const [place, method] of [
      ['in the queue', 'get'],
      ['for its index', 'insert'],
    ]) {
      test(`what a call was to send that ${end} as it waited ${place}`, async (t) => {
        const [reads, writes] = [await startPeer(t, silence), await startPeer(t, silence)];
        const program = async ({ Client }, port, writePort, method, options) => {
          const client = new Client({ port, writePort, connections: 1, timeoutMs: 60_000 });
          const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
          const turn = () => new Promise((resolve) => setImmediate(resolve));
          const given = (value) => (method === 'insert' ? [value] : value);
          // The first is never answered, and the second waits as long as the others would.
          const staying = [index.get(1)];
          while (client.stats().connectionsInUse === 0) await turn();
          staying.push(index[method](given('a')));
          const controller = new AbortController();
          const { signal } = controller;
          const calls = Array.from({ length: 64 }, () => {
            return index[method](given(Buffer.alloc(1e6)), { signal, ...options });
          });
          if (options.timeoutMs === undefined) controller.abort();
          const ends = await Promise.allSettled(calls);
          do {
            gc();
            await turn();
          } while (process.memoryUsage().arrayBuffers > 8e6);
          const codes = new Set(ends.map(({ reason }) => `${reason.code} ${reason.outcome}`));
          console.log(JSON.stringify([...codes]), client.stats().pending, staying.length);
          process.exit();
        };
        const args = [reads.port, writes.port, method, options];
        const { stdout, stderr } = await runChild(t, program, { args, flags });
        const code = options.timeoutMs === undefined ? 'ABORT_ERR' : 'ERR_HS_TIMEOUT';
        const expected = `["${code} not-sent"] 2 2\n`;
        assert.deepEqual({ stdout, stderr }, { stdout: expected, stderr: '' });
      });
    }
  }

  test('a large reply of which one value is kept', async (t) => {
    const small = 'a value to be kept';
    const large = 'x'.repeat(1_000_000);
    const peer = await startPeer(
      t,
      answer(() => `0\t3\t${large}\t${small}\t${large}\n`),
    );
    const program = async ({ Batch, Connection, Executor }, address) => {
      const connection = new Connection(address);
      const kept = [];
      const held = async () => {
        gc();
        // Buffers free their memory after the collection.
        await new Promise((resolve) => setImmediate(resolve));
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const before = await held();
      for (let i = 0; i < 50; i++) {
        const batch = new Batch().write('a\n');
        const [[reply]] = await new Executor().add(connection, batch).execute();
        kept.push(i % 2 ? reply.values[1] : reply.buffers[1]);
      }
      // A hundred million bytes were received, too many to hold if each value kept its reply.
      while ((await held()) - before > 5_000_000);
      console.log(JSON.stringify(kept.map(String)));
    };
    const { code, stdout } = await runChild(t, program, { args: [peer.address], flags });
    const kept = JSON.stringify(Array(50).fill(small));
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `${kept}\n` });
  });
});

test('an idle client holds neither its last result nor what it sent last', async (t) => {
  const row = `\t${'x'.repeat(999)}`;
  const peer = await startPeer(
    t,
    answer((line) => {
      if (line.startsWith('P')) return '0\t1\n';
      return line.includes('20000') ? `0\t1${row.repeat(20_000)}\n` : '0\t1\n';
    }),
  );
  const program = async ({ Client }, port) => {
    const client = new Client({ port, writePort: port });
    const index = client.openIndex({ database: 't', table: 't', columns: ['v'] });
    const held = async () => {
      // Dropped objects are collected in a few turns.
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        gc();
      }
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const use = async () => {
      const rows = await index.find('=', 1, { limit: 20_000 });
      if (rows.length !== 20_000) throw new Error(`${rows.length} rows`);
      await index.get('x'.repeat(900_000));
    };
    await index.find('=', 1, { limit: 1 });
    const before = await held();
    await use();
    console.log(Math.round(((await held()) - before) / 1024));
    await client.close();
  };
  const { code, stdout } = await runChild(t, program, { args: [peer.port], flags });
  assert.equal(code, 0);
  assert.ok(Number(stdout) < 500, `${stdout} KiB`);
});

test('connections that were closed or failed leave no descriptors', async (t) => {
  const healthy = await startHealthyPeer(t);
  const resetting = await startPeer(t, async (visitor) => {
    await visitor.lines(1);
    visitor.reset();
  });
  const refusing = await refusingAddress(t);
  const program = async ({ Batch, Connection, Executor }, addresses) => {
    const count = () => require('node:fs').readdirSync('/proc/self/fd').length;
    const use = async (times) => {
      const executor = new Executor();
      const connections = [];
      for (let i = 0; i < times; i++) connections.push(new Connection(addresses[i % 3]));
      for (const connection of connections) executor.add(connection, new Batch().write('a\n'));
      await executor.executeSettled(60_000);
      for (const connection of connections) connection.close();
    };
    // Objects that all share exist after the first use.
    await use(3);
    const before = count();
    for (let i = 0; i < 5; i++) await use(60);
    console.log(count() - before);
  };
  const { code, stdout } = await runChild(t, program, {
    args: [[healthy.address, resetting.address, refusing]],
  });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '0\n' });
});

test('replies that executeSync got are freed without a turn of the event loop', async (t) => {
  const reply = `0\t1\t${'\xc3\xa9'.repeat(4 * 1024 * 1024)}\n`;
  const peer = await startPeer(
    t,
    answer(() => reply),
  );
  const program = ({ Batch, Connection, Executor }, address) => {
    const connection = new Connection(address);
    const find = () => new Executor().add(connection, new Batch().write('a\n')).executeSync(60_000);
    for (let i = 0; i < 5; i++) find();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 60; i++) find();
    console.log(Math.round((process.memoryUsage.rss() - before) / 2 ** 20));
  };
  const { code, stdout } = await runChild(t, program, { args: [peer.address] });
  assert.equal(code, 0);
  // 60 replies are 480 MiB.
  assert.ok(Number(stdout) < 240, `${stdout} MiB more`);
});
