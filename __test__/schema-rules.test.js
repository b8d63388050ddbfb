'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');
const mariadb = require('mariadb');

const { readTable } = require('../lib/schema');
const { findIndex } = require('../lib/schema/indexes.js');
const { RULES, refusalOf } = require('../lib/schema/rules.js');
const { useServer } = require('./support/server.js');
const { addressOf } = require('./support/sql-connections.js');

const TABLES = `
  CREATE DATABASE r; USE r;
  CREATE TABLE plain (id INT PRIMARY KEY, a INT, b VARCHAR(20), u INT UNIQUE, KEY two (a, b), KEY start (b(3)), KEY \`1st\` (a), FULLTEXT text (b));
  CREATE VIEW shown AS SELECT * FROM plain;
  CREATE SEQUENCE counted;
  CREATE TABLE versioned (id INT PRIMARY KEY) WITH SYSTEM VERSIONING;
  CREATE TABLE parted (id INT, g INT, v INT, PRIMARY KEY (id, g), KEY v (v)) PARTITION BY HASH (id) PARTITIONS 3;
  CREATE TABLE memory (a INT, b INT, PRIMARY KEY (a, b) USING HASH, KEY tree (b) USING BTREE) ENGINE MEMORY;
  CREATE TABLE hashed (id INT PRIMARY KEY, t TEXT, v INT, UNIQUE t (t));
  CREATE TABLE timed (id INT PRIMARY KEY, k INT, s DATE, e DATE, v INT, PERIOD FOR p (s, e), UNIQUE (k, p WITHOUT OVERLAPS));
  CREATE TABLE myisam (id INT PRIMARY KEY, v INT) ENGINE MyISAM;
  CREATE TABLE virtual (id INT PRIMARY KEY, a INT, b INT, c INT AS (a + 1) VIRTUAL, d INT AS (c + 1) VIRTUAL, KEY (d));
  CREATE TABLE stored (id INT PRIMARY KEY, a INT, b INT, c INT AS (a + 1) STORED);
  CREATE TABLE triggered (id INT PRIMARY KEY, v INT);
  CREATE TRIGGER i BEFORE INSERT ON triggered FOR EACH ROW SET NEW.v = 1;
  CREATE TRIGGER u AFTER UPDATE ON triggered FOR EACH ROW SET @x = 1;
  CREATE TABLE checked (id INT PRIMARY KEY, a INT CHECK (a > 1), b INT, doc JSON, CONSTRAINT both_of CHECK (a < b), c INT);
  CREATE TABLE defaults (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 5, t DATETIME DEFAULT now() ON UPDATE now(), u CHAR(36) DEFAULT uuid());
  CREATE TABLE wide (id INT PRIMARY KEY, g INT AS (id + 1) VIRTUAL, ${Array.from({ length: 31 }, (_, i) => `c${i} INT`).join(', ')});
  CREATE TABLE wider (id INT PRIMARY KEY, ${Array.from({ length: 32 }, (_, i) => `c${i} INT`).join(', ')});
`;

describe('what a schema refuses:', () => {
  const server = useServer({ sql: TABLES });
  /** @type {any} */
  let sql;
  before(async () => {
    sql = await mariadb.createConnection(addressOf(server.running));
    sql.on('error', () => {});
  });

  /** The schema of readTable, with the test's changes. */
  async function target(table, index = 'PRIMARY', changed = {}) {
    const schema = { ...(await readTable(sql, 'r', table)), ...changed };
    const found = schema.indexes.find(({ name }) => name === index);
    return {
      schema,
      index: found ?? { name: index, unique: true, algorithm: 'BTREE', columns: [] },
    };
  }

  async function refuses(reason, { table, index, changed }, operation, allow = []) {
    const message = refusalOf(await target(table, index, changed), operation, allow);
    assert.match(message ?? 'nothing', reason);
    assert.match(message, new RegExp(`^${operation.kind} r\\.${table}: .*\\. Instead: .`));
    return message;
  }

  async function allows({ table, index, changed }, operation, allow = []) {
    assert.equal(refusalOf(await target(table, index, changed), operation, allow), null);
  }

  /** Rules that no option lifts. */
  const everything = [
    'triggers',
    'checks',
    'generated',
    'on-update',
    'defaults',
    'unlogged',
    'split-insert',
  ];
  const open = { kind: 'open' };
  const get = (op, parts) => ({ kind: 'find', op, parts });
  const insert = (...columns) => ({ kind: 'insert', columns });
  const update = (...columns) => ({ kind: 'update', op: '=', parts: 1, columns });
  const remove = { kind: 'delete', op: '=', parts: 1 };

  test('each rule says where its facts are', () => {
    for (const { facts, instead } of RULES) {
      assert.match(facts, /^(?:\d+|docs\/\S+)/);
      assert.ok(instead);
    }
  });

  test('nothing of a plain table', async () => {
    for (const index of ['PRIMARY', 'u', 'two']) {
      for (const operation of [open, get('>=', 1), insert('id'), update('a'), remove]) {
        await allows({ table: 'plain', index }, operation);
      }
    }
  });

  describe('at open', () => {
    test('a view, which crashes the server', async () => {
      await refuses(/crashes the server/, { table: 'shown' }, open, everything);
    });

    test('a sequence, and tables with a history', async () => {
      await refuses(/SEQUENCE/, { table: 'counted' }, open, everything);
      await refuses(/rows of the past/, { table: 'versioned' }, open, everything);
    });

    test('engines that were seen to fail, or never seen', async () => {
      for (const engine of [
        'ARCHIVE',
        'SPIDER',
        'CONNECT',
        'BLACKHOLE',
        'Mroonga',
        'MRG_MyISAM',
        'ROCKSDB',
      ]) {
        await refuses(
          new RegExp(engine),
          { table: 'plain', changed: { engine } },
          open,
          everything,
        );
      }
      for (const engine of ['InnoDB', 'Aria', 'MEMORY', 'MyISAM', 'FEDERATED']) {
        await allows({ table: 'plain', changed: { engine } }, open);
      }
    });

    test('secondary indexes of partitioned tables', async () => {
      await refuses(/partitioned/, { table: 'parted', index: 'v' }, open, everything);
      await allows({ table: 'parted' }, open);
    });

    test('indexes that find nothing', async () => {
      await refuses(/FULLTEXT/, { table: 'plain', index: 'text' }, open, everything);
      await refuses(/HASH/, { table: 'hashed', index: 't' }, open, everything);
      await allows({ table: 'memory' }, open);
    });

    test('names that the protocol takes for numbers', async () => {
      await refuses(/digit/, { table: 'plain', index: '1st' }, open, everything);
    });
  });

  describe('of finds', () => {
    test('all but = with the whole key on partitioned tables and HASH indexes', async () => {
      for (const table of ['parted', 'memory']) {
        await allows({ table }, get('=', 2));
        await refuses(/all/, { table }, get('=', 1), everything);
        for (const op of ['>', '>=', '<', '<='])
          await refuses(/all/, { table }, get(op, 2), everything);
      }
      await allows({ table: 'memory', index: 'tree' }, get('>=', 1));
      await refuses(/crashes/, { table: 'parted' }, { ...remove, parts: 1 }, everything);
      await allows({ table: 'parted' }, { ...remove, parts: 2 });
    });

    test('downwards on FEDERATED tables', async () => {
      const changed = { engine: 'FEDERATED' };
      await refuses(/downwards/, { table: 'plain', changed }, get('<=', 1));
      await allows({ table: 'plain', changed }, get('>=', 1));
    });
  });

  describe('of writes, whatever is allowed', () => {
    test('an insert where a UNIQUE key is a HASH, and a change of its columns', async () => {
      await refuses(/crashes/, { table: 'hashed' }, insert('id'), everything);
      await refuses(/duplicates/, { table: 'hashed' }, update('t'), everything);
      await allows({ table: 'hashed' }, update('v'));
      await allows({ table: 'hashed' }, remove);
    });

    test('an insert where a key is WITHOUT OVERLAPS, and a change of any column', async () => {
      await refuses(/crashes/, { table: 'timed' }, insert('id'), everything);
      for (const name of ['k', 's', 'e', 'v']) {
        for (const kind of ['update', 'increment', 'decrement']) {
          await refuses(/crashes/, { table: 'timed' }, { ...update(name), kind }, everything);
        }
      }
      await allows({ table: 'timed' }, get('=', 1));
      await allows({ table: 'timed' }, remove);
    });

    test('an insert into MyISAM', async () => {
      await refuses(/lost/, { table: 'myisam' }, insert('id'), everything);
      await allows({ table: 'myisam' }, update('v'));
    });

    test('any where a VECTOR index is', async () => {
      const vector = { name: 'v', unique: false, algorithm: 'VECTOR', columns: [{ name: 'b' }] };
      const { schema } = await target('plain');
      const changed = { indexes: [...schema.indexes, vector] };
      for (const operation of [insert('id'), update('a'), remove]) {
        await refuses(/VECTOR/, { table: 'plain', changed }, operation, everything);
      }
      await allows({ table: 'plain', changed }, get('=', 1));
    });

    test('what an index on a virtual column is made of', async () => {
      await refuses(/'d' becomes corrupt/, { table: 'virtual' }, insert('id'), everything);
      await refuses(/'d' becomes corrupt/, { table: 'virtual' }, update('a'), everything);
      await refuses(
        /corrupt/,
        { table: 'virtual' },
        { ...update('a'), kind: 'increment' },
        everything,
      );
      await allows({ table: 'virtual' }, update('b'));
      await allows({ table: 'virtual' }, remove);
    });

    test('a change of many rows that moves them where they are found again', async () => {
      const again = (op, parts, ...columns) => ({ kind: 'increment', op, parts, columns });
      const two = { table: 'plain', index: 'two' };
      for (const op of ['>', '>=', '<', '<=']) {
        await refuses(/'a' is what/, two, again(op, 1, 'a', 'u'), everything);
        await refuses(/'id' is what/, two, again(op, 1, 'id'), everything);
        await allows(two, { ...again(op, 1, 'a'), isOne: true });
        await allows(two, again(op, 1, 'u'));
      }
      await refuses(/'b' is what/, two, again('=', 1, 'b'), everything);
      await refuses(/'id' is what/, two, again('=', 2, 'id'), everything);
      await allows(two, again('=', 1, 'a'));
      await allows({ table: 'plain' }, again('=', 1, 'id'));
      await refuses(
        /'id'/,
        { table: 'plain' },
        { ...again('=', 1, 'id'), isList: true },
        everything,
      );
      // Many rows may have NULL there.
      await refuses(/'id'/, { table: 'plain', index: 'u' }, again('=', 1, 'id'), everything);
    });

    test('rows found by the beginning of a column', async () => {
      await refuses(/'ab x'/, { table: 'plain', index: 'start' }, update('a'), everything);
      await refuses(/'ab x'/, { table: 'plain', index: 'start' }, remove, everything);
      await allows({ table: 'plain', index: 'start' }, get('=', 1));
      await allows({ table: 'plain', index: 'start' }, insert('id'));
    });
  });

  describe('of writes, unless it is allowed:', () => {
    /** Checks that a write is refused, and that only the option in the message lifts it. */
    async function liftedBy(allowance, reason, at, operation) {
      const others = everything.filter((one) => one !== allowance);
      const message = await refuses(reason, at, operation, others);
      assert.ok(message.endsWith(`accept it with allow: ['${allowance}']`), message);
      await allows(at, operation, [allowance]);
    }

    test('triggers, of that event', async () => {
      const at = { table: 'triggered' };
      await liftedBy('triggers', /do not run: i\b/, at, insert('id'));
      for (const kind of ['update', 'increment', 'decrement']) {
        await liftedBy('triggers', /do not run: u\b/, at, { ...update('v'), kind });
      }
      await allows(at, remove);
    });

    test('CHECK constraints, of the columns that change', async () => {
      const at = { table: 'checked' };
      await liftedBy('checks', /a \(`a` > 1\), both_of/, at, insert('id'));
      await liftedBy('checks', /both_of/, at, update('b'));
      await liftedBy('checks', /both_of/, at, { ...update('a'), kind: 'decrement' });
      await allows(at, update('c'));
      await allows(at, update('doc'));
      await allows(at, remove);
    });

    test('stored generated columns, by an insert or a change of what they are made of', async () => {
      const at = { table: 'stored' };
      await liftedBy('generated', /not computed: c/, at, insert('id'));
      await liftedBy('generated', /not computed: c/, at, update('a'));
      await liftedBy('generated', /not computed: c/, at, update('c'));
      await allows(at, update('b'));
      await allows(at, remove);
    });

    test('ON UPDATE, by a change that does not name the column', async () => {
      const at = { table: 'defaults' };
      await liftedBy('on-update', /does not happen: t/, at, update('a'));
      await liftedBy('on-update', /does not happen: t/, at, { ...update('a'), kind: 'increment' });
      await allows(at, update('a', 't'));
      await allows(at, insert('t', 'u'));
    });

    test('computed defaults, of columns that are not named', async () => {
      const at = { table: 'defaults' };
      await liftedBy('defaults', /zero date: t, u$|zero date: t, u\./, at, insert('a'));
      await liftedBy('defaults', /zero date: u/, at, insert('t'));
      await allows(at, insert('t', 'u'));
    });

    test('writes that nobody logs', async () => {
      const { schema } = await target('plain');
      const logged = { server: { ...schema.server, binaryLog: true } };
      for (const operation of [insert('id'), update('a'), remove]) {
        await liftedBy('unlogged', /binary log/, { table: 'plain', changed: logged }, operation);
        const galera = { server: { ...schema.server, galera: true } };
        await liftedBy('unlogged', /Galera/, { table: 'plain', changed: galera }, operation);
      }
      await allows({ table: 'plain', changed: logged }, get('=', 1));
      await allows({ table: 'plain', changed: { ...logged, engine: 'FEDERATED' } }, insert('id'));
    });

    test('an insert of more values than the server takes at once', async () => {
      const { schema } = await target('wide');
      const of = (version) => ({ server: { ...schema.server, version } });
      const capped = [
        '10.11.19-MariaDB',
        '11.8.9-MariaDB',
        '12.3.3-MariaDB',
        '10.6.20-MariaDB',
        '13.0.1-MariaDB',
      ];
      for (const version of capped) {
        await allows({ table: 'wide', changed: of(version) }, insert('id'));
        await liftedBy(
          'split-insert',
          /32 values .* 33/,
          { table: 'wider', changed: of(version) },
          insert('id'),
        );
      }
      for (const version of ['10.11.18-MariaDB', '10.5.23-MariaDB', '11.4.12-MariaDB']) {
        await allows({ table: 'wider', changed: of(version) }, insert('id'));
      }
      await allows({ table: 'wider' }, update('c1'));
    });
  });

  test('an index or a column that the table does not have', async () => {
    const { schema } = await target('plain');
    assert.throws(
      () => findIndex(schema, 'other'),
      /^TypeError: r\.plain has no index 'other': it has 'PRIMARY', 'u'/,
    );
    assert.throws(() => findIndex({ ...schema, indexes: [] }), /it has none/);
  });
});
