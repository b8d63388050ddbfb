'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { Client, ServerError } = require('..');
const { startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

/**
 * A statement that waits longer than this, in seconds, fails, because the lock was not released.
 */
const LOCK_WAIT_TIMEOUT = 10;
const IDLE_TIMEOUT_MS = 400;

describe('the locks of open indexes', () => {
  const server = useServer({
    sql: 'CREATE DATABASE t',
    config: { innodb_lock_wait_timeout: 30 },
  });
  let tables = 0;

  async function makeTable() {
    const table = `t${++tables}`;
    const columns = 'id INT PRIMARY KEY, n INT, name VARCHAR(9)';
    await server.sql(
      `USE t; CREATE TABLE ${table} (${columns}); INSERT INTO ${table} VALUES (1, 1, 'a'), (2, 2, 'b')`,
    );
    return table;
  }

  function openTable(t, table, options, target) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, ...options });
    t.after(() => client.close());
    const columns = ['id', 'n', 'name'];
    return { client, index: client.openIndex({ database: 't', table, columns, ...target }) };
  }

  /**
   * Starts a statement during calls. Stops the calls and resolves once it waits for their locks.
   */
  async function startUntilWaiting(statement, call) {
    await call();
    const ending = server.sql(`SET lock_wait_timeout = ${LOCK_WAIT_TIMEOUT}; ${statement}`);
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    ending.then(end, end);
    let isWaiting = false;
    const calling = (async () => {
      while (!isWaiting && !isOver) {
        await call();
        await delay(10); // the traffic of a site, not a wait
      }
    })();
    const [verb] = statement.split(' ');
    const waiting = `SELECT 1 FROM information_schema.PROCESSLIST
      WHERE STATE = 'Waiting for table metadata lock' AND INFO LIKE '${verb} %'`;
    while (!isWaiting) {
      assert.equal(isOver, false, 'the statement did not wait');
      isWaiting = (await server.sql(waiting)).length > 0;
    }
    await calling;
    return { ending };
  }

  describe('are released by an idle client,', () => {
    test('so that a waiting ALTER TABLE completes, and later calls succeed', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: IDLE_TIMEOUT_MS });
      const { ending } = await startUntilWaiting(
        `ALTER TABLE t.${table} ADD added INT NOT NULL DEFAULT 7, MODIFY n BIGINT`,
        () => Promise.all([index.get(1), index.increment('=', 1, { n: 0 })]),
      );
      await ending;
      assert.equal(client.stats().connections, 0);

      assert.equal(await index.update('=', 1, { n: 2n ** 40n }), 1);
      assert.deepEqual(await index.get(1), { id: '1', n: String(2n ** 40n), name: 'a' });
      const added = client.openIndex({ database: 't', table, columns: ['id', 'added'] });
      assert.deepEqual(await added.get(1), { id: '1', added: '7' });
      const { errors, connections } = client.stats();
      assert.deepEqual({ errors, connections }, { errors: {}, connections: 2 });
    });

    test('each time that it is idle', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: IDLE_TIMEOUT_MS });
      for (let i = 1; i <= 3; i++) {
        const alter = `ALTER TABLE t.${table} ADD added${i} INT`;
        const { ending } = await startUntilWaiting(alter, () => index.get(1));
        await ending;
        assert.equal(client.stats().connections, 0);
      }
      assert.equal((await index.get(2)).name, 'b');
    });

    test('also if its first call comes late', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: 50 });
      // This tests the time itself.
      await delay(150);
      await index.get(1);
      await server.sql(
        `SET lock_wait_timeout = ${LOCK_WAIT_TIMEOUT}; ALTER TABLE t.${table} ADD added INT`,
      );
      assert.equal(client.stats().connections, 0);
    });

    test('on all of its connections', async (t) => {
      const table = await makeTable();
      const options = { idleTimeoutMs: IDLE_TIMEOUT_MS, connections: 4, writeConnections: 2 };
      const { client, index } = openTable(t, table, options);
      const many = Array.from({ length: 64 }, (_, i) => i);
      const { ending } = await startUntilWaiting(`TRUNCATE t.${table}`, () =>
        Promise.all([
          ...many.map((i) => index.get(i)),
          ...many.map((i) => index.increment('=', i, { n: 1 })),
        ]),
      );
      assert.ok(client.stats().connections > 2);
      await ending;
      assert.equal(client.stats().connections, 0);
      assert.deepEqual(await index.getMany([1, 2]), [null, null]);
      await index.insert({ id: 1 });
      assert.equal((await index.get(1)).n, null);
    });

    test('so that a waiting DROP TABLE completes, and the recreated table is found', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: IDLE_TIMEOUT_MS });
      const drop = `DROP TABLE t.${table}`;
      const { ending } = await startUntilWaiting(drop, () => index.get(1));
      await ending;
      assert.equal(client.stats().connections, 0);

      for (let i = 0; i < 2; i++) {
        await assert.rejects(index.get(1), (error) => {
          assert.ok(error instanceof ServerError, error.stack);
          assert.equal(error.serverMessage, 'open_table');
          for (const part of [`t.${table}`, 'PRIMARY', 'id, n, name']) {
            assert.ok(error.message.includes(part), error.message);
          }
          return true;
        });
      }
      // A table that could not be opened has a lock too, until the client is idle again.
      await server.sql(
        `USE t; CREATE TABLE ${table} (name TEXT, n INT, id INT PRIMARY KEY); INSERT INTO ${table} VALUES ('z', 26, 1)`,
      );
      assert.deepEqual(await index.get(1), { id: '1', n: '26', name: 'z' });
    });

    test('and a dropped column fails only the calls that use it', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: IDLE_TIMEOUT_MS });
      const names = client.openIndex({ database: 't', table, columns: ['id', 'name'] });
      const { ending } = await startUntilWaiting(`ALTER TABLE t.${table} DROP n`, () =>
        Promise.all([index.get(1), names.get(1)]),
      );
      await ending;
      const [gone, ...others] = await Promise.allSettled([
        index.get(1),
        names.get(1),
        names.get(2),
      ]);
      assert.equal(gone.reason.serverMessage, 'fld');
      assert.match(gone.reason.message, /PRIMARY.*columns id, n, name.*no such column/);
      assert.deepEqual(
        others.map(({ value }) => value),
        [
          { id: '1', name: 'a' },
          { id: '2', name: 'b' },
        ],
      );
    });
  });

  test('are released by close at once', async (t) => {
    const table = await makeTable();
    const { client, index } = openTable(t, table);
    const call = () => Promise.all([index.get(1), index.increment('=', 1, { n: 1 })]);
    const { ending } = await startUntilWaiting(`TRUNCATE t.${table}`, call);
    await client.close();
    await ending;
    assert.deepEqual(await server.sql(`SELECT COUNT(*) FROM t.${table}`), [['0']]);
  });

  for (const [method, ...args] of [
    ['get', 1],
    ['find', '=', 1, { limit: 1 }],
  ]) {
    test(`are not taken again after close, by a retried call, if a ${method} ended before`, async (t) => {
      const peer = await startPeer(t, async (visitor, ordinal) => {
        await visitor.lines(ordinal === 0 ? 3 : 2);
        await visitor.send(`0\t1\n0\t1\t${ordinal}\n`);
        if (ordinal === 0) visitor.end();
      });
      const client = new Client({ port: peer.port });
      t.after(() => client.close());
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
      const closing = index[method](...args).then(() => client.close());
      assert.deepEqual(await index.get(2), { v: '1' });
      await closing;
      assert.equal(client.stats().connections, 0);
    });
  }

  describe('are kept, with the connection,', () => {
    /** The first column of the first row of a query, once it has one. */
    async function firstValue(query) {
      let rows = [];
      for (const start = performance.now(); rows.length === 0; ) {
        assert.ok(performance.now() - start < 20_000, query);
        rows = await server.sql(query);
      }
      return rows[0][0];
    }

    test('while a request is in flight for longer than idleTimeoutMs', async (t) => {
      const table = await makeTable();
      const idleTimeoutMs = 100;
      const { client, index } = openTable(t, table, { idleTimeoutMs, timeoutMs: 30_000 });
      // An SQL session holds a row's lock until it is killed.
      const holding = server.sql(
        `BEGIN; UPDATE t.${table} SET n = 10 WHERE id = 1; SELECT SLEEP(60)`,
      );
      const held = assert.rejects(holding, /ERROR/);
      const id = await firstValue(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'",
      );
      const calls = [index.increment('=', 1, { n: 1 }), index.increment('=', 2, { n: 1 })];
      await firstValue(
        "SHOW GLOBAL STATUS WHERE Variable_name = 'Innodb_row_lock_current_waits' AND Value > 0",
      );
      const behind = index.increment('=', 1, { n: 1 });
      // This tests the time itself.
      await delay(5 * idleTimeoutMs);
      assert.equal(client.stats().pending, 3);
      await server.sql(`KILL ${id}`);
      assert.deepEqual(await Promise.all([...calls, behind]), [1, 1, 1]);
      await held;
      const { errors, generation } = client.stats();
      // One connect to each port.
      assert.deepEqual({ errors, generation }, { errors: {}, generation: 2 });
      assert.deepEqual(await server.sql(`SELECT n FROM t.${table} ORDER BY id`), [['3'], ['3']]);
    });

    test('while calls continue', async (t) => {
      const table = await makeTable();
      const { client, index } = openTable(t, table, { idleTimeoutMs: 500 });
      for (const start = performance.now(); performance.now() - start < 1500; ) {
        await index.get(1);
        await delay(20);
      }
      assert.equal(client.stats().generation, 1);
    });
  });
});
