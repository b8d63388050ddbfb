'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const path = require('node:path');
const { describe, test } = require('node:test');

const { clientOf, makeClient } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'] };
const V = { ...KV, columns: ['v'] };

/** The replies of a server to one connection, with a table in which each row's `v` is its key. */
function tableReplies() {
  const open = new Set();
  return (line) => {
    const [first, op, , key] = line.split('\t');
    if (first === 'P') open.add(op);
    else if (!open.has(first)) return '2\t1\tstmtnum\n';
    return first === 'P' || op === '+' ? '0\t1\n' : `0\t1\t${key}\n`;
  };
}

function serveTable(visitor) {
  answer(tableReplies())(visitor);
}

/**
 * Everything that was received, in the order of the connections, without the requests to open an
 * index.
 */
function requestsTo({ visitors }) {
  const lines = visitors.flatMap(({ received }) => received.split('\n').slice(0, -1));
  return lines.filter((line) => !line.startsWith('P'));
}

/** The results of several calls: the value, or the error's code and outcome. */
async function settle(calls) {
  const results = await Promise.allSettled(calls);
  return results.map(({ value, reason }) => value ?? [reason.code, reason.outcome]);
}

describe('a real server that was killed and started again', () => {
  const server = useServer({
    sql: `CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(20), KEY v (v));
      INSERT INTO t.kv VALUES (1, 'one'), (2, 'two')`,
  });
  const restart = async () => {
    await server.running.kill();
    await server.running.start();
  };
  const optionsOf = ({ port, writePort, secret }) => ({ port, writePort, secret });
  const insertedKeys = (from) =>
    server.sql(`SELECT k FROM t.kv WHERE k >= ${from} AND k < ${from + 10} ORDER BY k`);

  test('serves every index again without an action of the user', async (t) => {
    const client = makeClient(t, { ...optionsOf(server.running), connections: 2 });
    const byKey = client.openIndex(KV);
    const byValue = client.openIndex({ ...KV, index: 'v' });
    const useAll = async (key) => {
      const reads = Array.from({ length: 40 }, (_, i) => byKey.get((i % 2) + 1));
      const [rows, found] = await Promise.all([
        Promise.all(reads),
        byValue.find('=', 'two', { limit: 5 }),
        byKey.insert({ k: key, v: 'new' }),
      ]);
      assert.deepEqual(
        rows.map(({ v }) => v),
        rows.map((_, i) => (i % 2 === 0 ? 'one' : 'two')),
      );
      assert.deepEqual(found, [{ k: '2', v: 'two' }]);
    };
    await useAll(100);
    const { generation } = client.stats();
    assert.equal(generation, 3);
    await restart();
    await useAll(101);
    assert.equal(client.stats().generation, 2 * generation);
    await restart();
    await useAll(102);
    assert.deepEqual(client.stats().errors, {});
    assert.deepEqual(await insertedKeys(100), [['100'], ['101'], ['102']]);
  });

  test('refuses calls while it is down, and serves the next ones after', async (t) => {
    const client = makeClient(t, optionsOf(server.running));
    const index = client.openIndex(KV);
    assert.deepEqual(await index.get(1), { k: '1', v: 'one' });
    await server.running.kill();
    assert.deepEqual(
      await settle([index.get(1), index.insert({ k: 110, v: 'lost' }), index.getMany([1, 2])]),
      Array(3).fill(['ERR_HS_CONNECT', 'not-sent']),
    );
    await server.running.start();
    assert.deepEqual(await index.get(1), { k: '1', v: 'one' });
    assert.deepEqual(await index.insert({ k: 111, v: 'kept' }), { insertId: null });
    assert.deepEqual(await insertedKeys(110), [['111']]);
  });

  test('gets a write that could not be sent at first', async (t) => {
    let asked = 0;
    const { secret, ...options } = optionsOf(server.running);
    const client = makeClient(t, {
      ...options,
      timeoutMs: 30_000,
      secret: async () => {
        asked++;
        if (asked === 2) await server.running.start();
        return secret;
      },
    });
    const index = client.openIndex(KV);
    await server.running.kill();
    assert.deepEqual(await index.insert({ k: 120, v: 'late' }), { insertId: null });
    // Two calls are for the read port, which opens the index first.
    assert.equal(asked, 3);
    assert.equal(client.stats().retries, 1);
    assert.deepEqual(await insertedKeys(120), [['120']]);
  });

  test('is reconnected to with a new secret from a function', async (t) => {
    const { socketPath } = server.running;
    const optionFile = path.join(path.dirname(socketPath), 'my.cnf');
    const ask = async () => {
      const [[, secret]] = await server.sql("SHOW VARIABLES LIKE 'handlersocket_plain_secret'");
      return secret;
    };
    const client = makeClient(t, { ...optionsOf(server.running), secret: ask, timeoutMs: 30_000 });
    const fixed = makeClient(t, optionsOf(server.running));
    const index = client.openIndex(KV);
    assert.deepEqual(await index.get(1), { k: '1', v: 'one' });
    assert.deepEqual(await index.insert({ k: 130, v: 'before' }), { insertId: null });

    await server.running.kill();
    const text = await fs.readFile(optionFile, 'utf8');
    t.after(async () => {
      await server.running.kill();
      await fs.writeFile(optionFile, text);
      await server.running.start();
    });
    await fs.writeFile(optionFile, text.replaceAll(server.running.secret, 'made-up-at-the-start'));
    await server.running.start();
    assert.equal(await ask(), 'made-up-at-the-start');
    assert.deepEqual(await settle([index.get(1), index.insert({ k: 131, v: 'after' })]), [
      { k: '1', v: 'one' },
      { insertId: null },
    ]);
    assert.deepEqual(client.stats().errors, {});
    assert.deepEqual(await insertedKeys(130), [['130'], ['131']]);
    await assert.rejects(fixed.openIndex(KV).get(1), { code: 'ERR_HS_AUTH', outcome: 'not-sent' });
  });
});

describe('a connection that the server cuts', () => {
  /** The first `cuts` connections end after this many lines and this reply; later ones stay. */
  const startCutting = (context, { lines, replies = '', cuts = 1, end = 'reset' }) =>
    startPeer(context, async (visitor, ordinal) => {
      if (ordinal >= cuts) return serveTable(visitor);
      await visitor.lines(lines);
      await visitor.send(replies);
      visitor[end]();
    });
  const places = {
    'before the first reply': '',
    'after the reply to the request that opens the index': '0\t1\n',
    'within the reply': '0\t1\n0\t1\tx',
  };

  for (const [where, replies] of Object.entries(places)) {
    for (const end of ['reset', 'end']) {
      test(`${where}, by ${end}: a read is retried on a new connection`, async (t) => {
        const peer = await startCutting(t, { lines: 2, replies, end });
        const client = clientOf(t, peer);
        assert.deepEqual(await client.openIndex(V).get(7), { v: '7' });
        const read = requestsTo(peer)[0];
        assert.deepEqual(requestsTo(peer), [read, read]);
        const { retries, generation, errors } = client.stats();
        assert.deepEqual(
          { retries, generation, errors },
          { retries: 1, generation: 2, errors: {} },
        );
      });

      test(`${where}, by ${end}: a write rejects and is never sent again`, async (t) => {
        const peer = await startCutting(t, { lines: 2, replies, end });
        const client = clientOf(t, peer);
        const index = client.openIndex(V);
        await assert.rejects(index.insert(['once']), { code: 'ERR_HS_LOST', outcome: 'unknown' });
        await index.insert(['next']);
        assert.deepEqual(requestsTo(peer), ['0\t+\t1\tonce', '0\t+\t1\tnext']);
        assert.equal(client.stats().retries, 0);
      });
    }
  }

  test('twice: a read is not retried twice', async (t) => {
    const peer = await startCutting(t, { lines: 2, cuts: 2 });
    const client = clientOf(t, peer);
    const index = client.openIndex(V);
    await assert.rejects(index.get(7), { code: 'ERR_HS_LOST', outcome: 'unknown' });
    assert.equal(peer.visitors.length, 2);
    assert.deepEqual(await index.get(8), { v: '8' });
    assert.equal(requestsTo(peer).length, 3);
    assert.deepEqual(client.stats().errors, { ERR_HS_LOST: 1 });
  });

  test('gives the replies that came before to their callers', async (t) => {
    const peer = await startCutting(t, { lines: 4, replies: '0\t1\n0\t1\tfirst\n0\t1\tse' });
    const index = clientOf(t, peer).openIndex(V);
    assert.deepEqual(await Promise.all([1, 2, 3].map((key) => index.get(key))), [
      { v: 'first' },
      { v: '2' },
      { v: '3' },
    ]);
    const [first, second, third, ...repeated] = requestsTo(peer);
    assert.notEqual(first, second);
    assert.deepEqual(repeated, [second, third]);
  });

  test('acknowledges only the writes that were answered before', async (t) => {
    const peer = await startCutting(t, { lines: 4, replies: '0\t1\n0\t1\n' });
    const index = clientOf(t, peer).openIndex(V);
    assert.deepEqual(await settle(['a', 'b', 'c'].map((value) => index.insert([value]))), [
      { insertId: null },
      ['ERR_HS_LOST', 'unknown'],
      ['ERR_HS_LOST', 'unknown'],
    ]);
    await index.insert(['d']);
    assert.deepEqual(
      requestsTo(peer),
      ['a', 'b', 'c', 'd'].map((value) => `0\t+\t1\t${value}`),
    );
  });

  test('within an insertMany leaves each row its outcome', async (t) => {
    const peer = await startCutting(t, { lines: 3, replies: '0\t1\n0\t1\t5\n' });
    const index = clientOf(t, peer).openIndex(V);
    const [first, second] = await index.insertMany([['a'], ['b']]);
    assert.deepEqual(first, { status: 'fulfilled', value: { insertId: 5n } });
    assert.equal(second.status, 'rejected');
    assert.deepEqual([second.reason.code, second.reason.outcome], ['ERR_HS_LOST', 'unknown']);
    assert.equal(requestsTo(peer).length, 2);
  });

  test('beside an idle one: the reads go through on both', async (t) => {
    const held = new Map();
    // The first two connections do not answer requests for `slow` and `cut`.
    const peer = await startPeer(t, (visitor, ordinal) => {
      const reply = tableReplies();
      answer((line) => {
        const [, name] = /\t(slow|cut)/.exec(line) ?? [];
        if (ordinal > 1 || name === undefined) return reply(line);
        held.set(name, visitor);
      })(visitor);
    });
    const client = clientOf(t, peer, { connections: 2 });
    const index = client.openIndex(V);
    const getAll = (keys) => Promise.all(keys.map((key) => index.get(key)));
    const rowsOf = (keys) => keys.map((v) => ({ v }));
    await getAll(Array.from({ length: 40 }, (_, i) => i));
    assert.equal(peer.visitors.length, 2);

    const slow = index.get('slow');
    await Promise.race(peer.visitors.map((visitor) => visitor.lines(22)));
    const keys = Array.from({ length: 100 }, (_, i) => `cut ${i}`);
    const cut = getAll(keys);
    await Promise.race(peer.visitors.map((visitor) => visitor.lines(121)));
    await held.get('slow').send('0\t1\tslow\n');
    assert.deepEqual(await slow, { v: 'slow' });
    for (const visitor of [held.get('slow'), held.get('cut')]) {
      visitor.reset();
      await visitor.closed;
    }
    assert.deepEqual(await cut, rowsOf(keys));
    assert.deepEqual(client.stats().errors, {});
  });

  for (const [name, change] of Object.entries({
    update: (index) => index.update('=', 1, { v: 'x' }),
    increment: (index) => index.increment('=', 1, { v: 1 }),
    delete: (index) => index.delete('=', 1),
    updateReturning: (index) => index.updateReturning('=', 1, { v: 'x' }),
    deleteReturning: (index) => index.deleteReturning('=', 1),
  })) {
    test(`sends no ${name} again`, async (t) => {
      const peer = await startCutting(t, { lines: 2 });
      const index = clientOf(t, peer).openIndex(V);
      await assert.rejects(change(index), { code: 'ERR_HS_LOST', outcome: 'unknown' });
      await index.insert(['next']);
      assert.equal(requestsTo(peer).length, 2);
    });
  }
});

describe('a connection that the server closed while it was idle', () => {
  const leavings = {
    'by an end of file': (visitor) => new Promise((resolve) => visitor.socket.end(resolve)),
    'by a reset': (visitor) => {
      visitor.reset();
      return visitor.closed;
    },
  };
  for (const [how, leave] of Object.entries(leavings)) {
    test(`${how} is replaced without the callers noticing`, async (t) => {
      const peer = await startPeer(t, serveTable);
      const client = clientOf(t, peer);
      const index = client.openIndex(V);
      for (let i = 0; i < 4; i++) {
        assert.deepEqual(await Promise.all([index.get(i), index.insert([`w${i}`])]), [
          { v: `${i}` },
          { insertId: null },
        ]);
        assert.deepEqual([peer.visitors.length, client.stats().generation], [2 * i + 2, 2 * i + 2]);
        await Promise.all(peer.visitors.slice(-2).map(leave));
      }
      assert.deepEqual(client.stats().errors, {});
    });
  }
});

describe('an index that cannot be opened', () => {
  const server = useServer({
    sql: `CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(20));
      INSERT INTO t.kv VALUES (1, 'one')`,
  });
  const clientOfServer = (context, options) => {
    const { port, writePort, secret } = server.running;
    return makeClient(context, { port, writePort, secret, ...options });
  };

  for (const [what, target, serverMessage] of [
    ['a table', { ...KV, table: 'none' }, 'open_table'],
    ['a column', { ...KV, columns: ['k', 'gone'] }, 'fld'],
    ['a filter column', { ...KV, filterColumns: ['gone'] }, 'fld'],
    ['an index', { ...KV, index: 'by_nothing' }, 'idxnum'],
  ]) {
    test(`for want of ${what} fails only its own calls`, async (t) => {
      const client = clientOfServer(t);
      const good = client.openIndex(KV);
      const bad = client.openIndex(target);
      for (let i = 0; i < 3; i++) {
        const calls = [
          good.get(1),
          bad.get(1),
          good.getMany([1]),
          bad.getMany([1, 2]),
          good.get(2),
        ];
        const results = await Promise.allSettled(calls);
        assert.deepEqual(
          results.map(({ status }) => status),
          ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
        );
        const { reason } = results[1];
        assert.deepEqual([reason.code, reason.serverMessage], ['ERR_HS_NOT_OPENED', serverMessage]);
        for (const part of [`${target.database}.${target.table}`, ...target.columns]) {
          assert.ok(reason.message.includes(part), reason.message);
        }
      }
      assert.equal(client.stats().generation, 1);
    });
  }

  test('because its table was dropped is opened once the table exists again', async (t) => {
    await server.sql("CREATE TABLE t.drops LIKE t.kv; INSERT INTO t.drops VALUES (1, 'old')");
    const client = clientOfServer(t, { idleTimeoutMs: 50 });
    const index = client.openIndex({ ...KV, table: 'drops' });
    assert.deepEqual(await index.get(1), { k: '1', v: 'old' });
    // DROP and CREATE wait until no connection is left that has asked for the table.
    await server.sql('DROP TABLE t.drops');
    await assert.rejects(index.get(1), { code: 'ERR_HS_NOT_OPENED', serverMessage: 'open_table' });
    await server.sql("CREATE TABLE t.drops LIKE t.kv; INSERT INTO t.drops VALUES (1, 'new')");
    assert.deepEqual(await index.get(1), { k: '1', v: 'new' });
  });
});
