'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { Client, HandlerSocketError, ServerError } = require('..');
const { findPrograms, programEnvironment } = require('../lib/testing/programs.js');
const { codeOf } = require('./support/codes.js');
const { useServer } = require('./support/server.js');

/** An SQL session that stays open, so that it can have a transaction. */
class Session {
  #child;
  #ended;
  #output = '';
  #complaint = '';
  #isOver = false;
  #statements = 0;

  constructor(t, { socketPath }) {
    const options = ['--no-defaults', '--user=root', '--protocol=socket', '--batch'];
    options.push('--unbuffered', '--skip-column-names', `--socket=${socketPath}`);
    this.#child = spawn(findPrograms().client, options, { env: programEnvironment() });
    this.#ended = once(this.#child, 'close').then(() => {
      this.#isOver = true;
    });
    this.#child.stdout.on('data', (chunk) => {
      this.#output += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.#complaint += chunk;
    });
    // Rolls back the open transaction.
    t.after(() => this.end());
  }

  /** Resolves when the statements are done. */
  async run(statements) {
    const mark = `done ${++this.#statements}\n`;
    this.#child.stdin.write(`${statements};\nSELECT 'done ${this.#statements}';\n`);
    while (!this.#output.endsWith(mark)) {
      await Promise.race([once(this.#child.stdout, 'data'), this.#ended]);
      if (this.#isOver) throw new Error(this.#complaint);
    }
  }

  async end() {
    this.#child.stdin.end();
    await this.#ended;
  }
}

const sql = [
  'CREATE DATABASE t',
  'USE t',
  'CREATE TABLE rows4 (id INT PRIMARY KEY, n INT, name VARCHAR(9))',
  'CREATE TABLE ballast (id INT PRIMARY KEY, n INT)',
  'INSERT INTO ballast SELECT seq, 0 FROM seq_1_to_500',
];
const freshRows =
  "DELETE FROM t.rows4; INSERT INTO t.rows4 VALUES (1,1,'a'), (2,2,'b'), (3,3,'c'), (4,4,'d')";
/** In a deadlock, InnoDB rolls back the transaction that has done less. */
const doMuch = 'UPDATE t.ballast SET n = n + 1';

function openRows(t, { host, port, writePort, secret }) {
  const client = new Client({ host, port, writePort, secret, timeoutMs: 30_000 });
  t.after(() => client.close());
  const target = { database: 't', table: 'rows4', columns: ['id', 'n', 'name'] };
  return { client, index: client.openIndex(target) };
}

/** Waits until the call's transaction waits for a row lock. */
async function untilWaiting(server, call) {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  call.then(end, end);
  // INNODB_TRX shows an old state while it is queried ten times a second, so it is not used.
  const waiting = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
  while ((await server.sql(waiting))[0][1] === '0') assert.equal(isOver, false, 'it did not wait');
}

function namesAndNumbers(server) {
  return server.sql('SELECT id, n, name FROM t.rows4 ORDER BY id');
}

function assertServerError({ status, reason }, serverMessage, message) {
  assert.equal(status, 'rejected');
  assert.ok(reason instanceof ServerError, reason?.stack);
  const { code, errorCode } = reason;
  assert.deepEqual(
    { code, errorCode, serverMessage: reason.serverMessage },
    { code: codeOf(serverMessage), errorCode: 1, serverMessage },
  );
  assert.match(reason.message, message);
}

function assertRolledBack({ status, reason }, operation, address) {
  assert.equal(status, 'rejected');
  assert.equal(reason.constructor, HandlerSocketError, reason?.stack);
  const { code, outcome } = reason;
  assert.deepEqual(
    { code, outcome, address: reason.address },
    { code: 'ERR_HS_ROLLED_BACK', outcome: 'unknown', address },
  );
  for (const part of [`${operation},`, 't.rows4', 'PRIMARY', 'deadlock']) {
    assert.ok(reason.message.includes(part), reason.message);
  }
}

describe('a deadlock with a transaction of SQL', () => {
  const server = useServer({ sql, config: { innodb_lock_wait_timeout: 30 } });
  const writeAddress = () => `${server.running.host}:${server.running.writePort}`;

  test('rejects writes that were acknowledged and then rolled back', async (t) => {
    await server.sql(freshRows);
    const session = new Session(t, server.running);
    await session.run(`BEGIN; ${doMuch}; UPDATE t.rows4 SET name = 'sql' WHERE id = 1`);
    const { client, index } = openRows(t, server.running);
    const writes = {
      insert: index.insert({ id: 88 }),
      update: index.update('=', 2, { name: 'hs' }),
      increment: index.increment('=', 3, { n: 100 }),
      decrementReturning: index.decrementReturning('=', 3, { n: 1 }),
      deleteReturning: index.deleteReturning('=', 4),
    };
    const victim = index.update('=', 1, { name: 'hs' });
    const behind = [index.insert({ id: 89 }), index.updateReturning('=', 3, { n: 0 })];
    const reads = [index.get(2), index.getMany([1, 88])];
    const settled = Promise.allSettled([...Object.values(writes), victim, ...behind]);

    await untilWaiting(server, victim);
    const next = index.increment('=', 4, { n: 40 });
    await session.run("UPDATE t.rows4 SET name = 'sql' WHERE id = 2; COMMIT");

    const results = await settled;
    for (const operation of Object.keys(writes)) {
      assertRolledBack(results.shift(), operation, writeAddress());
    }
    assertServerError(results.shift(), '149', /update, .*'t\.rows4'.*deadlock/);
    assertServerError(results.shift(), '200', /insert, .*'t\.rows4'.*rolled back/);
    assertServerError(results.shift(), '200', /updateReturning, .*rolled back/);
    // Other batches are not affected.
    assert.equal(await next, 1);
    assert.deepEqual(await Promise.all(reads), [
      { id: '2', n: '2', name: 'b' },
      [{ id: '1', n: '1', name: 'a' }, null],
    ]);
    assert.deepEqual(await namesAndNumbers(server), [
      ['1', '1', 'sql'],
      ['2', '2', 'sql'],
      ['3', '3', 'c'],
      ['4', '44', 'd'],
    ]);
    const { errors, pending, retries, generation } = client.stats();
    assert.deepEqual(errors, { ERR_HS_ROLLED_BACK: 5, ERR_HS_DEADLOCK: 3 });
    assert.deepEqual({ pending, retries, generation }, { pending: 0, retries: 0, generation: 2 });
  });

  test('gives each row of insertMany its own error', async (t) => {
    await server.sql(freshRows);
    const session = new Session(t, server.running);
    await session.run(`BEGIN; ${doMuch}; INSERT INTO t.rows4 VALUES (50, 50, 'sql')`);
    const { client, index } = openRows(t, server.running);
    const inserting = index.insertMany([{ id: 88 }, { id: 1 }, { id: 50 }, { id: 89 }]);
    await untilWaiting(server, inserting);
    await session.run("INSERT INTO t.rows4 VALUES (88, 88, 'sql'); COMMIT");

    const [first, duplicate, victim, last] = await inserting;
    assertRolledBack(first, 'insertMany', writeAddress());
    assertServerError(duplicate, '121', /already exists/);
    assertServerError(victim, '149', /deadlock/);
    assertServerError(last, '200', /rolled back/);
    assert.deepEqual((await namesAndNumbers(server)).slice(4), [
      ['50', '50', 'sql'],
      ['88', '88', 'sql'],
    ]);
    // The connection still works.
    assert.deepEqual(await index.insertMany([{ id: 89 }]), [
      { status: 'fulfilled', value: { insertId: null } },
    ]);
    // One connect to each port.
    assert.equal(client.stats().generation, 2);
  });

  test('rolls nothing back if the SQL transaction is the victim', async (t) => {
    await server.sql(freshRows);
    const session = new Session(t, server.running);
    await session.run('BEGIN; SELECT n FROM t.rows4 WHERE id = 1 FOR UPDATE');
    const { index } = openRows(t, server.running);
    const ids = Array.from({ length: 100 }, (_, i) => ({ id: 100 + i }));
    const inserting = index.insertMany(ids);
    const updates = [index.update('=', 2, { name: 'hs' }), index.update('=', 1, { name: 'hs' })];
    await untilWaiting(server, inserting);
    await assert.rejects(session.run('SELECT n FROM t.rows4 WHERE id = 2 FOR UPDATE'), /1213/);

    assert.deepEqual(await Promise.all(updates), [1, 1]);
    assert.ok((await inserting).every(({ status }) => status === 'fulfilled'));
    const rows = await namesAndNumbers(server);
    assert.equal(rows.length, 104);
    assert.deepEqual(rows.slice(0, 2), [
      ['1', '1', 'hs'],
      ['2', '2', 'hs'],
    ]);
  });
});

describe('a wait for a row lock that times out', () => {
  const server = useServer({ sql, config: { innodb_lock_wait_timeout: 1 } });

  test('fails only its own call: nothing else of the batch is rolled back', async (t) => {
    await server.sql(freshRows);
    const session = new Session(t, server.running);
    await session.run("BEGIN; UPDATE t.rows4 SET name = 'sql' WHERE id = 3");
    const { client, index } = openRows(t, server.running);
    const calls = [
      index.insert({ id: 88, n: 88 }),
      index.update('=', 3, { name: 'hs' }),
      index.update('=', 2, { name: 'hs' }),
      index.deleteReturning('=', 4),
      index.insert({ id: 89, n: 89 }),
    ];
    const [first, late, ...others] = await Promise.allSettled(calls);
    assertServerError(late, '146', /update, .*'t\.rows4'.*lock timed out/);
    assert.deepEqual(
      [first, ...others].map(({ value }) => value),
      [{ insertId: null }, 1, [{ id: '4', n: '4', name: 'd' }], { insertId: null }],
    );
    await session.run('COMMIT');
    assert.deepEqual(await namesAndNumbers(server), [
      ['1', '1', 'a'],
      ['2', '2', 'hs'],
      ['3', '3', 'sql'],
      ['88', '88', 'NULL'],
      ['89', '89', 'NULL'],
    ]);
    assert.deepEqual(client.stats().errors, { ERR_HS_LOCK_TIMEOUT: 1 });
  });

  test('leaves a modification of several rows half done', async (t) => {
    await server.sql(freshRows);
    const session = new Session(t, server.running);
    await session.run("BEGIN; UPDATE t.rows4 SET name = 'sql' WHERE id = 3");
    const { index } = openRows(t, server.running);
    const [result] = await Promise.allSettled([index.update('>=', 1, { n: 0 }, { limit: 4 })]);
    assertServerError(result, '146', /lock timed out/);
    await session.run('ROLLBACK');
    const rows = await namesAndNumbers(server);
    assert.deepEqual(
      rows.map(([, n]) => n),
      ['0', '0', '3', '4'],
    );
  });
});
