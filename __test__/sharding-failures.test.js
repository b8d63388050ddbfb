'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { ExecuteError, FanOutError, HandlerSocketError, Ketama, ShardedClient } = require('..');
const { answer, startPeer } = require('./support/fake-peer.js');
const { pause } = require('./support/pause.js');
const { useServer } = require('./support/server.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'], shardBy: ['k'], keyColumns: ['k'] };
const SQL = 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(20))';
/** Longer than anything here takes, so a call that reaches it is stuck. */
const STUCK_MS = 30_000;

/** `from` to `to`. */
function count(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function collect(rows) {
  const all = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Pseudorandom numbers from 0 to 1, equal in each run. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Repeats a call until its result is the expected one. */
async function until(isReached, call) {
  const end = performance.now() + STUCK_MS;
  while (!isReached(await call())) assert.ok(performance.now() < end, 'was never reached');
}

describe('three servers, of which one fails', () => {
  const servers = count(1, 3).map(() =>
    useServer({ sql: SQL, config: { innodb_flush_log_at_trx_commit: 1 } }),
  );

  function connect(t, options) {
    const shards = servers.map(({ running }) => {
      const { host, port, writePort, secret } = running;
      return { host, port, writePort, secret };
    });
    const cluster = new ShardedClient({ servers: shards, ...options });
    t.after(() => cluster.close());
    return { cluster, index: cluster.openIndex(KV) };
  }

  /** Kills a server until the end of the test. */
  async function kill(t, { running }) {
    await running.kill();
    let isBack = false;
    const start = async () => {
      if (!isBack) await running.start();
      isBack = true;
    };
    t.after(start);
    return start;
  }

  /** The ordinals of the servers that have a key, in their order. */
  function makeRing() {
    const addresses = servers.map(({ running: { host, port } }) => ({ host, port }));
    const ring = new Ketama(addresses).createContinuum();
    return (k) => ring.getServerOrdinals(String(k));
  }

  const onEach = (statement) => Promise.all(servers.map((server) => server.sql(statement)));
  const commandsOf = (cluster) => cluster.stats().map(({ primary }) => primary.commands);

  /** Fills the table with all keys of a range, each with the value `old` on its server. */
  async function fill(index, keys) {
    await onEach('DELETE FROM t.kv');
    const results = await index.insertMany(keys.map((k) => [k, 'old']));
    assert.ok(results.every(({ status }) => status === 'fulfilled'));
  }

  /** The keys and values of the rows on each server. */
  async function rowsOn() {
    return (await onEach('SELECT k, v FROM t.kv ORDER BY k')).map((rows) => new Map(rows));
  }

  describe('with onServerDown: error', () => {
    test('in the middle of 10,000 mixed calls: only its own keys are touched, and every outcome is true', async (t) => {
      const { index } = connect(t, { timeoutMs: STUCK_MS });
      const ringOf = makeRing();
      const callers = 100;
      const callsEach = 100;
      const keysEach = 60;
      await fill(index, count(1, callers * keysEach));
      const failedAddresses = ['port', 'writePort'].map((name) => {
        return `127.0.0.1:${servers[1].running[name]}`;
      });
      /**
       * The values that a key may have, undefined for no row. Each key has one writer, which waits
       * for each reply.
       */
      const allowed = new Map(count(1, callers * keysEach).map((k) => [k, new Set(['old'])]));
      const seen = { done: 0, failed: 0, 'not-sent': 0, unknown: 0 };
      let back;

      const write = async (k, v, call) => {
        if (!allowed.has(k)) allowed.set(k, new Set([undefined]));
        try {
          await call();
          allowed.set(k, new Set([v]));
        } catch (error) {
          if (error.outcome !== 'not-sent') allowed.get(k).add(v);
          throw error;
        }
      };
      const read = async (k) => {
        const row = await index.get(k);
        const values = allowed.get(k);
        assert.ok(values.has(row?.v), `${k} is ${row?.v}, not one of ${[...values]}`);
      };
      const callOnce = async (random, caller, i) => {
        const own = 1 + caller * keysEach + Math.floor(random() * keysEach);
        const which = random();
        const value = `${caller}-${i}`;
        let k = own;
        if (which < 1 / 3) k = 1_000_000 + caller * callsEach + i;
        try {
          if (which < 1 / 3) await write(k, value, () => index.insert([k, value]));
          else if (which < 2 / 3) await write(k, value, () => index.update('=', k, { v: value }));
          else await read(k);
        } catch (error) {
          assert.ok(error instanceof HandlerSocketError, error.stack);
          assert.equal(ringOf(k)[0], 1, `${k} is of a server that is up: ${error}`);
          assert.ok(failedAddresses.includes(error.address), error.address);
          assert.ok(['not-sent', 'unknown'].includes(error.outcome), error.outcome);
          seen.failed++;
          seen[error.outcome]++;
        }
        if (++seen.done === 3000) back = kill(t, servers[1]);
      };
      const call = async (caller) => {
        const random = makeRandom(caller);
        for (let i = 0; i < callsEach; i++) await callOnce(random, caller, i);
      };
      await Promise.all(count(0, callers - 1).map(call));
      assert.equal(seen.done, callers * callsEach);
      assert.ok(seen['not-sent'] > 100 && seen.failed < 7000, JSON.stringify(seen));
      t.diagnostic(JSON.stringify(seen));

      await (await back)();
      const rows = await rowsOn();
      for (const [k, values] of allowed) {
        const [owner, ...others] = ringOf(k);
        const found = rows[owner].get(String(k));
        assert.ok(values.has(found), `${k} is ${found}, not one of ${[...values]}`);
        for (const other of others) assert.equal(rows[other].get(String(k)), undefined);
      }
      const keys = [...allowed.keys()];
      const again = await index.getMany(keys);
      assert.deepEqual(
        again.map((row) => row?.v),
        keys.map((k) => rows[ringOf(k)[0]].get(String(k))),
      );
      const inserted = await index.insertMany(count(1, 300).map((i) => [2_000_000 + i, 'new']));
      assert.ok(inserted.every(({ status }) => status === 'fulfilled'));
    });

    test('sends nothing to the others in its place', async (t) => {
      const { cluster, index } = connect(t);
      const ringOf = makeRing();
      await fill(index, count(1, 200));
      await kill(t, servers[1]);
      const before = commandsOf(cluster);
      const keys = count(1, 200).filter((k) => ringOf(k)[0] === 1);
      const failure = { code: 'ERR_HS_CONNECT', outcome: 'not-sent' };
      const isOfServer = (error) =>
        assert.deepEqual({ code: error.code, outcome: error.outcome }, failure) ?? true;
      for (const k of keys.slice(0, 20)) {
        await assert.rejects(index.get(k), isOfServer);
        await assert.rejects(index.find('=', k, { limit: 3 }), isOfServer);
        await assert.rejects(index.insert([k, 'new']), isOfServer);
        await assert.rejects(index.update('=', k, { v: 'new' }), isOfServer);
        await assert.rejects(index.updateReturning('=', k, { v: 'new' }), isOfServer);
        await assert.rejects(index.delete('=', k), isOfServer);
      }
      await assert.rejects(index.getMany(keys), FanOutError);
      assert.ok(
        (await index.insertMany(keys.map((k) => [k, 'n']))).every(({ reason }) =>
          isOfServer(reason),
        ),
      );
      assert.ok((await index.getManySettled(keys)).every(({ reason }) => isOfServer(reason)));
      const [first, , third] = commandsOf(cluster);
      assert.deepEqual([first, third], [before[0], before[2]]);
    });

    test('a call to several tells which server failed and which keys it had', async (t) => {
      const { index } = connect(t);
      const ringOf = makeRing();
      const keys = count(1, 60);
      await fill(index, keys);
      await kill(t, servers[1]);
      const address = `127.0.0.1:${servers[1].running.port}`;
      const isLost = keys.map((k) => ringOf(k)[0] === 1);
      const check = (toValue) => (error) => {
        assert.ok(error instanceof FanOutError && !(error instanceof ExecuteError));
        assert.equal(error.code, 'ERR_HS_EXECUTE');
        assert.equal(error.failures.length, 1);
        const [failure] = error.failures;
        const positions = keys.map((_, i) => i).filter((i) => isLost[i]);
        assert.deepEqual([failure.address, failure.positions], [address, positions]);
        assert.deepEqual([failure.error.code, failure.error.address], ['ERR_HS_CONNECT', address]);
        assert.deepEqual(error.errors, [failure.error]);
        assert.ok(error.message.includes(address), error.message);
        const expected = isLost.map((lost) => (lost ? undefined : 'old'));
        assert.deepEqual(error.rows.map(toValue), expected);
        return true;
      };
      await assert.rejects(
        index.getMany([...keys]),
        check((row) => row?.v),
      );
      await assert.rejects(
        index.findMany(keys, { limit: 2 }),
        check((rows) => rows?.[0].v),
      );
      assert.deepEqual(
        (await index.getManySettled(keys)).map(({ value, reason }) => value?.v ?? reason.address),
        isLost.map((lost) => (lost ? address : 'old')),
      );
      const inserted = await index.insertMany(keys.map((k) => [1000 + k, 'new']));
      assert.deepEqual(
        inserted.map(({ reason }) => reason?.outcome),
        keys.map((k) => (ringOf(1000 + k)[0] === 1 ? 'not-sent' : undefined)),
      );
      await assert.rejects(index.find('>=', 0, { limit: 3, servers: 'all' }), (error) => {
        assert.ok(error instanceof FanOutError);
        assert.deepEqual(error.failures, [{ address, positions: [], error: error.errors[0] }]);
        assert.equal(error.errors[0].address, address);
        assert.equal(error.rows.length, 2 * 3);
        return true;
      });
      const scan = index.scan('>=', 0, { servers: 'all' })[Symbol.asyncIterator]();
      await assert.rejects(scan.next(), { address });
    });
  });

  describe('with onServerDown: next', () => {
    const keys = count(1, 600);

    test('its keys go to the next on the ring and back when it is up, and the others stay', async (t) => {
      const { cluster, index } = connect(t, { onServerDown: 'next' });
      const ringOf = makeRing();
      await fill(index, keys);
      const start = await kill(t, servers[1]);
      const placeOf = (k) => ringOf(k).find((ordinal) => ordinal !== 1);
      const own = keys.filter((k) => ringOf(k)[0] === 1);
      const [first, second, third, ...rest] = own;
      // Each kind of call is in turn the first to find the server down.
      assert.equal(await index.get(first), null);
      assert.deepEqual(await index.insert([first, 'new']), { insertId: null });
      assert.equal(await index.update('=', second, { v: 'new' }), 0);
      const inserted = await index.insertMany([second, third, ...rest].map((k) => [k, 'new']));
      assert.deepEqual(new Set(inserted.map(({ status }) => status)), new Set(['fulfilled']));
      assert.equal(await index.update('=', second, { v: 'newer' }), 1);
      assert.equal(await index.delete('=', third), 1);
      assert.deepEqual(await index.updateReturning('=', rest[0], { v: 'r' }), [
        { k: String(rest[0]), v: 'new' },
      ]);

      const expected = new Map(keys.map((k) => [k, ringOf(k)[0] === 1 ? 'new' : 'old']));
      expected.set(second, 'newer').set(third, undefined).set(rest[0], 'r');
      const values = (rows) => rows.map((row) => row?.v);
      assert.deepEqual(values(await index.getMany(keys)), [...expected.values()]);
      assert.deepEqual(values(await Promise.all(keys.map((k) => index.get(k)))), [
        ...expected.values(),
      ]);
      const settled = await index.getManySettled(keys);
      assert.deepEqual(values(settled.map(({ value }) => value)), [...expected.values()]);
      for (const ordinal of [0, 2]) {
        const rows = await servers[ordinal].sql('SELECT k, v FROM t.kv ORDER BY k');
        const there = keys.filter((k) => placeOf(k) === ordinal && expected.get(k) !== undefined);
        assert.deepEqual(
          rows,
          there.map((k) => [String(k), expected.get(k)]),
        );
      }
      assert.equal(cluster.getServer(first), `127.0.0.1:${servers[1].running.port}`);

      await start();
      await until(
        (row) => row?.v === 'old',
        () => index.get(first),
      );
      const before = commandsOf(cluster);
      assert.deepEqual(
        values(await index.getMany(own)),
        own.map(() => 'old'),
      );
      assert.equal(await index.update('=', second, { v: 'back' }), 1);
      const [away, here, alsoAway] = commandsOf(cluster).map((commands, i) => commands - before[i]);
      assert.deepEqual([away, alsoAway], [0, 0]);
      assert.ok(here >= own.length + 1);
      assert.deepEqual(await servers[1].sql(`SELECT v FROM t.kv WHERE k = ${second}`), [['back']]);
    });

    const firstCalls = {
      getMany: (index, k) => index.getMany([k]),
      'find =': (index, k) => index.find('=', k, { limit: 5 }),
      findMany: (index, k) => index.findMany([k], { limit: 5 }),
      'find behind the shard part': (index, k) => index.find('>=', [k, 0], { limit: 5 }),
      'scan behind the shard part': (index, k) => collect(index.scan('>=', [k, 0])),
      insertMany: (index, k) => index.insertMany([[k, 1]]),
      increment: (index, k) => index.increment('=', k, { part: 1 }, { limit: 1 }),
      deleteReturning: (index, k) => index.deleteReturning('=', k, { limit: 1 }),
    };
    for (const [name, call] of Object.entries(firstCalls)) {
      test(`a ${name} that finds nobody there goes to the next`, async (t) => {
        await onEach(
          'CREATE OR REPLACE TABLE t.parts (k INT, part INT, PRIMARY KEY (k, part)); INSERT INTO t.parts VALUES (1, 7)',
        );
        const { cluster } = connect(t, { onServerDown: 'next' });
        const index = cluster.openIndex({
          ...KV,
          table: 'parts',
          columns: ['k', 'part'],
          keyColumns: ['k', 'part'],
        });
        const [owner, next] = makeRing()(1);
        await kill(t, servers[owner]);
        await call(index, 1).then((result) => {
          for (const { status, reason } of Array.isArray(result) ? result : [])
            assert.notEqual(status, 'rejected', reason);
        });
        assert.ok(commandsOf(cluster)[next] > 0);
        await cluster.close();
      });
    }

    test('one that hangs: reads are answered by the next within the deadline', async (t) => {
      const { pid } = servers[1].running;
      const { index } = connect(t, { onServerDown: 'next', timeoutMs: 2000 });
      const ringOf = makeRing();
      await fill(index, keys);
      pause(t, pid);
      const own = keys.filter((k) => ringOf(k)[0] === 1);
      // A late call rejects.
      const calls = [index.getMany(keys), ...own.slice(0, 50).map((k) => index.get(k))];
      const [rows, ...single] = await Promise.all(calls);
      assert.deepEqual(
        rows.map((row) => row?.v),
        keys.map((k) => (ringOf(k)[0] === 1 ? undefined : 'old')),
      );
      assert.deepEqual(new Set(single), new Set([null]));
      // A write that may have reached the server goes nowhere else. Later ones go to the next
      // server.
      await until(
        (outcome) => outcome === 'done',
        () =>
          index.insert([own[0], 'new']).then(
            () => 'done',
            ({ outcome }) => {
              assert.equal(outcome, 'unknown');
            },
          ),
      );
      const placeOf = ringOf(own[0])[1];
      assert.deepEqual(await servers[placeOf].sql(`SELECT v FROM t.kv WHERE k = ${own[0]}`), [
        ['new'],
      ]);
      process.kill(pid, 'SIGCONT');
      await until(
        (row) => row?.v === 'old',
        () => index.get(own[1]),
      );
    });
  });
});

test('an insertMany over two connections sends only unsent rows to the next server', async (t) => {
  const rowsOf = ({ received }) => received.match(/(?<=\t)row \d+/g) ?? [];
  // One connection is cut once it has all its rows; the others are refused.
  const owner = await startPeer(t, async (visitor, ordinal) => {
    const [, first] = await visitor.lines(2);
    if (ordinal < 2 && !first.endsWith('\trow 0')) {
      await visitor.lines(1 + 20);
      return visitor.reset();
    }
    for (let i = 1; ; i++) {
      await visitor.lines(i);
      await visitor.send('3\t1\tunauth\n');
    }
  });
  const next = await startPeer(
    t,
    answer(() => '0\t1\n'),
  );
  const servers = [owner, next].map(({ port }) => ({ port, writePort: port }));
  const cluster = new ShardedClient({ servers, writeConnections: 2, onServerDown: 'next' });
  t.after(() => cluster.close());
  const index = cluster.openIndex(KV);
  const keys = count(1, 1000).filter((k) => cluster.getServer(k) === owner.address);
  const rows = keys.slice(0, 40).map((k, i) => [k, `row ${i}`]);
  const results = await index.insertMany(rows);
  const names = rows.map(([, name]) => name);
  const lost = names.filter((_, i) => results[i].reason?.outcome === 'unknown');
  assert.deepEqual(next.visitors.flatMap(rowsOf).toSorted(), names.slice(0, 20).toSorted());
  assert.deepEqual(lost, names.slice(20));
});
