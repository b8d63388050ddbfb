'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const native = require('../native.js');
const { Call, Request } = require('../lib/client/pipeline/call.js');
const { Definition } = require('../lib/client/pipeline/definition.js');
const { ReplyDispatcher } = require('../lib/client/pipeline/reply-dispatcher.js');
const { IndexIds } = require('../lib/client/pipeline/index-ids.js');
const { encodeFind, encodeInsert } = require('../lib/protocol/command.js');
const { readReplies } = require('../lib/core/reply.js');
const { clientOf, makeClient } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const V = { database: 't', table: 'kv', columns: ['v'] };
const range = (length) => Array.from({ length }, (_, i) => i);

/**
 * Answers like a server with a table in which each row's `v` is its key.
 */
function tableReplies() {
  const open = new Set();
  return (line) => {
    const [first, id, ...rest] = line.split('\t');
    if (first === 'A') return '0\t1\n';
    if (first === 'P') {
      open.add(id);
      return '0\t1\n';
    }
    if (!open.has(first)) return '2\t1\tstmtnum\n';
    return id === '+' ? '0\t1\n' : `0\t1\t${rest[1]}\n`;
  };
}

describe('stmtnum', () => {
  const get = (index, key) => index.get(key);
  const insert = (index, key) => index.insert([key]);

  /** A request, and its fate when its batch is answered with stmtnum. */
  function startRequest(isWrite) {
    const definition = new Definition(V);
    const command = isWrite ? encodeInsert(['x']) : encodeFind('=', ['x']);
    const request = new Request(definition, command);
    const read = (outcome) => {
      if (outcome instanceof Error) throw outcome;
    };
    const { promise } = new Call({ name: 'call', isWrite, requests: [request], read });
    const replies = readReplies(['2\t1\tstmtnum\n'], 'peer:1');
    const give = (isReconnected) => {
      const result = { replies, refused: new Map(), failure: null, isReconnected };
      const dispatcher = new ReplyDispatcher(
        [request],
        { ...result, address: 'peer:1' },
        new IndexIds(),
      );
      dispatcher.advance(1);
      return dispatcher.retries.includes(request) ? 'repeated' : 'answered';
    };
    return { promise, give };
  }

  for (const [kind, isWrite] of Object.entries({ read: false, write: true })) {
    test(`has a ${kind} retried each time its connection has reconnected`, async () => {
      const { promise, give } = startRequest(isWrite);
      for (let i = 0; i < 5; i++) assert.equal(give(true), 'repeated');
      assert.equal(give(false), 'repeated');
      for (let i = 0; i < 5; i++) assert.equal(give(true), 'repeated');
      assert.equal(give(false), 'answered');
      await assert.rejects(promise, { serverMessage: 'stmtnum' });
    });
  }

  test('is retried once without a reconnect, then reaches the caller', async (t) => {
    const peer = await startPeer(t, answer(notOpen));
    const client = clientOf(t, peer);
    const index = client.openIndex(V);
    for (const call of [get, insert]) {
      const error = await call(index, 1).catch((error) => error);
      assert.deepEqual([error.serverMessage, error.outcome], ['stmtnum', undefined]);
    }
    const sent = () => peer.visitors[0].received.match(/^./gm).join('');
    // The first batch made the connection, which counts as a reconnect.
    assert.equal(sent(), 'P00P0');
    await assert.rejects(get(index, 2), { serverMessage: 'stmtnum' });
    assert.equal(sent().slice('P00P0'.length), '0P0');
  });

  test('that comes until the deadline is a time-out', async (t) => {
    const holds = (line, ordinal) => ordinal === 0 && /first/.test(line);
    // All connections except the first have no index open, and end.
    const peer = await startPeer(t, (visitor, ordinal) => {
      const reply = ordinal === 0 ? tableReplies() : notOpen;
      visitor.socket.on('data', (data) => {
        const lines = data.toString().split('\n').slice(0, -1);
        if (lines.some((line) => holds(line, ordinal))) return;
        visitor.send(lines.map(reply).join(''));
        if (ordinal > 0) visitor.end();
      });
    });
    const client = clientOf(t, peer, { timeoutMs: 300 });
    const index = client.openIndex(V);
    await insert(index, 'open');
    const first = insert(index, 'first').catch(({ outcome }) => outcome);
    await peer.visitors[0].lines(3);
    const others = range(40).map((i) => insert(index, i));
    await turn();
    peer.visitors[0].reset();
    for (const { reason } of await Promise.allSettled(others)) {
      assert.equal(reason?.code, 'ERR_HS_TIMEOUT');
    }
    assert.equal(await first, 'unknown');
  });
});

/** Answers like a server that opens indexes and knows none of them afterwards. */
function notOpen(line) {
  return line.startsWith('P') ? '0\t1\n' : '2\t1\tstmtnum\n';
}

describe('an update with ever new sets of columns', () => {
  const COLUMNS = range(12).map((i) => `c${i}`);
  const server = useServer({
    sql: `CREATE DATABASE t; USE t;
      CREATE TABLE wide (k INT PRIMARY KEY, ${COLUMNS.map((name) => `${name} INT`).join(', ')});
      CREATE TABLE other LIKE wide;
      INSERT INTO wide (k) VALUES (1);
      INSERT INTO other (k) VALUES (1)`,
  });
  const wide = { database: 't', table: 'wide', columns: ['k', ...COLUMNS] };
  const connect = (t, options) => {
    const { port, writePort, secret } = server.running;
    return makeClient(t, { port, writePort, secret, timeoutMs: 60_000, ...options });
  };
  /** The columns whose bits are set in a number, each with that number. */
  const setOf = (bits) => {
    const names = COLUMNS.filter((_, i) => bits & (1 << i));
    return Object.fromEntries(names.map((name) => [name, bits]));
  };
  /**
   * Records which ids are opened, and requests that use an id in the same write that reopens it.
   */
  function watchIds(t) {
    const ids = new Set();
    const early = [];
    const { executeOne } = native.Driver.prototype;
    const definitions = new Map();
    t.mock.method(native.Driver.prototype, 'executeOne', function (...given) {
      const lines = Buffer.from(given[1]).toString('latin1').split('\n').slice(0, -1);
      const reused = new Set();
      for (const line of lines) {
        const [, opened, definition] = /^P\t(\d+)(.*)/.exec(line) ?? [];
        if (opened !== undefined) {
          ids.add(Number(opened));
          const known = definitions.get(opened);
          if (known !== undefined && known !== definition) reused.add(opened);
          definitions.set(opened, definition);
        } else if (reused.has(line.split('\t')[0])) {
          early.push(line);
        }
      }
      return executeOne.apply(this, given);
    });
    return { ids, early };
  }

  test('uses a bounded number of ids', async (t) => {
    const { ids, early } = watchIds(t);
    const client = connect(t);
    const index = client.openIndex(wide);
    for (let bits = 1; bits < 1500; bits++) {
      assert.equal(await index.update('=', 1, setOf(bits)), 1);
    }
    assert.ok(ids.size <= 256 && Math.max(...ids) < 256, `${ids.size} ids`);
    assert.deepEqual(early, []);
    const [row] = await server.sql('SELECT * FROM t.wide WHERE k = 1');
    const expected = COLUMNS.map((_, i) => {
      const last = range(1500).findLast((bits) => bits & (1 << i));
      return last === undefined ? 'NULL' : String(last);
    });
    assert.deepEqual(row, ['1', ...expected]);
    // One connect to each port.
    assert.equal(client.stats().generation, 2);
  });

  test('changes the columns of each of 2,000 concurrent calls', async (t) => {
    const { ids, early } = watchIds(t);
    const index = connect(t).openIndex(wide);
    const sets = range(2000).map((i) => setOf(i + 1));
    assert.deepEqual(
      new Set(await Promise.all(sets.map((set) => index.update('=', 1, set)))),
      new Set([1]),
    );
    assert.ok(ids.size <= 256, `${ids.size} ids`);
    assert.deepEqual(early, []);
  });

  test('keeps an index open that is used all the time', async (t) => {
    const client = connect(t);
    const index = client.openIndex(wide);
    const hot = setOf(0b111);
    for (let bits = 8; bits < 600; bits++) {
      await index.update('=', 1, setOf(bits));
      await index.update('=', 1, hot);
    }
    const { commands } = client.stats();
    for (let i = 0; i < 10; i++) await index.update('=', 1, hot);
    assert.equal(client.stats().commands, commands + 10);
  });

  for (const [serverMessage, target] of [
    ['fld', { columns: ['k', 'gone'] }],
    ['open_table', { table: 'gone' }],
  ]) {
    test(`changes no row if an index that reuses an id is refused with ${serverMessage}`, async (t) => {
      const client = connect(t);
      const index = client.openIndex({ ...wide, table: 'other' });
      const used = range(400).map((i) => index.update('=', 1, setOf(i + 1)));
      await Promise.all(used);
      const before = await server.sql('SELECT * FROM t.other');
      for (let i = 0; i < 300; i++) {
        const columns = target.columns ?? ['k', `c${i % 12}`];
        const place = { ...wide, ...target, columns, filterColumns: columns.slice(0, 1 + (i % 2)) };
        const bad = client.openIndex(place);
        for (const call of [
          () => bad.update('=', 1, [99, 99]),
          () => bad.insert([99 + i, 99]),
          () => bad.delete('=', 1),
        ]) {
          await assert.rejects(call, { serverMessage, outcome: 'not-sent' });
        }
      }
      assert.deepEqual(await server.sql('SELECT * FROM t.other'), before);
      assert.equal(await index.update('=', 1, setOf(1)), 1);
    });
  }
});
