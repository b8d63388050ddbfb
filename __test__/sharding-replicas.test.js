'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');

const { ShardedClient } = require('..');
const { pause } = require('./support/pause.js');
const { caughtUp, replicate } = require('./support/replication.js');
const { useServer } = require('./support/server.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'], shardBy: ['k'], keyColumns: ['k'] };
/** Longer than anything here takes, so a call that reaches it is stuck. */
const STUCK_S = 30;

/** Repeats a call until its result is the expected one. */
async function until(isReached, call, limitS = STUCK_S) {
  const end = performance.now() + 1000 * limitS;
  while (!isReached(await call())) assert.ok(performance.now() < end, 'was never reached');
}

/** Makes calls, `atOnce` of them at a time. */
async function repeat(count, atOnce, call) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
}

function countErrors({ errors }) {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

describe('a server and its replica', () => {
  const binlog = { log_bin: 'binlog', binlog_format: 'ROW' };
  const primary = useServer({ config: { ...binlog, server_id: 1 } });
  const replica = useServer({ config: { server_id: 2, slave_net_timeout: 10 } });

  before(async () => {
    await replicate(replica.running, primary.running);
    await writeBySql(`CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(20));
      INSERT INTO t.kv SELECT seq, 'old' FROM t.seq_1_to_100`);
  });

  /** Runs SQL on the primary, and waits until the replica has it. */
  async function writeBySql(statement) {
    await primary.sql(statement);
    await caughtUp(replica.running, primary.running);
  }

  function connect(t, options) {
    const { host, port, writePort, secret } = primary.running;
    const replicas = [{ port: replica.running.port, secret: replica.running.secret }];
    const servers = [{ host, port, writePort, secret, replicas }];
    const cluster = new ShardedClient({ servers, ...options });
    t.after(() => cluster.close());
    return { cluster, index: cluster.openIndex(KV) };
  }

  /** How many commands each server got. */
  function commandsOf(cluster) {
    const [{ primary, replicas }] = cluster.stats();
    return [primary.commands, replicas[0].commands];
  }

  test('are known by the address of the server on the ring', async (t) => {
    const { cluster } = connect(t, { reads: 'any' });
    const [shard, ...others] = cluster.stats();
    const { host, port } = primary.running;
    assert.equal(shard.address, `${host}:${port}`);
    assert.equal(cluster.getServer(5), `${host}:${port}`);
    assert.deepEqual([shard.replicas.length, others], [1, []]);
  });

  for (const [reads, share] of Object.entries({ primary: 0, any: 0.5, replica: 1 })) {
    test(`reads: '${reads}' has its share of the reads at the replica`, async (t) => {
      const { cluster, index } = connect(t, { reads });
      // Each server opens the index with its first read.
      await repeat(2, 1, () => index.get(1));
      const opened = commandsOf(cluster);
      const expect = (count) => {
        const commands = commandsOf(cluster).map((sent, i) => sent - opened[i]);
        assert.deepEqual(commands, [(1 - share) * count, share * count]);
      };
      for (let i = 1; i <= 100; i++)
        assert.deepEqual(await index.get(i), { k: String(i), v: 'old' });
      expect(100);
      const all = Array.from({ length: 100 }, (_, i) => index.get(i + 1));
      assert.ok((await Promise.all(all)).every((row) => row.v === 'old'));
      expect(200);
      const calls = [
        () => index.getMany([1, 2, 3]),
        () => index.getManySettled([1, 2, 3]),
        () => index.findMany([1, 2, 3], { limit: 1 }),
        () => index.find('=', 1, { limit: 1 }),
        () => index.find('>=', 1, { limit: 1, servers: 'all' }),
      ];
      // Make each call twice, so that each server gets it once.
      for (const call of calls) assert.deepEqual(await call(), await call());
      expect(200 + 2 * 11);
    });
  }

  test('without replicas and with them, `any` reads from all there are', async (t) => {
    const { host, port, writePort, secret } = primary.running;
    const servers = [{ host, port, writePort, secret }];
    const cluster = new ShardedClient({ servers, reads: 'any' });
    t.after(() => cluster.close());
    assert.equal((await cluster.openIndex(KV).get(1)).v, 'old');
  });

  test('take writes at the primary alone, which the replica sees where they are made by SQL', async (t) => {
    const { cluster, index } = connect(t, { reads: 'replica' });
    await index.insert([201, 'handlersocket']);
    await index.insertMany([
      [202, 'handlersocket'],
      [203, 'handlersocket'],
    ]);
    assert.equal(await index.update('=', 201, { v: 'changed' }), 1);
    assert.deepEqual(await index.updateReturning('=', 202, { v: 'changed' }), [
      { k: '202', v: 'handlersocket' },
    ]);
    assert.equal(await index.delete('=', 203), 1);
    assert.deepEqual(commandsOf(cluster)[1], 0);
    await writeBySql("INSERT INTO t.kv VALUES (204, 'sql')");

    const statement = 'SELECT k, v FROM t.kv WHERE k > 100 ORDER BY k';
    assert.deepEqual(await primary.sql(statement), [
      ['201', 'changed'],
      ['202', 'changed'],
      ['204', 'sql'],
    ]);
    assert.deepEqual(await replica.sql(statement), [['204', 'sql']]);
    const rows = await index.getMany([201, 202, 203, 204]);
    assert.deepEqual(rows, [null, null, null, { k: '204', v: 'sql' }]);
    const atPrimary = connect(t, { reads: 'primary' }).index;
    assert.deepEqual(await atPrimary.get(201), { k: '201', v: 'changed' });
  });

  describe('where one has more rows than the other', () => {
    before(async () => {
      const insert = 'INSERT INTO t.walk SELECT 1, seq, ';
      await writeBySql(`CREATE TABLE t.walk (a INT, k INT, v VARCHAR(20), PRIMARY KEY (a, k));
        ${insert} 'both' FROM t.seq_3_to_300_step_3`);
      // As after writes through HandlerSocket, which the binary log does not have.
      await primary.sql(`SET sql_log_bin = 0;
        ${insert} 'one' FROM t.seq_1_to_300 WHERE seq % 7 = 1 AND seq % 3 > 0`);
    });
    for (const onServerDown of ['error', 'next']) {
      for (const [what, key, options] of [
        ['all servers', 1, { servers: 'all' }],
        ['one server', [1, 0], {}],
      ]) {
        test(`a scan of ${what} returns what both have once, onServerDown: ${onServerDown}`, async (t) => {
          const { cluster } = connect(t, { reads: 'any', onServerDown });
          const keyColumns = ['a', 'k'];
          const columns = [...keyColumns, 'v'];
          const place = { ...KV, table: 'walk', columns, shardBy: ['a'], keyColumns };
          const index = cluster.openIndex({ ...place, types: { k: 'number' } });
          const both = Array.from({ length: 100 }, (_, i) => 3 * (i + 1));
          for (let pageSize = 1; pageSize <= 10; pageSize++) {
            const given = [];
            for await (const row of index.scan('>=', key, { ...options, pageSize })) {
              if (row.v === 'both') given.push(row.k);
            }
            assert.deepEqual(given, both, `in pages of ${pageSize}`);
          }
        });
      }
    }
  });

  /** Restarts the server as a replica. */
  async function startReplica() {
    await replica.running.start();
    await writeBySql("REPLACE INTO t.kv VALUES (1, 'old')");
  }

  test('lose no read when the replica is killed; it is probed, and used when it is back', async (t) => {
    const { cluster, index } = connect(t, { reads: 'any' });
    const read = async () => assert.equal((await index.get(1)).v, 'old');
    const readSeveral = async () => assert.equal((await index.getMany([2, 3, 4]))[2].v, 'old');
    const killed = replica.running.kill();
    await Promise.all([repeat(4000, 20, read), repeat(1000, 20, readSeveral), killed]);
    await repeat(100, 1, read);

    const failedBefore = countErrors(cluster.stats()[0].replicas[0]);
    assert.ok(failedBefore > 0, 'the replica was not asked');
    const begin = performance.now();
    await repeat(5000, 20, read);
    const failed = countErrors(cluster.stats()[0].replicas[0]) - failedBefore;
    // The intervals double, starting at 100 ms.
    const mostProbes = 1 + Math.log2(1 + (performance.now() - begin) / 100);
    assert.ok(failed <= mostProbes, `${failed} reads went to it, of 5000`);

    await startReplica();
    const connects = () => cluster.stats()[0].replicas[0].generation;
    const connectsBefore = connects();
    await until(() => connects() > connectsBefore, read);
    const [first, second] = commandsOf(cluster);
    await repeat(200, 20, read);
    const shares = commandsOf(cluster);
    assert.deepEqual([shares[0] - first, shares[1] - second], [100, 100]);
    assert.deepEqual(cluster.stats()[0].primary.errors, {});
  });

  test('answer from the replica while the primary is down, and no write goes there', async (t) => {
    const { cluster, index } = connect(t, { reads: 'any' });
    await primary.running.kill();
    t.after(() => primary.running.start());
    for (let i = 0; i < 50; i++) assert.equal((await index.get(5)).v, 'old');
    const all = await Promise.all(Array.from({ length: 100 }, () => index.getMany([5, 6])));
    assert.ok(all.flat().every(({ v }) => v === 'old'));
    const [, before] = commandsOf(cluster);
    await assert.rejects(index.insert([300, 'new']), {
      code: 'ERR_HS_CONNECT',
      outcome: 'not-sent',
    });
    await assert.rejects(index.update('=', 5, { v: 'new' }), { outcome: 'not-sent' });
    const [, after] = commandsOf(cluster);
    assert.equal(after, before);
  });

  test('that hangs: reads are answered by the primary within the deadline', async (t) => {
    const { pid } = replica.running;
    const { cluster, index } = connect(t, { reads: 'any', timeoutMs: 2000 });
    const read = async () => assert.equal((await index.get(7)).v, 'old');
    await repeat(10, 1, read);
    pause(t, pid);
    // A late call rejects.
    await repeat(100, 100, read);
    assert.ok(countErrors(cluster.stats()[0].replicas[0]) > 0);
    process.kill(pid, 'SIGCONT');
    const [, commands] = commandsOf(cluster);
    await until(() => commandsOf(cluster)[1] > commands + 20, read);
  });

  test('that hangs in the middle of a scan: not every page waits for it', async (t) => {
    const { pid } = replica.running;
    const { cluster, index } = connect(t, { reads: 'any', timeoutMs: 1000 });
    // The primary takes the next read, and the replica the scan.
    await index.get(1);
    const given = [];
    for await (const { k } of index.scan('>=', 0, { servers: 'all', pageSize: 10 })) {
      given.push(Number(k));
      if (given.length === 1) pause(t, pid);
    }
    assert.deepEqual(
      given.filter((k) => k <= 100),
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    const failed = countErrors(cluster.stats()[0].replicas[0]);
    assert.ok(failed > 0 && failed <= 2, `${failed} reads of the scan waited`);
    process.kill(pid, 'SIGCONT');
  });

  test('that were both down for a second are both used again in less than 5, however many reads failed', async (t) => {
    const { cluster, index } = connect(t, { reads: 'any' });
    await repeat(2, 1, () => index.get(1));
    await Promise.all([primary.running.kill(), replica.running.kill()]);
    for (let i = 0; i < 100; i++) await assert.rejects(index.get(1), { code: 'ERR_HS_CONNECT' });
    await primary.running.start();
    await startReplica();
    const connects = () => {
      const [{ primary, replicas }] = cluster.stats();
      return [primary.generation, replicas[0].generation];
    };
    const isReached = () => connects().every((count) => count === 2);
    await until(isReached, () => index.get(1), 5);
  });

  test('whose replica is down reject reads of replicas, with its address', async (t) => {
    const { cluster, index } = connect(t, { reads: 'replica' });
    assert.equal((await index.get(1)).v, 'old');
    await replica.running.kill();
    t.after(startReplica);
    const address = `${replica.running.host}:${replica.running.port}`;
    const [atPrimary] = commandsOf(cluster);
    await assert.rejects(index.get(1), { code: 'ERR_HS_CONNECT', address });
    assert.equal(commandsOf(cluster)[0], atPrimary);
  });
});
