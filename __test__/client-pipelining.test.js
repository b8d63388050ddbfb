'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { Client } = require('..');
const {
  clientOf,
  makeClient,
  serveTable,
  startGated,
  tableReply,
} = require('./support/clients.js');
const { answer, silence, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const target = { database: 't', table: 'kv', columns: ['v'] };

function linesTo(visitor) {
  return visitor.received.split('\n').slice(0, -1);
}

function getAll(index, keys) {
  return Promise.all(keys.map((key) => index.get(key)));
}

/** A timeout much longer than it takes to close a connection. */
const STUCK_MS = 5000;

const range = (length) => Array.from({ length }, (_, i) => i);
const rowsOf = (keys) => keys.map((key) => ({ v: `${key}` }));

describe('calls made in one turn', () => {
  test('travel in one write', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const keys = range(100);
    assert.deepEqual(await getAll(client.openIndex(target), keys), rowsOf(keys));
    assert.equal(peer.visitors.length, 1);
    assert.equal(peer.visitors[0].chunks.length, 1);
    assert.equal(linesTo(peer.visitors[0]).length, 1 + keys.length);
    assert.equal(client.stats().batches, 1);
  });

  test('travel in one write with those of its microtasks', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const calls = await new Promise((resolve) => {
      setImmediate(() => {
        const later = Promise.resolve().then(() => index.get(2));
        resolve([index.get(1), later]);
      });
    });
    assert.deepEqual(await Promise.all(calls), rowsOf([1, 2]));
    assert.equal(peer.visitors[0].chunks.length, 1);
  });

  test('travel together whatever they ask for, writes to their own port', async (t) => {
    const reads = await startPeer(t, serveTable);
    const writes = await startPeer(t, serveTable);
    const client = makeClient(t, { port: reads.port, writePort: writes.port });
    const [a, b] = ['a', 'b'].map((table) => client.openIndex({ ...target, table }));
    // The read port opens an index before its first write.
    await Promise.all([a.get(0), b.get(0)]);
    await Promise.all([
      a.get(1),
      a.insert(['x']),
      b.find('>', 2, { limit: 9 }),
      b.increment('=', 3, { v: 1 }),
      a.getMany([4, 5]),
      b.findMany([6], { limit: 2 }),
      a.delete('=', 7),
    ]);
    assert.deepEqual([reads.visitors[0].chunks.length, writes.visitors[0].chunks.length], [2, 1]);
    assert.deepEqual(
      [reads, writes].map(({ visitors }) => linesTo(visitors[0]).length),
      [2 + 2 + 5, 2 + 3],
    );
    assert.equal(client.stats().batches, 3);
  });
});

test('calls made during a round trip travel in the next batch', async (t) => {
  const peer = await startGated(t);
  const client = clientOf(t, peer);
  const index = client.openIndex(target);
  const calls = [index.get(0)];
  const visitor = await peer.visitor(0);
  await visitor.lines(2);
  for (let i = 1; i <= 20; i++) {
    calls.push(index.get(i));
    await turn();
  }
  assert.equal(linesTo(visitor).length, 2);
  peer.open();
  assert.deepEqual(await Promise.all(calls), rowsOf(range(21)));
  assert.deepEqual([visitor.chunks.length, client.stats().batches], [2, 2]);
});

/** A client with an open index, whose peer answers only as many commands as the test allows. */
async function startStepwise(context, options) {
  const peer = await startPeer(context, silence);
  const client = clientOf(context, peer, options);
  const index = client.openIndex(target);
  const first = index.get(0);
  const visitor = await peer.visitor(0);
  let answered = 0;
  /** Answers this many more commands. */
  const step = async (count) => {
    const lines = await visitor.lines(answered + count);
    const replies = lines.slice(answered, answered + count).map(tableReply);
    answered += count;
    await visitor.send(replies.join(''));
  };
  await step(2);
  await first;
  return { peer, client, index, visitor, step };
}

/** Makes the calls while another one is in flight. */
async function callBehind({ index, visitor }, keys) {
  const { length } = linesTo(visitor);
  const first = index.get('first');
  await visitor.lines(length + 1);
  const calls = keys.map((key) => index.get(key));
  await turn();
  return [first, ...calls];
}

describe('on the only connection, while a batch is in flight', () => {
  for (const [count, batches] of [
    [2, 2],
    [31, 2],
    [32, 3],
    [300, 3],
  ]) {
    test(`${count} calls ${batches === 2 ? 'wait for its end' : 'are in line behind it'}`, async (t) => {
      const stepwise = await startStepwise(t);
      const { client, visitor, step } = stepwise;
      const calls = await callBehind(stepwise, range(count));
      assert.equal(client.stats().batches, batches);
      assert.equal(linesTo(visitor).length, 3);
      await step(1);
      await visitor.lines(3 + count);
      assert.deepEqual([visitor.chunks.length, client.stats().batches], [3, 3]);
      await step(count);
      assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(count)]));
      assert.equal(client.stats().generation, 1);
    });
  }

  test('calls of successive turns are in line once there are 32', async (t) => {
    const stepwise = await startStepwise(t);
    const { client, index, step } = stepwise;
    const calls = await callBehind(stepwise, []);
    for (const key of range(31)) {
      calls.push(index.get(key));
      await turn();
    }
    assert.equal(client.stats().batches, 2);
    calls.push(index.get(31));
    await turn();
    assert.equal(client.stats().batches, 3);
    await step(1);
    await step(32);
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(32)]));
  });

  test('only one batch is in line, and later calls make up the next', async (t) => {
    const stepwise = await startStepwise(t);
    const { client, index, visitor, step } = stepwise;
    const calls = await callBehind(stepwise, range(40));
    for (const from of [40, 80, 120]) {
      for (const i of range(40)) calls.push(index.get(from + i));
      await turn();
      assert.equal(client.stats().batches, 3);
    }
    await step(1);
    await calls[0];
    await turn();
    // Now the 40 are in flight, and the rest is in line.
    assert.equal(client.stats().batches, 4);
    assert.equal((await visitor.lines(43)).length, 43);
    await step(40);
    await step(120);
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(160)]));
    assert.deepEqual([visitor.chunks.length, client.stats().batches], [4, 4]);
  });

  test('calls that one batch cannot hold are in line at once', async (t) => {
    const stepwise = await startStepwise(t);
    const { client, visitor, step } = stepwise;
    const calls = getAll(stepwise.index, range(600));
    await turn();
    assert.equal(client.stats().batches, 3);
    await step(512);
    await step(88);
    assert.deepEqual(await calls, rowsOf(range(600)));
    assert.deepEqual([visitor.chunks.length, client.stats().batches], [3, 3]);
  });

  test('a batch in line opens what it needs', async (t) => {
    const stepwise = await startStepwise(t);
    const { client, visitor, step } = stepwise;
    const other = client.openIndex({ ...target, table: 'other' });
    const calls = await callBehind(stepwise, range(20));
    for (const key of range(20)) calls.push(other.get(key));
    await turn();
    assert.equal(client.stats().batches, 3);
    await step(1);
    await step(41);
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(20), ...range(20)]));
    assert.equal(linesTo(visitor).filter((line) => line.startsWith('P')).length, 2);
  });

  test('close() waits for all, in line or not', async (t) => {
    const stepwise = await startStepwise(t);
    const { client, index, visitor, step } = stepwise;
    const calls = await callBehind(stepwise, range(40));
    for (const key of range(10)) calls.push(index.get(key));
    let isClosed = false;
    const closed = client.close().then(() => {
      isClosed = true;
    });
    await assert.rejects(index.get('later'), { code: 'ERR_HS_CLOSED' });
    await step(1);
    await step(40);
    await visitor.lines(53);
    assert.equal(isClosed, false);
    await step(10);
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(40), ...range(10)]));
    await closed;
    await visitor.closed;
    assert.equal(linesTo(visitor).length, 53);
  });

  test('with several connections nothing is in line', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer, { connections: 2 });
    const index = client.openIndex(target);
    const calls = [];
    for (const i of range(2)) {
      calls.push(index.get(i));
      await (await peer.visitor(i)).lines(2);
    }
    for (const key of range(200)) calls.push(index.get(key));
    await turn();
    assert.equal(client.stats().batches, 2);
    peer.open();
    assert.deepEqual(await Promise.all(calls), rowsOf([0, 1, ...range(200)]));
  });
});

describe('the results of one batch on the only connection', () => {
  for (const [count, batches] of [
    [63, 2],
    [64, 3],
    [101, 3],
  ]) {
    test(`of ${count} are given ${batches === 2 ? 'at once' : 'in two portions'}`, async (t) => {
      const peer = await startPeer(t, serveTable);
      const client = clientOf(t, peer);
      const index = client.openIndex(target);
      await index.get('open');
      const again = [];
      let seen = 0;
      const calls = range(count).map(async (i) => {
        assert.deepEqual(await index.get(i), { v: `${i}` });
        if (i < count >> 1) again.push(index.get(i));
        // The calls made by the first portion are in flight when the second portion comes.
        if (i === count - 1) seen = client.stats().batches;
      });
      await Promise.all(calls);
      assert.equal(seen, batches);
      assert.deepEqual(await Promise.all(again), rowsOf(range(count >> 1)));
    });
  }

  test('are all given if the connection is cut between them', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return serveTable(visitor);
      const lines = await visitor.lines(301);
      await visitor.send(lines.slice(0, 200).map(tableReply).join(''));
      visitor.reset();
    });
    const client = clientOf(t, peer);
    assert.deepEqual(await getAll(client.openIndex(target), range(300)), rowsOf(range(300)));
    assert.deepEqual(client.stats().errors, {});
  });
});

describe('a connection that is cut while a batch is in line', () => {
  /** Answers as a table would, but not 'first' on the first connection. */
  function holdingFirst(visitor, ordinal) {
    const open = new Set();
    visitor.inserted = [];
    answer((line) => {
      const [first, op, , value] = line.split('\t');
      if (first === 'A') return '0\t1\n';
      if (first === 'P') open.add(op);
      else if (!open.has(first)) return '2\t1\tstmtnum\n';
      if (ordinal === 0 && value === 'first') return undefined;
      if (op === '+') visitor.inserted.push(value);
      return tableReply(line);
    })(visitor);
  }

  async function startHeld(context, call, options) {
    const peer = await startPeer(context, holdingFirst);
    const client = clientOf(context, peer, options);
    const index = client.openIndex(target);
    await call(index, 'open');
    const calls = [call(index, 'first')];
    const [visitor] = peer.visitors;
    await visitor.lines(linesTo(visitor).length + 1);
    for (const i of range(100)) calls.push(call(index, i));
    await turn();
    assert.equal(client.stats().batches, 3);
    return { peer, client, calls, visitor };
  }
  const get = (index, key) => index.get(key);
  const insert = (index, key) => index.insert([key]);

  for (const [title, cut] of [
    ['before the replies', (visitor) => visitor.reset()],
    ['by its end', (visitor) => visitor.end()],
    [
      'after the replies',
      async (visitor) => {
        await visitor.send('0\t1\tfirst\n');
        visitor.reset();
      },
    ],
    [
      'within a reply',
      async (visitor) => {
        await visitor.send('0\t1\tfir');
        visitor.end();
      },
    ],
  ]) {
    test(`${title}: all reads succeed`, async (t) => {
      const { client, calls, visitor } = await startHeld(t, get);
      cut(visitor);
      assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(100)]));
      assert.deepEqual(client.stats().errors, {});
      await client.close();
    });
  }

  test('writes in line are done once', async (t) => {
    const { peer, client, calls, visitor } = await startHeld(t, insert);
    visitor.reset();
    const [first, ...rest] = await Promise.allSettled(calls);
    assert.deepEqual([first.reason.code, first.reason.outcome], ['ERR_HS_LOST', 'unknown']);
    assert.deepEqual(new Set(rest.map(({ status }) => status)), new Set(['fulfilled']));
    const inserted = peer.visitors.flatMap((each) => each.inserted);
    assert.deepEqual(inserted.toSorted(), ['open', ...range(100)].map(String).toSorted());
    assert.deepEqual(client.stats().errors, { ERR_HS_LOST: 1 });
  });

  test('and whose secret comes from a function: close() leaves no connection open', async (t) => {
    const secret = () => 'secret';
    const { peer, client, calls, visitor } = await startHeld(t, get, { secret });
    visitor.reset();
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...range(100)]));
    await client.close();
    const stuck = AbortSignal.timeout(STUCK_MS);
    const isStuck = once(stuck, 'abort').then(() => 'left open');
    for (const { closed, received } of peer.visitors) {
      assert.notEqual(await Promise.race([closed, isStuck]), 'left open', received.slice(0, 40));
    }
  });

  test('and whose secret comes from a function: no other is taken for it', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal === 1) {
        // A third connection would connect before the second one answers.
        await visitor.lines(81);
        for (let i = 0; i < 200 && peer.visitors.length < 3; i++) await turn();
      }
      holdingFirst(visitor, ordinal);
      // Data that arrived before are not emitted again.
      visitor.socket.emit('data', Buffer.alloc(0));
    });
    const client = clientOf(t, peer, { secret: () => 'secret' });
    const index = client.openIndex(target);
    const other = client.openIndex({ ...target, table: 'other' });
    await index.get('open');
    const calls = [index.get('first')];
    await peer.visitors[0].lines(4);
    for (const key of range(40)) calls.push(index.get(key), other.get(key));
    await turn();
    assert.equal(client.stats().batches, 3);
    peer.visitors[0].reset();
    const keys = range(40).flatMap((key) => [key, key]);
    assert.deepEqual(await Promise.all(calls), rowsOf(['first', ...keys]));
    const { retries } = client.stats();
    assert.deepEqual(await other.get('later'), { v: 'later' });
    assert.equal(client.stats().retries, retries, 'it was said to be open where it was not');
  });
});

describe('several connections', () => {
  test('share the load', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer, { connections: 4 });
    const keys = range(400);
    assert.deepEqual(await getAll(client.openIndex(target), keys), rowsOf(keys));
    assert.deepEqual([peer.visitors.length, client.stats().connections], [4, 4]);
    for (const visitor of peer.visitors) {
      const { length } = linesTo(visitor);
      assert.ok(length > 50 && length < 200, `${length} of 400 requests`);
    }
  });

  test('take the calls of one that gets no answer', async (t) => {
    const peer = await startPeer(t, (visitor, ordinal) => {
      if (ordinal > 0) serveTable(visitor);
    });
    const client = clientOf(t, peer, { connections: 2, timeoutMs: 1000 });
    const index = client.openIndex(target);
    let isOver = false;
    const stuck = index.get('stuck').catch((error) => {
      isOver = true;
      return error;
    });
    await (await peer.visitor(0)).lines(2);
    for (const key of range(20)) assert.deepEqual(await index.get(key), { v: `${key}` });
    assert.equal(isOver, false);
    assert.equal((await stuck).code, 'ERR_HS_TIMEOUT');
  });
});

describe('on a real server', () => {
  const ROWS = 1000;
  const server = useServer({
    sql: `CREATE DATABASE t; USE t;
      CREATE TABLE kv (k INT PRIMARY KEY, v VARCHAR(20));
      INSERT INTO kv SELECT seq, CONCAT('v', seq) FROM seq_0_to_${ROWS - 1};
      CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20));
      CREATE TABLE counter (k INT PRIMARY KEY, n INT);
      INSERT INTO counter SELECT seq, 0 FROM seq_0_to_99`,
  });
  const kv = { ...target, columns: ['k', 'v'] };
  const clientOfServer = (context, options) => {
    const { port, writePort, secret } = server.running;
    return makeClient(context, { port, writePort, secret, timeoutMs: 30_000, ...options });
  };
  const rowOf = (k) => (k < ROWS ? { k: `${k}`, v: `v${k}` } : null);

  test('1,000 gets of one turn need few batches', async (t) => {
    const client = clientOfServer(t);
    const keys = range(1000);
    assert.deepEqual(await getAll(client.openIndex(kv), keys), keys.map(rowOf));
    const { batches, commands } = client.stats();
    assert.ok(batches <= 5, `${batches} batches`);
    assert.equal(commands, 1001);
  });

  test('100 callers in a closed loop get their own rows on one connection', async (t) => {
    const client = clientOfServer(t);
    const index = client.openIndex(kv);
    const callers = range(100).map(async (caller) => {
      for (const i of range(100)) {
        const key = (caller * 37 + i * 101) % (ROWS + 5);
        assert.deepEqual(await index.get(key), rowOf(key));
      }
    });
    await Promise.all(callers);
    const { connections, generation, commands, batches, pending } = client.stats();
    assert.deepEqual([connections, generation, commands, pending], [1, 1, 10_001, 0]);
    assert.ok(batches < 1000, `${batches} batches`);
  });

  test('a getMany of 20,000 keys gets its rows beside callers in a closed loop', async (t) => {
    const client = clientOfServer(t);
    const index = client.openIndex(kv);
    const keys = range(20_000).map((i) => (i * 7) % (ROWS + 1));
    let isOver = false;
    const callers = range(50).map(async (caller) => {
      for (let i = 0; !isOver; i++) {
        const key = (caller + i * 13) % ROWS;
        assert.deepEqual(await index.get(key), rowOf(key));
      }
    });
    assert.deepEqual(await index.getMany(keys), keys.map(rowOf));
    isOver = true;
    await Promise.all(callers);
    assert.equal(client.stats().generation, 1);
  });

  test('a getMany of 100,000 keys does not delay a get until its end', async (t) => {
    const client = clientOfServer(t);
    const index = client.openIndex(kv);
    let isOver = false;
    const keys = range(100_000).map((i) => i % (ROWS + 1));
    const many = index.getMany(keys).finally(() => {
      isOver = true;
    });
    assert.deepEqual(await index.get(7), rowOf(7), 'of the same turn');
    assert.equal(isOver, false);
    for (const key of range(5)) {
      assert.deepEqual(await index.get(key), rowOf(key), 'of a later one');
      assert.equal(isOver, false);
    }
    assert.deepEqual(await many, keys.map(rowOf));
  });

  test('a failure reaches only its own caller', async (t) => {
    const client = clientOfServer(t);
    const index = client.openIndex(kv);
    const numbers = client.openIndex({ ...kv, types: { v: 'number' } });
    const none = client.openIndex({ ...kv, table: 'none' });
    const counters = client.openIndex({ ...kv, table: 'counter', columns: ['k', 'n'] });
    for (let i = 0; i < 3; i++) {
      const results = await Promise.allSettled([
        index.get(1),
        index.get([1, 2]),
        none.get(1),
        numbers.get(3),
        index.get(undefined),
        index.find('>=', 998, { limit: 9 }),
        counters.insert({ k: 5, n: 5 }),
        counters.update('=', 99, { n: 0 }),
        index.insert({ k: 0, nothing: 0 }),
        index.getMany([4, 5000]),
      ]);
      assert.deepEqual(
        results.map(({ value, reason }) => reason?.code ?? reason?.constructor ?? value),
        [
          rowOf(1),
          TypeError,
          'ERR_HS_NOT_OPENED',
          'ERR_HS_VALUE',
          TypeError,
          [rowOf(998), rowOf(999)],
          'ERR_HS_DUPLICATE_KEY',
          1,
          TypeError,
          [rowOf(4), null],
        ],
      );
    }
    assert.deepEqual(client.stats().errors, {
      ERR_HS_NOT_OPENED: 3,
      ERR_HS_DUPLICATE_KEY: 3,
      ERR_HS_VALUE: 3,
    });
  });

  test('each of 20,000 calls of all kinds gets its own result', async (t) => {
    const client = clientOfServer(t, { connections: 3 });
    const index = client.openIndex(kv);
    const log = client.openIndex({ ...target, table: 'log', columns: ['note'] });
    const counters = client.openIndex({ ...target, table: 'counter', columns: ['k', 'n'] });
    let seed = 1;
    const random = (below) => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % below;
    };
    const notes = new Map();
    const sums = Array(100).fill(0);
    const kinds = [
      async (k) => assert.deepEqual(await index.get(k), rowOf(k)),
      async (k) => {
        const keys = range(random(20)).map((i) => (k * i) % (ROWS + 10));
        assert.deepEqual(await index.getMany(keys), keys.map(rowOf));
      },
      async (k) => {
        const limit = random(8) + 1;
        const found = range(limit).map((i) => rowOf(k + i));
        assert.deepEqual(await index.find('>=', k, { limit }), found.filter(Boolean));
      },
      async (k, i) => {
        const { insertId } = await log.insert([`${k}-${i}`]);
        assert.equal(notes.has(`${insertId}`), false);
        notes.set(`${insertId}`, `${k}-${i}`);
      },
      async (k, i) => {
        sums[k % 100] += i % 7;
        assert.equal(await counters.increment('=', k % 100, { n: i % 7 }), 1);
      },
      async (k) => assert.rejects(index.get([k, k]), TypeError),
      async (k) => assert.equal(await counters.delete('=', 1000 + k), 0),
    ];
    const calls = [];
    for (let i = 0; i < 20_000; i++) {
      calls.push(kinds[random(kinds.length)](random(ROWS + 50), i));
      if (random(100) === 0) await turn();
    }
    await Promise.all(calls);
    const inserted = await server.sql('SELECT id, note FROM t.log');
    assert.ok(inserted.length > 1000);
    assert.deepEqual(new Map(inserted), notes);
    const counted = await server.sql('SELECT n FROM t.counter ORDER BY k');
    assert.deepEqual(counted.flat().map(Number), sums);
    assert.equal(client.stats().pending, 0);
  });
});

test('maxPending refuses surplus calls at once and sends nothing of them', async (t) => {
  const peer = await startGated(t);
  const client = clientOf(t, peer, { maxPending: 3 });
  const index = client.openIndex(target);
  const taken = [index.get(1), index.getMany([2, 3]), index.insert(['a'])];
  const refused = { code: 'ERR_HS_OVERLOADED', outcome: 'not-sent', message: /\b3\b/ };
  await assert.rejects(index.get(4), refused);
  await assert.rejects(index.insert(['b']), refused);
  assert.equal(client.stats().pending, 3);
  peer.open();
  assert.deepEqual(await Promise.all(taken), [{ v: '1' }, rowsOf([2, 3]), { insertId: null }]);
  assert.deepEqual(await getAll(index, [5, 6, 7]), rowsOf([5, 6, 7]));
  const received = peer.visitors.map((visitor) => visitor.received).join('');
  assert.doesNotMatch(received, /\t4(\t|\n)|\tb\n/);
  assert.deepEqual(client.stats().errors, { ERR_HS_OVERLOADED: 2 });
});

describe('stats()', () => {
  test('of a new client are zero, and a copy', () => {
    const client = new Client();
    const stats = client.stats();
    const { errors, latency, ...figures } = stats;
    assert.deepEqual(new Set(Object.values(figures)), new Set([0]));
    assert.deepEqual(errors, {});
    const none = { p50: null, p99: null };
    assert.deepEqual(latency, { queueMs: none, roundTripMs: none });
    stats.errors.ERR_HS_LOST = 1;
    assert.deepEqual(client.stats().errors, {});
  });

  test('count what is pending, and what came over the wire', async (t) => {
    const peer = await startGated(t);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    const calls = [index.get(1), index.getMany(range(30)), index.insert(['a'])];
    assert.equal(client.stats().pending, 3);
    peer.open();
    await Promise.all(calls);
    await index.get(2);
    const { connections, generation, pending, batches, commands, bytes } = client.stats();
    assert.deepEqual([connections, generation, pending, batches], [2, 2, 0, 3]);
    const received = peer.visitors.map((visitor) => visitor.received).join('');
    assert.equal(bytes, Buffer.byteLength(received, 'latin1'));
    assert.equal(commands, received.split('\n').length - 1);
    await client.close();
    assert.equal(client.stats().connections, 0);
  });

  test('do not count batches that were not sent', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    await index.get(1);
    const { batches, commands, bytes } = client.stats();
    peer.visitors[0].reset();
    await peer.visitors[0].closed;
    peer.refuse();
    await assert.rejects(index.get(1), { code: 'ERR_HS_CONNECT', outcome: 'not-sent' });
    const now = client.stats();
    assert.deepEqual([now.batches, now.commands, now.bytes], [batches, commands, bytes]);
  });

  test('count retries, and errors by code', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal !== 0) return serveTable(visitor);
      await visitor.lines(4);
      visitor.reset();
    });
    const client = clientOf(t, peer);
    const index = client.openIndex(target);
    await index.getMany([1, 2, 3]);
    peer.visitors[1].reset();
    await peer.visitors[1].closed;
    peer.refuse();
    for (const call of [() => index.insert(['a']), () => index.get(1), () => index.get(1)]) {
      await assert.rejects(call, { code: 'ERR_HS_CONNECT' });
    }
    const { connections, generation, retries, errors } = client.stats();
    assert.deepEqual([connections, generation], [0, 2]);
    assert.equal(retries, 3 + 3);
    assert.deepEqual(errors, { ERR_HS_CONNECT: 3 });
  });
});
