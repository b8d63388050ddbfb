'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');

const native = require('../native.js');
const { runChild } = require('./support/children.js');
const { startHealthyPeer } = require('./support/fake-peer.js');
const { buildPanickingAddon } = require('./support/panicking-addon.js');

/** On other platforms, or on request, the event loop does not watch sockets. */
const WAITS_INLINE = process.platform === 'linux' && process.env.HANSOCK_WAIT !== 'worker';

/** The calls of JavaScript, by the points where they may panic. They run in the child. */
const CALLS = {
  'new Connection': ({ connect }) => connect(),
  'Connection.address': ({ connection }) => connection.address,
  'Connection.state': ({ connection }) => connection.state,
  'Connection.generation': ({ connection }) => connection.generation,
  'Connection.roundTripMs': ({ connection }) => connection.roundTripMs,
  'new Continuum': ({ native, servers }) => new native.Continuum(servers),
  'Continuum.getServerOrdinal': ({ ring }) => ring.getServerOrdinal('a'),
  'Continuum.getServerOrdinals': ({ ring }) => ring.getServerOrdinals('a'),
  'Continuum.pointCount': ({ ring }) => ring.pointCount,
  unescape: ({ native }) => native.unescape(Buffer.from('a'), Buffer.alloc(1)),
  'new Driver': ({ native }) => new native.Driver(() => {}, false),
  'Driver.open': ({ driver }) => driver.open(),
  'Driver.openSync': ({ driver }) => driver.openSync(),
  'Driver.execute': ({ driver, connection }) => driver.execute([connection], [Buffer.alloc(0)], 1),
  'Driver.executeOne': ({ driver, connection }) =>
    driver.executeOne(connection, Buffer.alloc(0), 1),
  'Driver.executeSync': ({ driver, connection }) =>
    driver.executeSync([connection], [Buffer.alloc(0)], 1),
  'Driver.ensureWorker': ({ driver }) => driver.ensureWorker(),
  'Driver.pollOnce': ({ driver }) => driver.pollOnce(),
  'Driver.deliver': ({ driver }) => driver.deliver(),
  'Driver.workerRuns': ({ driver }) => driver.workerRuns,
  'Driver.abort': ({ driver }) => driver.abort(1),
  'Driver.closeConnection': ({ driver, connection }) => driver.closeConnection(connection),
};

/** The points that the runtime reaches by itself while executes are in flight. */
const CALLBACKS = ['worker thread', 'results', ...(WAITS_INLINE ? ['readable'] : [])];

const FINALIZERS = ['Connection finalizer', 'Continuum finalizer', 'Driver finalizer'];

describe('a panic does not end the process', () => {
  let addon;
  before(() => {
    addon = buildPanickingAddon();
  });

  /**
   * Runs a program in a process whose addon panics on request; resolves with what it printed, as
   * JSON.
   */
  async function runWithPanics(t, program, args, flags = []) {
    const env = { NAPI_RS_NATIVE_LIBRARY_PATH: addon, RUST_BACKTRACE: '0' };
    const nativePath = require.resolve('../native.js');
    const { code, signal, stdout } = await runChild(t, program, {
      args: [nativePath, ...args],
      flags,
      env,
    });
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    return JSON.parse(stdout);
  }

  test('each exported function has a case here', () => {
    const points = Object.keys(native)
      .filter((name) => typeof native[name] === 'function')
      .flatMap((name) => {
        const members = Object.getOwnPropertyNames(native[name].prototype ?? {});
        if (members.length < 2) return [name];
        return members.map((member) => {
          return member === 'constructor' ? `new ${name}` : `${name}.${member}`;
        });
      });
    assert.deepEqual(Object.keys(CALLS).sort(), points.sort());
  });

  test('in a call is thrown as an error', async (t) => {
    const program = `async (_, nativePath) => {
      const native = require(nativePath);
      const settings = { address: '127.0.0.1:1', host: '', port: 1, handshake: Buffer.alloc(0), maxReplyBytes: 1, maxQueued: 0, busyPollMicroseconds: 0 };
      const servers = [{ host: 'a', port: 1, weight: 1 }];
      const connect = () => new native.Connection(settings);
      const driver = new native.Driver(() => {}, false);
      const ring = new native.Continuum(servers);
      const scene = { native, connect, connection: connect(), ring, servers, driver };
      const calls = {${Object.entries(CALLS).map(([name, call]) => `${JSON.stringify(name)}: ${call}`)}};
      const thrown = {};
      for (const [point, call] of Object.entries(calls)) {
        native.injectPanic(point);
        try { call(scene); } catch (error) { thrown[point] = error.message; }
      }
      console.log(JSON.stringify(thrown));
    }`;
    const thrown = await runWithPanics(t, program, []);
    const expected = Object.keys(CALLS).map((point) => [point, `injected at ${point}`]);
    assert.deepEqual(thrown, Object.fromEntries(expected));
  });

  for (const point of CALLBACKS) {
    test(`in '${point}': executes settle, and the next ones are answered`, async (t) => {
      const healthy = await startHealthyPeer(t);
      const program = async ({ Batch, Connection, Executor }, nativePath, address, point) => {
        const { injectPanic } = require(nativePath);
        const open = new Connection(address);
        const run = (connection) => {
          const executor = new Executor().add(connection, new Batch().write('a\n'));
          return executor.execute(5000).then(
            () => 'answered',
            (error) => error.errors[0].code,
          );
        };
        await run(open);
        injectPanic(point);
        const during = await Promise.all([run(new Connection(address)), run(open)]);
        const after = await Promise.all([run(new Connection(address)), run(open)]);
        console.log(JSON.stringify({ during, after, left: injectPanic(null) }));
      };
      const { during, after, left } = await runWithPanics(t, program, [healthy.address, point]);
      for (const ending of during) assert.match(ending, /^(answered|ERR_HS_LOST)$/);
      assert.deepEqual({ after, left }, { after: ['answered', 'answered'], left: null });
    });
  }

  for (const pairs of [1, 2]) {
    test(`as an execute of ${pairs} begins: its connections can be used again`, async (t) => {
      const healthy = await startHealthyPeer(t);
      const program = async ({ Batch, Connection, Executor }, nativePath, address, pairs) => {
        const { injectPanic } = require(nativePath);
        const connections = Array.from({ length: pairs }, () => new Connection(address));
        const run = async () => {
          const executor = new Executor();
          for (const connection of connections) executor.add(connection, new Batch().write('a\n'));
          const results = await executor.executeSettled(5000);
          return results.map(({ reason }) => reason?.code ?? 'answered');
        };
        await run();
        injectPanic('begin');
        console.log(JSON.stringify({ during: await run(), after: await run() }));
      };
      const ends = await runWithPanics(t, program, [healthy.address, pairs]);
      const all = (end) => Array(pairs).fill(end);
      assert.deepEqual(ends, { during: all('ERR_HS_LOST'), after: all('answered') });
    });
  }

  for (const point of FINALIZERS) {
    test(`in the ${point}`, async (t) => {
      const program = async (_, nativePath, point) => {
        const native = require(nativePath);
        const settings = {
          address: '127.0.0.1:1',
          host: '',
          port: 1,
          maxReplyBytes: 1,
          busyPollMicroseconds: 0,
        };
        const make = {
          Connection: () =>
            new native.Connection({ ...settings, handshake: Buffer.alloc(0), maxQueued: 0 }),
          Continuum: () => new native.Continuum([{ host: 'a', port: 1, weight: 1 }]),
          Driver: () => new native.Driver(() => {}, false),
        };
        native.injectPanic(point);
        make[point.split(' ')[0]]();
        // A point that was reached is not requested again.
        let left = point;
        while (left === point) {
          await new Promise((resolve) => setImmediate(resolve));
          gc();
          left = native.injectPanic(point);
        }
        native.injectPanic(null);
        console.log(JSON.stringify(left));
      };
      assert.equal(await runWithPanics(t, program, [point], ['--expose-gc']), null);
    });
  }
});

test('native.unescape of a lone escape throws', () => {
  assert.throws(() => native.unescape(Buffer.from([1]), Buffer.alloc(1)), /second byte/);
});
