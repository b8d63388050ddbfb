'use strict';

const assert = require('node:assert/strict');
const diagnostics = require('node:diagnostics_channel');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { inspect } = require('node:util');

const { Client } = require('..');
const { clientOf } = require('./support/clients.js');
const { answer, refusingAddress, startPeer } = require('./support/fake-peer.js');

const target = { database: 't', table: 'kv', columns: ['v'] };
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
const NAMES = ['operation', 'execute', 'connect'];
const SUCCESS = ['start', 'end', 'asyncStart', 'asyncEnd'];
const FAILURE = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];
// It has no characters that inspect would escape.
const KEY = 'private-key';
const VALUE = 'private-value';

/** Answers like a server with a table in which each row's `v` is its key. */
function serveTable(visitor) {
  const open = new Set();
  answer((line) => {
    const [first, op, , key] = line.split('\t');
    if (first === 'P') open.add(op);
    else if (!open.has(first)) return '2\t1\tstmtnum\n';
    return first === 'P' || op === '+' ? '0\t1\n' : `0\t1\t${key}\n`;
  })(visitor);
}

/**
 * Subscribes to a channel. Returns its contexts, each with the names of its events, and a function
 * that unsubscribes.
 */
function record(context, name) {
  const told = new Map();
  const channel = diagnostics.tracingChannel(`hansock:${name}`);
  const note = (event) => (data) => {
    told.set(data, [...(told.get(data) ?? []), event]);
  };
  const subscribers = Object.fromEntries(EVENTS.map((event) => [event, note(event)]));
  channel.subscribe(subscribers);
  const stop = () => channel.unsubscribe(subscribers);
  context.after(stop);
  return {
    stop,
    get contexts() {
      return [...told.keys()];
    },
    get events() {
      return [...told.values()];
    },
  };
}

/** The context of a channel without the properties that Node.js adds. */
function ownPart({ result: _result, error: _error, attributes: _attributes, ...rest }) {
  return rest;
}

function assertUntold(contexts, ...secrets) {
  assert.ok(contexts.length > 0);
  for (const text of contexts.map((context) => inspect(context, { depth: Infinity }))) {
    for (const secret of secrets) assert.ok(!text.includes(secret), text);
  }
}

describe('hansock:operation', () => {
  test('tells when a call begins and when it has ended', async (t) => {
    const index = clientOf(t, await startPeer(t, serveTable)).openIndex(target);
    const operations = record(t, 'operation');
    const call = index.get(1);
    assert.deepEqual(operations.events, [['start', 'end']]);
    await call;
    await turn();
    assert.deepEqual(operations.events, [SUCCESS]);
    assert.deepEqual(operations.contexts.map(ownPart), [
      { operation: 'get', database: 't', table: 'kv', index: 'PRIMARY', requests: 1 },
    ]);
  });

  test('tells of every method by its name, and how many requests it made', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    const index = client.openIndex({ ...target, index: 'by_v' });
    const operations = record(t, 'operation');
    await index.get(1);
    await index.getMany([1, 2, 3]);
    await index.findMany([1, 2], { limit: 1 });
    await index.find('>', 1, { limit: 1 });
    for await (const _ of index.scan('>', 1, { limit: 1 }));
    await index.insert(['a']);
    await index.insertMany([['a'], ['b']]);
    for (const change of ['update', 'increment', 'decrement']) {
      await index[change]('=', 1, { v: 1 }, { limit: 1 });
      await index[`${change}Returning`]('=', 1, [1], { limit: 1 });
    }
    await index.delete('=', 1, { limit: 1 });
    await index.deleteReturning('=', 1, { limit: 1 });
    await turn();
    assert.deepEqual(
      operations.contexts.map(({ operation, requests }) => [operation, requests]),
      [
        ['get', 1],
        ['getMany', 3],
        ['findMany', 2],
        ['find', 1],
        ['scan', 1],
        ['insert', 1],
        ['insertMany', 2],
        ['update', 1],
        ['updateReturning', 1],
        ['increment', 1],
        ['incrementReturning', 1],
        ['decrement', 1],
        ['decrementReturning', 1],
        ['delete', 1],
        ['deleteReturning', 1],
      ],
    );
    for (const context of operations.contexts) assert.equal(context.index, 'by_v');
    assert.deepEqual(operations.events, Array(15).fill(SUCCESS));
  });

  test('tells of a failure by the error that the caller gets', async (t) => {
    const refuses = answer((line) => (line.startsWith('P') ? '0\t1\n' : '1\t1\t121\n'));
    const index = clientOf(t, await startPeer(t, refuses)).openIndex(target);
    const operations = record(t, 'operation');
    let error;
    await assert.rejects(index.insert(['a']), (reason) => {
      error = reason;
      return reason.code === 'ERR_HS_DUPLICATE_KEY';
    });
    await turn();
    assert.deepEqual(operations.events, [FAILURE]);
    assert.equal(operations.contexts[0].error, error);
  });

  test('tells of a call that the client refuses', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer, { maxPending: 1 });
    const index = client.openIndex(target);
    const operations = record(t, 'operation');
    const call = index.get(1);
    await assert.rejects(index.insert(['a']), { code: 'ERR_HS_OVERLOADED' });
    await call;
    await client.close();
    await assert.rejects(index.delete('=', 1), { code: 'ERR_HS_CLOSED' });
    await turn();
    assert.deepEqual(
      operations.contexts.map(({ operation, error }) => [operation, error?.code]),
      [
        ['get', undefined],
        ['insert', 'ERR_HS_OVERLOADED'],
        ['delete', 'ERR_HS_CLOSED'],
      ],
    );
  });

  const useIndex = async (index) => {
    await index.get(KEY);
    await index.getMany([KEY]);
    await index.insert([VALUE]);
    await index.updateReturning('=', KEY, { v: VALUE });
    for await (const _ of index.scan('>', KEY, { limit: 1 }));
    await turn();
  };

  test('shows no keys and no values that are given', async (t) => {
    const index = clientOf(t, await startPeer(t, serveTable)).openIndex(target);
    const operations = record(t, 'operation');
    await useIndex(index);
    assert.equal(operations.contexts.length, 5);
    assertUntold(operations.contexts.map(ownPart), KEY, VALUE);
  });

  test('shows no values that were found', async (t) => {
    const index = clientOf(t, await startPeer(t, serveTable)).openIndex(target);
    const operations = record(t, 'operation');
    // The table returns the key as the value.
    await useIndex(index);
    assertUntold(operations.contexts, KEY, VALUE);
  });

  test('shows keys and values with traceValues', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable), { traceValues: true });
    const operations = record(t, 'operation');
    await useIndex(client.openIndex(target));
    assert.deepEqual(
      operations.contexts.map(({ key, values }) => [key && [key].flat(), values]),
      [
        [[KEY], undefined],
        [[KEY], undefined],
        [undefined, [VALUE]],
        [[KEY], { v: VALUE }],
        [[KEY], undefined],
      ],
    );
  });
});

describe('the attributes of', () => {
  /** The attributes of all messages of a channel, once it has ended. */
  async function attributesOf(t, name, use) {
    const recorded = record(t, name);
    await use();
    await turn();
    return recorded.contexts.map(({ attributes }) => attributes);
  }
  const refuses = answer((line) => (line.startsWith('P') ? '0\t1\n' : '1\t1\t121\n'));

  test('a call are what OpenTelemetry wants of a database', async (t) => {
    const peer = await startPeer(t, serveTable);
    const index = clientOf(t, peer).openIndex(target);
    const found = await attributesOf(t, 'operation', async () => {
      await index.get(1);
      await index.getMany([1, 2, 3]);
    });
    const common = {
      'db.system.name': 'mariadb',
      'db.namespace': 't',
      'db.collection.name': 'kv',
      'server.address': '127.0.0.1',
      'server.port': peer.port,
    };
    assert.deepEqual(found, [
      { ...common, 'db.operation.name': 'get' },
      { ...common, 'db.operation.name': 'getMany', 'db.operation.batch.size': 3 },
    ]);
  });

  test('a call that fails have its code', async (t) => {
    const index = clientOf(t, await startPeer(t, refuses)).openIndex(target);
    const [found] = await attributesOf(t, 'operation', async () => {
      await assert.rejects(index.insert(['a']));
    });
    assert.equal(found['error.type'], 'ERR_HS_DUPLICATE_KEY');
  });

  test('a batch and of a connect', async (t) => {
    const address = await refusingAddress(t);
    const port = Number(address.split(':')[1]);
    const peer = await startPeer(t, serveTable);
    for (const [name, operation, failing] of [
      ['execute', 'execute', 'ERR_HS_CONNECT'],
      ['connect', 'connect', 'ERR_HS_CONNECT'],
    ]) {
      const [found] = await attributesOf(t, name, () => clientOf(t, peer).openIndex(target).get(1));
      const size = name === 'execute' ? { 'db.operation.batch.size': 2 } : {};
      const common = { 'db.system.name': 'mariadb', 'db.operation.name': operation };
      const place = { 'server.address': '127.0.0.1', 'server.port': peer.port };
      assert.deepEqual(found, { ...common, ...place, ...size });
      const [failed] = await attributesOf(t, name, async () => {
        await assert.rejects(clientOf(t, { port }).openIndex(target).get(1));
      });
      assert.equal(failed['error.type'], failing);
    }
  });

  test('a Unix socket have its path', async (t) => {
    const client = new Client({ path: '/nowhere/at/all' });
    t.after(() => client.close());
    const [found] = await attributesOf(t, 'operation', async () => {
      await assert.rejects(client.openIndex(target).get(1));
    });
    assert.equal(found['server.address'], '/nowhere/at/all');
    assert.ok(!('server.port' in found));
  });
});

describe('hansock:execute', () => {
  test('tells of each batch: where it went, and its size', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer, { traceValues: true });
    const index = client.openIndex(target);
    const executes = record(t, 'execute');
    await Promise.all([index.get(KEY), index.getMany([KEY, 2, 3])]);
    await index.insert([VALUE]);
    await index.get(4);
    await turn();
    const { address, visitors } = peer;
    const batches = [visitors[0].chunks[0], visitors[1].chunks[0], visitors[0].chunks[1]];
    assert.deepEqual(
      executes.contexts.map(ownPart),
      batches.map((text) => ({
        address,
        commands: text.split('\n').length - 1,
        bytes: Buffer.byteLength(text, 'latin1'),
      })),
    );
    assert.deepEqual(executes.events, Array(3).fill(SUCCESS));
    assertUntold(executes.contexts, KEY, VALUE);
    assert.equal(client.stats().batches, 3);
  });

  test('tells of a failure, also if callers do not notice it', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return serveTable(visitor);
      await visitor.lines(2);
      visitor.reset();
    });
    const index = clientOf(t, peer).openIndex(target);
    const [operations, executes, connects] = NAMES.map((name) => record(t, name));
    assert.deepEqual(await index.get(1), { v: '1' });
    await turn();
    assert.deepEqual(operations.events, [SUCCESS]);
    assert.deepEqual(executes.events, [FAILURE, SUCCESS]);
    assert.equal(executes.contexts[0].error.code, 'ERR_HS_LOST');
    assert.deepEqual(connects.events, [SUCCESS, SUCCESS]);
  });

  test("tells of no failure for a server's refusal of a command", async (t) => {
    const refuses = answer((line) => (line.startsWith('P') ? '0\t1\n' : '1\t1\t121\n'));
    const index = clientOf(t, await startPeer(t, refuses)).openIndex(target);
    const executes = record(t, 'execute');
    await assert.rejects(index.insert(['a']), { serverMessage: '121' });
    await turn();
    assert.deepEqual(executes.events, [SUCCESS]);
  });
});

describe('hansock:connect', () => {
  test('tells of each connect, and of nothing if there is a connection', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const connects = record(t, 'connect');
    for (const key of [1, 2, 3]) await index.get(key);
    await turn();
    assert.deepEqual(connects.contexts.map(ownPart), [{ address: peer.address }]);
    assert.deepEqual(connects.events, [SUCCESS]);
    await Promise.all([index.insert(['a']), index.insert(['b'])]);
    await turn();
    assert.deepEqual(connects.events, [SUCCESS, SUCCESS]);
    assert.equal(client.stats().generation, 2);
  });

  test('tells of a connect that replaces a connection which the server had closed', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const connects = record(t, 'connect');
    await index.get(1);
    await new Promise((resolve) => peer.visitors[0].socket.end(resolve));
    await index.get(2);
    await turn();
    assert.equal(client.stats().generation, 2);
    assert.deepEqual(connects.events, [SUCCESS, SUCCESS]);
  });

  test('tells of a connect that fails', async (t) => {
    const address = await refusingAddress(t);
    const client = clientOf(t, { port: Number(address.split(':')[1]) });
    const connects = record(t, 'connect');
    const executes = record(t, 'execute');
    await assert.rejects(client.openIndex(target).insert(['a']), { code: 'ERR_HS_CONNECT' });
    await turn();
    assert.ok(connects.contexts.length > 0);
    for (const context of connects.contexts) {
      assert.equal(context.address, address);
      assert.equal(context.error.code, 'ERR_HS_CONNECT');
      assert.equal(context.error.cause.code, 'ECONNREFUSED');
    }
    assert.deepEqual(connects.events, executes.events);
    for (const events of connects.events) assert.deepEqual(events, FAILURE);
  });
});

describe('without subscribers', () => {
  const useAll = async (client) => {
    const index = client.openIndex(target);
    await Promise.all([index.get(1), index.insert(['a'])]);
    await assert.rejects(index.get([]), TypeError);
  };

  test('nothing is published', async (t) => {
    const published = [];
    const events = NAMES.flatMap((name) =>
      EVENTS.map((event) => `tracing:hansock:${name}:${event}`),
    );
    for (const channel of events.map((event) => diagnostics.channel(event))) {
      assert.equal(channel.hasSubscribers, false);
      channel.publish = () => published.push(channel.name);
      t.after(() => delete channel.publish);
    }
    await useAll(clientOf(t, await startPeer(t, serveTable)));
    assert.deepEqual(published, []);
    diagnostics.channel(events[0]).publish({});
    assert.deepEqual(published, [events[0]], 'what would have been noticed');
  });

  test('to one channel, the others are published', async (t) => {
    const executes = record(t, 'execute');
    await useAll(clientOf(t, await startPeer(t, serveTable)));
    assert.equal(executes.contexts.length, 2);
  });

  test('at first, later subscribers get later messages', async (t) => {
    const client = clientOf(t, await startPeer(t, serveTable));
    const index = client.openIndex(target);
    await index.get(1);
    const recorders = NAMES.map((name) => record(t, name));
    const counts = () => recorders.map(({ contexts }) => contexts.length);
    await index.get(2);
    assert.deepEqual(counts(), [1, 1, 0]);
    for (const { stop } of recorders) stop();
    await index.insert(['a']);
    assert.deepEqual(counts(), [1, 1, 0]);
  });

  test('except one of failures alone, failures are published', async (t) => {
    const address = await refusingAddress(t);
    const client = clientOf(t, { port: Number(address.split(':')[1]) });
    const codes = [];
    const note = ({ error }) => codes.push(error.code);
    const name = 'tracing:hansock:operation:error';
    diagnostics.subscribe(name, note);
    t.after(() => diagnostics.unsubscribe(name, note));
    await assert.rejects(client.openIndex(target).get(1), { code: 'ERR_HS_CONNECT' });
    await turn();
    assert.deepEqual(codes, ['ERR_HS_CONNECT']);
  });
});
