'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { ShardedClient } = require('..');
const { startBreakingProxy } = require('./support/breaking-proxy.js');
const { useKnownTables } = require('./support/known-tables.js');

const COLUMNS = 'id INT PRIMARY KEY, n INT NOT NULL, v VARCHAR(9), KEY by_n (n)';
/** The client closes idle connections after this time, so that a waiting ALTER can continue. */
const IDLE_TIMEOUT_MS = 50;

describe('a client that has SQL and an index with a schema', () => {
  const tables = useKnownTables('');
  let made = 0;

  /** A table for one test, and a client that records what it asks by SQL. */
  async function makeTable(t, { ask = (sql, ...given) => sql.query(...given), ...options } = {}) {
    const table = `t${++made}`;
    await tables.sql(
      `CREATE TABLE t.${table} (${COLUMNS}); INSERT INTO t.${table} VALUES (1, 1, 'a')`,
    );
    const asked = [];
    const opened = await tables.open(t, table, {}, (sql) => ({
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      sql: (statement, values) => {
        asked.push(statement);
        return ask(sql, statement, values);
      },
      ...options,
    }));
    const change = (what) => tables.sql(`ALTER TABLE t.${table} ${what}`);
    const rows = () => opened.sql.query(`SELECT * FROM t.${table} ORDER BY id`);
    return { ...opened, table, asked, change, rows };
  }

  const refused = (message) => ({ code: 'ERR_HS_SCHEMA', outcome: 'not-sent', message });

  test('reads it again before the first write on a connection, and only then', async (t) => {
    const { client, index, schema, asked, rows } = await makeTable(t);
    assert.equal((await index.get(1)).n, 1);
    assert.equal(asked.length, 0);
    const byN = client.openIndex({ schema, index: 'by_n' });
    await Promise.all([
      index.insert({ id: 2, n: 2 }),
      index.update('=', 1, { n: 3 }),
      byN.update('=', 1, { v: 'b' }, { limit: 1 }),
    ]);
    await index.increment('=', 2, { n: 5 });
    await byN.delete('=', 3, { limit: 9 });
    // The query and SHOW CREATE TABLE.
    assert.equal(asked.length, 2);
    assert.deepEqual(await rows(), [{ id: 2, n: 7, v: null }]);
  });

  test('refuses writes to a table that was changed meanwhile, and sends nothing', async (t) => {
    const { index, change, rows } = await makeTable(t);
    await change('MODIFY v VARCHAR(5) NOT NULL');
    const message =
      /t\.t\d+ is not what its schema says: columns\.v\.declared was "varchar\(9\)" and is "varchar\(5\)"; .*readTable/;
    await assert.rejects(index.insert({ id: 2, n: 2, v: 'a' }), refused(message));
    await assert.rejects(index.update('=', 1, { n: 2 }), refused(message));
    await assert.rejects(index.delete('=', 1), refused(message));
    const results = await index.insertMany([
      { id: 3, n: 3 },
      { id: 4, n: 4 },
    ]);
    for (const { reason } of results) assert.match(reason.message, message);
    assert.deepEqual(await rows(), [{ id: 1, n: 1, v: 'a' }]);
    assert.deepEqual(await index.get(1), { id: 1, n: 1, v: 'a' });
  });

  test('reads it again after each new connection', async (t) => {
    const { client, index, change, asked, rows } = await makeTable(t);
    await index.insert({ id: 2, n: 2 });
    // It waits until the client's connections are idle, and closed.
    await change('COMMENT = "the same to us"');
    await index.insert({ id: 3, n: 3 });
    assert.equal(asked.length, 4);
    await change('ADD w INT');
    await assert.rejects(
      index.insert({ id: 4, n: 4 }),
      refused(/columns\.w was undefined and is {/),
    );
    await change('DROP w');
    await index.insert({ id: 5, n: 5 });
    assert.deepEqual(
      (await rows()).map(({ id }) => id),
      [1, 2, 3, 5],
    );
    assert.ok(client.stats().generation > 2);
  });

  for (const [title, values] of [
    ['of columns that it had written', { n: 5 }],
    ['of other columns', { v: 'b' }],
  ]) {
    test(`refuses a write ${title} where the connection has broken unseen`, async (t) => {
      const { port, writePort } = tables.running;
      const [reads, writes] = await Promise.all(
        [port, writePort].map((one) => startBreakingProxy(t, one)),
      );
      const { index, change, rows } = await makeTable(t, {
        ...{ port: reads.port, writePort: writes.port, idleTimeoutMs: 60_000 },
      });
      assert.equal(await index.update('=', 1, { n: 2 }), 1);
      await Promise.all([reads.breakAll(), writes.breakAll()]);
      await change('MODIFY v VARCHAR(8)');
      await assert.rejects(index.update('=', 1, values), refused(/columns\.v/));
      assert.deepEqual(await rows(), [{ id: 1, n: 2, v: 'a' }]);
    });
  }

  test('connect with writes tells it', async (t) => {
    const { client, change } = await makeTable(t);
    await client.connect({ writes: true });
    await change('ADD CHECK (n > 0)');
    await client.connect();
    await assert.rejects(client.connect({ writes: true }), refused(/checks\.CONSTRAINT_1/));
  });

  test('does not write where SQL fails, and tells why', async (t) => {
    const broken = new Error('SQL is down');
    let isDown = true;
    const { index, rows } = await makeTable(t, {
      ask: (sql, ...given) => (isDown ? Promise.reject(broken) : sql.query(...given)),
    });
    const error = await index.insert({ id: 2, n: 2 }).catch((error) => error);
    assert.equal(error.code, 'ERR_HS_SCHEMA');
    assert.equal(error.cause, broken);
    isDown = false;
    await index.insert({ id: 2, n: 2 });
    assert.equal((await rows()).length, 2);
  });

  test('waits for SQL no longer than for its time', async (t) => {
    let answer;
    const gate = new Promise((resolve) => {
      answer = resolve;
    });
    const { index, rows } = await makeTable(t, {
      ask: async (sql, ...given) => {
        await gate;
        return sql.query(...given);
      },
    });
    await assert.rejects(index.insert({ id: 2, n: 2 }, { timeoutMs: 50 }), {
      code: 'ERR_HS_TIMEOUT',
      outcome: 'not-sent',
    });
    const later = index.insert({ id: 3, n: 3 });
    answer();
    await later;
    assert.deepEqual(
      (await rows()).map(({ id }) => id),
      [1, 3],
    );
  });

  test('an index without a schema asks nobody', async (t) => {
    const { client, table, asked } = await makeTable(t);
    const plain = client.openIndex({ database: 't', table, columns: ['id', 'n'] });
    await plain.insert({ id: 2, n: 2 });
    assert.equal(asked.length, 0);
  });
});

describe('errors of an index with an old schema', () => {
  const tables = useKnownTables('');
  let made = 0;

  test('say that it may be old', async (t) => {
    for (const [change, call, message] of [
      ['DROP v', (index) => index.get(1), /fld.*|cannot open .*the schema may be old/],
      ['DROP v', (index) => index.insert({ id: 2, n: 2 }), /the schema may be old/],
      ['RENAME TO t.gone', (index) => index.get(1), /the schema may be old/],
      [
        'MODIFY n VARCHAR(9)',
        (index) => index.get(1),
        /'n' .* does not fit .*the schema may be old/,
      ],
      ['MODIFY n INT NULL', (index) => index.get(2), /'n' .* holds NULL.*the schema.* may be old/],
    ]) {
      const table = `t${++made}`;
      await tables.sql(`CREATE TABLE t.${table} (${COLUMNS})`);
      const { index } = await tables.open(t, table);
      const gone = change.startsWith('RENAME') ? 'gone' : table;
      await tables.sql(`ALTER TABLE t.${table} ${change}; INSERT INTO t.${gone} SET id = 1, n = 1`);
      if (change.startsWith('MODIFY')) {
        await tables.sql(`UPDATE t.${table} SET n = 'x'; `).catch(() => {});
        await tables.sql(`INSERT INTO t.${table} SET id = 2, n = NULL`);
      }
      await assert.rejects(call(index), message);
    }
  });
});

describe('verify', () => {
  const tables = useKnownTables('');
  let made = 0;

  async function makeTable(t, options) {
    const table = `t${++made}`;
    await tables.sql(`CREATE TABLE t.${table} (${COLUMNS})`);
    return { table, ...(await tables.open(t, table, {}, options)) };
  }

  test('gives nothing where nothing was changed', async (t) => {
    const { client, sql } = await makeTable(t);
    assert.deepEqual(await client.verify(sql), []);
    client.openIndex({ database: 't', table: 'other', columns: ['id'] });
    assert.deepEqual(await client.verify(sql), []);
  });

  test('gives each change with its path', async (t) => {
    const { client, table, schema } = await makeTable(t, (sql) => ({ sql }));
    client.openIndex({ schema, index: 'by_n' });
    await tables.sql(
      `ALTER TABLE t.${table} MODIFY n BIGINT, DROP v, DROP KEY by_n, ADD UNIQUE by_n (n, id), ADD w INT, ENGINE = Aria`,
    );
    await tables.sql(
      `CREATE TRIGGER t.${table}_t BEFORE DELETE ON t.${table} FOR EACH ROW SET @a = 1`,
    );
    const changes = await client.verify();
    const all = { table: `t.${table}` };
    const [w, v] = [changes.find(({ path }) => path === 'columns.w'), schema.columns[2]];
    assert.equal(w.is.type, 'int');
    assert.deepEqual(
      changes.filter((change) => change !== w),
      [
        { ...all, path: 'engine', was: 'InnoDB', is: 'Aria' },
        { ...all, path: 'columns.n.type', was: 'int', is: 'bigint' },
        { ...all, path: 'columns.n.declared', was: 'int(11)', is: 'bigint(20)' },
        { ...all, path: 'columns.n.nullable', was: false, is: true },
        { ...all, path: 'columns.n.default', was: undefined, is: { value: null } },
        { ...all, path: 'columns.v', was: v, is: undefined },
        { ...all, path: 'indexes.by_n.unique', was: false, is: true },
        {
          ...all,
          path: 'indexes.by_n.columns',
          was: [{ name: 'n' }],
          is: [{ name: 'n' }, { name: 'id' }],
        },
        {
          ...all,
          path: `triggers.${table}_t`,
          was: undefined,
          is: { name: `${table}_t`, event: 'DELETE', timing: 'BEFORE' },
        },
      ],
    );
  });

  test('gives a table that is gone', async (t) => {
    const { client, table, sql } = await makeTable(t);
    await tables.sql(`DROP TABLE t.${table}`);
    assert.deepEqual(await client.verify(sql), [
      { table: `t.${table}`, path: 'kind', was: 'BASE TABLE', is: undefined },
    ]);
  });

  test('wants SQL, and rejects where it fails', async (t) => {
    const { client } = await makeTable(t);
    await assert.rejects(client.verify(), /^TypeError: verify needs options\.sql/);
    await assert.rejects(client.verify({}), /^TypeError: sql must be a connection/);
    const down = () => Promise.reject(new Error('down'));
    await assert.rejects(client.verify(down), { code: 'ERR_HS_SCHEMA' });
  });

  test('takes what makes no difference for the same', async (t) => {
    const { client, sql, schema } = await makeTable(t);
    const { server, columns, ...rest } = JSON.parse(JSON.stringify(schema));
    const patched = { ...server, version: server.version.replace(/-.*/, '-other'), galera: false };
    const reversed = columns.map((column) => Object.fromEntries(Object.entries(column).reverse()));
    client.openIndex({ schema: { ...rest, columns: reversed.reverse(), server: patched } });
    assert.deepEqual(await client.verify(sql), []);
  });
});

describe('a ShardedClient that has SQL for each server', () => {
  const TABLE = `CREATE TABLE item (${COLUMNS}); CREATE TABLE other (${COLUMNS})`;
  const all = [useKnownTables(TABLE), useKnownTables(TABLE)];

  async function connect(t) {
    const servers = await Promise.all(
      all.map(async (tables) => ({ ...tables.clientOptions(), sql: await tables.connect(t) })),
    );
    const cluster = new ShardedClient({ servers, idleTimeoutMs: IDLE_TIMEOUT_MS });
    t.after(() => cluster.close());
    const addresses = servers.map(({ host, port }) => `${host}:${port}`);
    return { cluster, addresses, servers };
  }

  test('verifies every server, and writes to none that was changed', async (t) => {
    const { cluster, addresses } = await connect(t);
    const schema = await all[0].read(t, 'item');
    const index = cluster.openIndex({ schema, shardBy: ['id'] });
    assert.deepEqual(await cluster.verify(), []);
    const ids = Array.from({ length: 20 }, (_, i) => i);
    await index.insertMany(ids.map((id) => ({ id, n: id })));
    await all[1].sql('ALTER TABLE t.item MODIFY v VARCHAR(8)');
    assert.deepEqual(await cluster.verify(), [
      {
        address: addresses[1],
        table: 't.item',
        path: 'columns.v.declared',
        was: 'varchar(9)',
        is: 'varchar(8)',
      },
      { address: addresses[1], table: 't.item', path: 'columns.v.length', was: 9, is: 8 },
    ]);
    const outcomes = await Promise.all(
      ids.map(async (id) => {
        const code = await index.update('=', id, { n: 0 }).then(
          () => null,
          (error) => error.code,
        );
        return [index.getServer(id), code];
      }),
    );
    for (const [address, code] of outcomes) {
      assert.equal(code, address === addresses[1] ? 'ERR_HS_SCHEMA' : null);
    }
    assert.equal(new Set(outcomes.map(([address]) => address)).size, 2);
  });

  test('refuses one SQL connection for all servers, and verify without any', async (t) => {
    const { servers } = await connect(t);
    const [{ sql }] = servers;
    assert.throws(
      () => new ShardedClient({ servers, sql }),
      /^TypeError: options\.sql belongs into each of options\.servers/,
    );
    const without = servers.map(({ sql: _, ...rest }) => rest);
    const cluster = new ShardedClient({ servers: without });
    t.after(() => cluster.close());
    await assert.rejects(cluster.verify(), /^TypeError: verify needs options\.sql/);
    assert.throws(
      () => new ShardedClient({ servers: [{ ...without[0], sql: 5 }] }),
      /options\.sql/,
    );
  });
});

describe('an index of a server with a binary log', () => {
  const config = { log_bin: 1, server_id: 1 };
  const tables = useKnownTables(`CREATE TABLE item (${COLUMNS})`, { config });

  test('refuses writes that are not logged, unless that is allowed', async (t) => {
    const { client, schema, index } = await tables.open(t, 'item');
    const message = /does not reach the binary log.*allow: \['unlogged'\]/;
    for (const call of [
      () => index.insert({ id: 1, n: 1 }),
      () => index.update('=', 1, { n: 1 }),
      () => index.increment('=', 1, { n: 1 }),
      () => index.delete('=', 1),
      () => index.deleteReturning('=', 1),
    ]) {
      await assert.rejects(call(), { code: 'ERR_HS_SCHEMA', message });
    }
    assert.equal(await index.get(1), null);
    const allowed = client.openIndex({ schema, allow: ['unlogged'] });
    await allowed.insert({ id: 1, n: 1 });
    assert.equal(await allowed.update('=', 1, { n: 2 }), 1);
    assert.deepEqual(await index.get(1), { id: 1, n: 2, v: null });
  });
});
