'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');

const { Client } = require('..');
const { readTable } = require('../lib/schema/index.js');
const { caughtUp, replicate } = require('./support/replication.js');
const { useServer } = require('./support/server.js');
const { connectSql } = require('./support/sql-connections.js');

/*
 * Tests the recipe of docs/recipes.md for logged writes: they go to a FEDERATED table, which
 * connects to the same server.
 */

const LOG = { log_bin: 'binlog', server_id: 1, plugin_load_add: 'ha_federatedx' };
const ITEMS = {
  database: 'shop',
  columns: ['id', 'name', 'stock', 'doc', 'owner'],
  keyColumns: ['id'],
};

const OWNER = '123e4567-e89b-12d3-a456-426655440000';

const TABLE = `
  CREATE DATABASE shop; USE shop;
  CREATE TABLE item (
    id INT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(9) NOT NULL UNIQUE,
    stock INT NOT NULL CHECK (stock >= 0),
    doc JSON,
    owner UUID,
    changed DATETIME DEFAULT now() ON UPDATE now(),
    loud VARCHAR(9) AS (upper(name)) STORED
  );
  CREATE TABLE log (what VARCHAR(40));
  CREATE TRIGGER i AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES (concat('insert ', NEW.name));
  CREATE TRIGGER u AFTER UPDATE ON item FOR EACH ROW INSERT INTO log VALUES (concat('update ', NEW.name));
  CREATE TRIGGER d AFTER DELETE ON item FOR EACH ROW INSERT INTO log VALUES (concat('delete ', OLD.name));
`;

/** The table omits the columns that the database computes, and is wider than the real table. */
function loggedTable({ sqlPort }) {
  return `
    USE shop; SET sql_log_bin = 0;
    CREATE USER hs@127.0.0.1 IDENTIFIED BY 'secret';
    GRANT SELECT, INSERT, UPDATE, DELETE ON shop.item TO hs@127.0.0.1;
    CREATE SERVER here FOREIGN DATA WRAPPER mysql
      OPTIONS (HOST '127.0.0.1', PORT ${sqlPort}, USER 'hs', PASSWORD 'secret', DATABASE 'shop');
    CREATE TABLE item_logged (
      id INT AUTO_INCREMENT PRIMARY KEY,
      name VARCHAR(255) NOT NULL UNIQUE,
      stock BIGINT NOT NULL,
      doc LONGTEXT,
      owner VARCHAR(50)
    ) ENGINE = FEDERATED CONNECTION = 'here/item'`;
}

/** @param {ReturnType<typeof useServer>} server */
function openBoth(t, server) {
  const { port, writePort, secret } = server.running;
  const client = new Client({ port, writePort, secret });
  t.after(() => client.close());
  return {
    client,
    logged: client.openIndex({ ...ITEMS, table: 'item_logged' }),
    items: client.openIndex({ ...ITEMS, table: 'item' }),
  };
}

for (const format of ['ROW', 'STATEMENT']) {
  describe(`a FEDERATED table to the same server, binlog_format ${format}`, () => {
    const primary = useServer({ config: { ...LOG, binlog_format: format } });
    const replica = useServer({ config: { server_id: 2 } });
    before(async () => {
      await replicate(replica.running, primary.running);
      await primary.sql(TABLE);
      await primary.sql(loggedTable(primary.running));
    });

    test('takes writes to the replica, with all that SQL does beside them', async (t) => {
      const { logged } = openBoth(t, primary);
      await logged.insertMany([
        { id: 1, name: 'Tea', stock: 5, doc: '{"hot":true}', owner: OWNER },
        { id: 2, name: 'Café 😀', stock: 5 },
        { id: 3, name: 'Milk', stock: 5 },
      ]);
      assert.equal(await logged.update('=', 1, { name: "Tea's" }), 1);
      assert.equal(await logged.increment('=', 1, { stock: 2 }), 1);
      assert.equal(await logged.decrement('>=', 2, { stock: 1 }, { limit: 9 }), 2);
      const deleted = await logged.deleteReturning('=', 3);
      assert.deepEqual(deleted, [{ id: '3', name: 'Milk', stock: '4', doc: null, owner: null }]);
      await caughtUp(replica.running, primary.running);
      const rows = 'SELECT id, name, stock, doc, owner, loud, changed IS NOT NULL FROM shop.item';
      assert.deepEqual(await replica.sql(rows), [
        ['1', "Tea's", '7', '{"hot":true}', OWNER, "TEA'S", '1'],
        ['2', 'Café 😀', '4', 'NULL', 'NULL', 'CAFÉ 😀', '1'],
      ]);
      const log = await replica.sql('SELECT what FROM shop.log');
      assert.deepEqual(log.flat().sort(), [
        'delete Milk',
        'insert Café 😀',
        'insert Milk',
        'insert Tea',
        'update Café 😀',
        'update Milk',
        "update Tea's",
        "update Tea's",
      ]);
      for (const table of ['item', 'log']) {
        const all = `SELECT * FROM shop.${table} ORDER BY 1`;
        assert.deepEqual(await replica.sql(all), await primary.sql(all));
      }
    });

    test('is not replicated itself', async () => {
      const tables = await replica.sql('SHOW TABLES FROM shop');
      assert.deepEqual(tables.flat(), ['item', 'log']);
    });

    test('is what it takes: a direct write reaches no replica', async (t) => {
      const { items } = openBoth(t, primary);
      await items.insert({ id: 99, name: 'direct', stock: 1 });
      await caughtUp(replica.running, primary.running);
      const count = 'SELECT COUNT(*) FROM shop.item WHERE id = 99';
      assert.deepEqual([await primary.sql(count), await replica.sql(count)], [[['1']], [['0']]]);
    });
  });
}

describe('a FEDERATED table to the same server', () => {
  const server = useServer({ config: { ...LOG, innodb_lock_wait_timeout: 1 } });
  before(async () => {
    await server.sql(TABLE);
    await server.sql(loggedTable(server.running));
  });

  for (const [what, values] of [
    ['a CHECK that fails', { stock: -1 }],
    ['text that is too long', { name: '1234567890' }],
    ['a number out of range', { stock: 2 ** 40 }],
    ['what is no JSON', { doc: '{' }],
    ['what is no UUID', { owner: 'nobody' }],
  ]) {
    test(`refuses ${what}, as strict SQL does`, async (t) => {
      const { logged, items } = openBoth(t, server);
      const refused = { code: 'ERR_HS_SERVER', serverMessage: '10000' };
      await assert.rejects(logged.insert({ id: 10, name: 'Tea', stock: 1, ...values }), refused);
      assert.equal(await items.get(10), null);
    });
  }

  test('is opened by its schema, which lets a logged server write to it', async (t) => {
    const { client, items } = openBoth(t, server);
    const sql = await connectSql(t, server.running);
    const logged = client.openIndex({ schema: await readTable(sql, 'shop', 'item_logged') });
    await logged.insert({ id: 15, name: 'Mate', stock: 2, doc: '{}', owner: OWNER });
    assert.equal((await items.get(15)).name, 'Mate');
    assert.deepEqual(await logged.get(15), {
      id: 15,
      name: 'Mate',
      stock: 2n,
      doc: '{}',
      owner: OWNER,
    });
  });

  test('reports a duplicate, and continues with the others', async (t) => {
    const { logged, items } = openBoth(t, server);
    const results = await logged.insertMany([
      { id: 20, name: 'a', stock: 1 },
      { id: 20, name: 'b', stock: 1 },
      { id: 21, name: 'c', stock: 1 },
    ]);
    const codes = results.map(({ reason }) => reason?.code);
    assert.deepEqual(codes, [undefined, 'ERR_HS_DUPLICATE_KEY', undefined]);
    assert.deepEqual(
      (await items.getMany([20, 21])).map((row) => row.name),
      ['a', 'c'],
    );
  });

  test('does not tell the id that the server made', async (t) => {
    const { logged } = openBoth(t, server);
    assert.deepEqual(await logged.insert({ name: 'new', stock: 1 }), { insertId: null });
    assert.deepEqual(await server.sql("SELECT COUNT(*) FROM shop.item WHERE name = 'new'"), [
      ['1'],
    ]);
  });

  test('finds wrong rows downwards', async (t) => {
    const { logged } = openBoth(t, server);
    for (const id of [25, 26, 27]) await logged.insert({ id, name: `row ${id}`, stock: 1 });
    const [row] = await logged.find('<=', 27, { limit: 1 });
    assert.notEqual(row.id, '27');
    await assert.rejects(logged.find('<=', 27, { limit: 3 }), { serverMessage: '131' });
  });

  test('fails once after its SQL connection broke, and nothing is written', async (t) => {
    const { logged, items } = openBoth(t, server);
    await logged.insert({ id: 30, name: 'before', stock: 1 });
    const own = "SELECT id FROM information_schema.PROCESSLIST WHERE user = 'hs'";
    for (const [id] of await server.sql(own)) await server.sql(`KILL ${id}`);
    await assert.rejects(logged.insert({ id: 31, name: 'broken', stock: 1 }), {
      serverMessage: '10000',
    });
    await logged.insert({ id: 32, name: 'after', stock: 1 });
    assert.deepEqual(
      (await items.getMany([30, 31, 32])).map((row) => row?.name),
      ['before', undefined, 'after'],
    );
  });

  test('waits for a direct write of the same batch until it gives up', async (t) => {
    const { logged, items } = openBoth(t, server);
    await logged.insert({ id: 40, name: 'both', stock: 1 });
    await items.update('=', 40, { stock: 2 });
    const [direct, second] = await Promise.allSettled([
      items.update('=', 40, { stock: 3 }),
      logged.update('=', 40, { stock: 4 }),
    ]);
    assert.equal(direct.value, 1);
    assert.equal(second.reason?.serverMessage, '10000');
    assert.equal((await items.get(40)).stock, '3');
  });

  test('lets ALTER TABLE of the real one pass', async (t) => {
    // The other tests here have opened their real table, which locks it.
    await server.sql(`USE shop;
      CREATE TABLE note (id INT PRIMARY KEY, name VARCHAR(9));
      GRANT SELECT, INSERT ON note TO hs@127.0.0.1;
      CREATE TABLE note_logged (id INT PRIMARY KEY, name VARCHAR(9)) ENGINE = FEDERATED CONNECTION = 'here/note'`);
    const { client } = openBoth(t, server);
    const place = { database: 'shop', table: 'note_logged', columns: ['id', 'name'] };
    const notes = client.openIndex(place);
    await notes.insert({ id: 1, name: 'old' });
    await server.sql('ALTER TABLE shop.note ADD COLUMN more INT');
    await notes.insert({ id: 2, name: 'new' });
    const rows = await server.sql('SELECT * FROM shop.note');
    assert.deepEqual(rows, [
      ['1', 'old', 'NULL'],
      ['2', 'new', 'NULL'],
    ]);
  });
});
