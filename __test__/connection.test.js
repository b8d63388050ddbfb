'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Batch, Connection, Executor } = require('..');
const { refusingAddress, silence, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { batchOf, run, valuesOf } = require('./support/failures.js');
const { refusal } = require('./support/refusals.js');

describe('an address', () => {
  for (const [given, address] of [
    ['localhost', 'localhost:9998'],
    ['db-1.example:9999', 'db-1.example:9999'],
    ['10.0.0.1', '10.0.0.1:9998'],
    ['10.0.0.1:1', '10.0.0.1:1'],
    ['10.0.0.1:65535', '10.0.0.1:65535'],
    ['[::1]', '[::1]:9998'],
    ['[::1]:9999', '[::1]:9999'],
    ['unix:/run/hs.sock', 'unix:/run/hs.sock'],
    ['unix:relative path', 'unix:relative path'],
  ]) {
    test(`'${given}' is ${address}`, () => {
      assert.equal(new Connection(given).address, address);
    });
  }

  for (const [options, address] of [
    [undefined, '127.0.0.1:9998'],
    [{}, '127.0.0.1:9998'],
    [{ host: undefined, port: undefined, path: undefined }, '127.0.0.1:9998'],
    [{ host: 'db' }, 'db:9998'],
    [{ port: 1 }, '127.0.0.1:1'],
    [{ host: '::1', port: 65_535 }, '[::1]:65535'],
    [{ path: '/run/hs.sock' }, 'unix:/run/hs.sock'],
  ]) {
    test(`${inspect(options)} is ${address}`, () => {
      assert.equal(new Connection(options).address, address);
    });
  }

  for (const given of [
    ...['', ':', ':9998', 'a:', 'a:b', 'a:0', 'a:65536', 'a:99999999999', 'a:-1', 'a:1.5', 'a: 1'],
    ...['a:1:2', '::1', '[::1', '[]', '[]:1', '[::1]x', '[::1]:', '[::1]:0', '[a]:1:2', 'a b:1'],
    ...['a/b', 'a\n', 'mysql://a:1', 'unix:', 'unix:/a\0b', `unix:/${'x'.repeat(107)}`],
  ]) {
    test(`${JSON.stringify(given).slice(0, 40)} is invalid`, () => {
      assert.throws(() => new Connection(given), refusal(TypeError, 'invalid address: '));
    });
  }
});

describe('an option that is wrong throws', () => {
  for (const [options, errorClass, ...named] of [
    [{ host: 7 }, TypeError, 'options.host', 'a number'],
    [{ host: '' }, TypeError, 'host'],
    [{ host: 'a b' }, TypeError, 'host', 'invalid address'],
    [{ port: '9998' }, TypeError, 'options.port', 'a string'],
    [{ port: 0 }, RangeError, 'options.port', '1 to 65535'],
    [{ port: 65_536 }, RangeError, 'options.port', '1 to 65535'],
    [{ port: 1.5 }, RangeError, 'options.port', 'whole'],
    [{ path: 7 }, TypeError, 'options.path', 'a number'],
    [{ path: '' }, TypeError, 'path'],
    [{ path: '/a', host: 'b' }, TypeError, 'options.path', 'host'],
    [{ path: '/a', port: 1 }, TypeError, 'options.path', 'port'],
    [{ secret: 7 }, TypeError, 'options.secret', 'number'],
    [{ secret: 'a\tb' }, TypeError, 'secret'],
    [{ handshake: 'P\t0\n' }, TypeError, 'options.handshake', 'a string'],
    [{ handshake: new Batch().write('P\t0') }, TypeError, 'options.handshake', 'line end'],
    [{ maxReplyBytes: 0 }, RangeError, 'options.maxReplyBytes', '1 to '],
    [{ maxReplyBytes: -1 }, RangeError, 'options.maxReplyBytes', '1 to '],
    [{ maxReplyBytes: Infinity }, RangeError, 'options.maxReplyBytes', '1 to '],
    [{ maxReplyBytes: '1 MiB' }, TypeError, 'options.maxReplyBytes', 'a string'],
    [{ maxQueued: -1 }, RangeError, 'options.maxQueued', '0 to 1024'],
    [{ maxQueued: 1025 }, RangeError, 'options.maxQueued', '0 to 1024'],
    [{ maxQueued: 0.5 }, RangeError, 'options.maxQueued', 'whole'],
    [{ maxQueued: Number.NaN }, RangeError, 'options.maxQueued', 'whole'],
    [{ maxQueued: Infinity }, RangeError, 'options.maxQueued', 'whole'],
    [{ maxQueued: null }, TypeError, 'options.maxQueued', 'null'],
    [{ maxQueued: '1' }, TypeError, 'options.maxQueued', 'a string'],
    [{ maxQueued: 1n }, TypeError, 'options.maxQueued', 'a bigint'],
    [{ maxQueued: true }, TypeError, 'options.maxQueued', 'a boolean'],
    [{ maxQueue: 1 }, TypeError, 'options.maxQueue', 'maxQueued'],
  ]) {
    test(inspect(options), () => {
      assert.throws(() => new Connection(options), refusal(errorClass, ...named));
    });
  }

  test('beside an address, too', () => {
    const options = { maxQueued: -1 };
    assert.throws(() => new Connection('a:1', options), refusal(RangeError, 'options.maxQueued'));
    const misspelt = { sercet: 's' };
    assert.throws(() => new Connection('a:1', misspelt), refusal(TypeError, 'options.sercet'));
  });

  for (const maxQueued of [undefined, 0, 1, 1024]) {
    test(`a maxQueued of ${maxQueued} does not`, () => {
      assert.equal(new Connection('a:1', { maxQueued }).address, 'a:1');
      assert.equal(new Connection({ maxQueued }).state, 'closed');
    });
  }

  for (const given of [7, true, Symbol('a'), () => 1]) {
    test(`as the address: ${String(given)}`, () => {
      assert.throws(() => new Connection(given), TypeError);
    });
  }

  for (const name of ['host', 'port', 'path']) {
    test(`${name} beside an address`, () => {
      const options = { host: 'b', port: 1, path: '/c' };
      assert.throws(
        () => new Connection('a:1', { [name]: options[name] }),
        refusal(TypeError, `options.${name}`),
      );
    });
  }
});

describe('a connection', () => {
  test('goes through its states, and counts the times it connected', async (t) => {
    const peer = await startPeer(t, silence);
    const connection = new Connection(peer.address);
    const seen = () => [connection.state, connection.generation];
    assert.deepEqual(seen(), ['closed', 0]);

    const first = run(connection, batchOf('a'));
    await (await peer.visitor(0)).lines(1);
    assert.deepEqual(seen(), ['connected', 1]);
    peer.visitors[0].send('0\t1\n');
    await first;
    assert.deepEqual(seen(), ['connected', 1]);

    const second = run(connection, batchOf('b'));
    await peer.visitors[0].lines(2);
    peer.visitors[0].send('0\t1\n');
    await second;
    assert.deepEqual(seen(), ['connected', 1]);

    const third = run(connection, batchOf('c'));
    await peer.visitors[0].lines(3);
    peer.visitors[0].reset();
    await assert.rejects(third, { code: 'ERR_HS_LOST' });
    assert.deepEqual(seen(), ['aborted', 1]);

    const fourth = run(connection, batchOf('d'));
    await (await peer.visitor(1)).lines(1);
    peer.visitors[1].send('0\t1\n');
    await fourth;
    assert.deepEqual(seen(), ['connected', 2]);

    connection.close();
    assert.deepEqual(seen(), ['closed', 2]);
    await peer.visitors[1].closed;
  });

  test('that could not connect is aborted', async (t) => {
    const connection = new Connection(await refusingAddress(t));
    await assert.rejects(run(connection, batchOf('a')), { code: 'ERR_HS_CONNECT' });
    assert.deepEqual([connection.state, connection.generation], ['aborted', 0]);
    connection.close();
    assert.equal(connection.state, 'closed');
  });

  test('does nothing before it is used, and may be closed any number of times', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    connection.close();
    connection.close();
    assert.deepEqual([connection.state, connection.generation], ['closed', 0]);
    await run(connection, batchOf('a'));
    connection.close();
    connection.close();
    await healthy.visitors[0].closed;
    await run(connection, batchOf('a'));
    assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
    assert.equal(healthy.visitors.length, 2);
  });

  test('belongs to no executor', async (t) => {
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(healthy.address);
    const executors = [new Executor(), new Executor()];
    for (const executor of executors) executor.add(connection, batchOf('a'));
    for (const executor of executors) {
      assert.deepEqual((await executor.execute()).map(valuesOf), [[['fine', 'a']]]);
    }
    assert.equal(connection.generation, 1);
  });

  test('shows its address, and no secret', () => {
    const handshake = new Batch().auth('handshake secret');
    const connection = new Connection('localhost', { secret: 'open sesame', handshake });
    assert.equal(
      inspect(connection),
      "Connection { address: 'localhost:9998', state: 'closed', generation: 0 }",
    );
    for (const options of [
      { showHidden: true, depth: 9, getters: true },
      { customInspect: false },
    ]) {
      assert.doesNotMatch(inspect(connection, options), /sesame|handshake secret/);
    }
  });

  test('to a Unix socket', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-unix-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'hs.sock');
    const server = net.createServer((socket) => {
      socket.on('data', (data) => socket.end(`0\t1\t${data.toString().trim()}\n`));
    });
    server.listen(file);
    await once(server, 'listening');
    t.after(() => server.close());
    for (const connection of [new Connection(`unix:${file}`), new Connection({ path: file })]) {
      assert.equal(connection.address, `unix:${file}`);
      assert.deepEqual(valuesOf(await run(connection, batchOf('hello'))), [['hello']]);
      connection.close();
    }
  });

  test('to a name tries each of its addresses', async (t) => {
    // 'localhost' may be ::1 as well, where nobody listens.
    const healthy = await startHealthyPeer(t);
    const connection = new Connection(`localhost:${healthy.port}`);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['fine', 'a']]);
    assert.equal(connection.address, `localhost:${healthy.port}`);
  });

  test('takes a batch that has run as its handshake', async (t) => {
    const first = await startHealthyPeer(t);
    const handshake = batchOf('open');
    await run(new Connection(first.address), handshake);
    const second = await startHealthyPeer(t);
    await run(new Connection(second.address, { handshake }), batchOf('find'));
    assert.equal(second.visitors[0].received, 'open\nfind\n');
  });

  test('takes no handshake that has run and is too large to have been kept', async (t) => {
    const healthy = await startHealthyPeer(t);
    const handshake = new Batch().write(`${'x'.repeat(2 ** 20)}\n`);
    await run(new Connection(healthy.address), handshake);
    assert.equal(handshake.byteLength, 2 ** 20 + 1);
    assert.throws(
      () => new Connection(healthy.address, { handshake }),
      refusal(TypeError, '1048577'),
    );
    handshake.clear().write('open\n');
    assert.equal(new Connection(healthy.address, { handshake }).state, 'closed');
  });

  test('keeps its handshake as it was when it was given', async (t) => {
    const healthy = await startHealthyPeer(t);
    const handshake = batchOf('open');
    const connection = new Connection(healthy.address, { handshake });
    handshake.write('later\n');
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['fine', 'a']]);
    assert.equal(healthy.visitors[0].received, 'open\na\n');
    handshake.clear();
    const other = new Connection(healthy.address, { handshake: new Batch() });
    await run(other, batchOf('b'));
    assert.equal(healthy.visitors[1].received, 'b\n');
  });
});
