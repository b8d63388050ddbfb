'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Client, ServerError } = require('..');
const { answer, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const BIGGEST = 2n ** 63n - 1n;
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe('writes of a client', () => {
  const server = useServer({ sql: 'CREATE DATABASE t' });
  let tables = 0;

  function connect(t, options) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, ...options });
    t.after(() => client.close());
    return client;
  }

  /**
   * A table for one test, an index of it with all its columns, and a function that reads its rows
   * by SQL.
   */
  async function makeTable(t, definition, { columns, client = connect(t), ...target }, rows = '') {
    const table = `t${++tables}`;
    const insert = rows && `INSERT INTO ${table} VALUES ${rows}`;
    await server.sql(`USE t; CREATE TABLE ${table} (${definition}); ${insert}`);
    const index = client.openIndex({ database: 't', table, columns, ...target });
    const inSql = () => server.sql(`SELECT ${columns} FROM t.${table} ORDER BY 1`);
    return { index, inSql, table, client };
  }

  const items = 'id INT PRIMARY KEY, name VARCHAR(20), qty INT, note VARCHAR(20), KEY by_qty (qty)';

  /** Four rows: 1 a 10, 2 b 20, 3 a 20, 4 NULL NULL, with the notes w to z. */
  function makeItems(t, target) {
    const columns = ['id', 'name', 'qty', 'note'];
    const filterColumns = ['name', 'qty'];
    const rows = "(1,'a',10,'w'), (2,'b',20,'x'), (3,'a',20,'y'), (4,NULL,NULL,'z')";
    return makeTable(t, items, { columns, filterColumns, ...target }, rows);
  }

  /** The values of one column in all rows, as text. */
  async function column(inSql, position) {
    return (await inSql()).map((row) => row[position]).join(' ');
  }

  describe('insert', () => {
    const noDefaults =
      'id INT PRIMARY KEY, a INT DEFAULT 7, b VARCHAR(9), c INT NOT NULL DEFAULT 8';
    const target = { columns: ['id', 'a', 'b', 'c'] };

    test('takes an object, and NULL goes to the columns that it does not name', async (t) => {
      const { index, inSql } = await makeTable(t, noDefaults, target);
      assert.deepEqual(await index.insert({ b: 'x', id: 1 }), { insertId: null });
      assert.deepEqual(await index.insert({ id: 2, a: 3, b: null, c: 4 }), { insertId: null });
      // A NOT NULL column gets its default.
      assert.deepEqual(await inSql(), [
        ['1', 'NULL', 'x', '8'],
        ['2', '3', 'NULL', '4'],
      ]);
    });

    test('takes an array of all columns in their order', async (t) => {
      const { index, inSql } = await makeTable(t, noDefaults, target);
      await index.insert([1, 2n, 'three', false]);
      assert.deepEqual(await inSql(), [['1', '2', 'three', '0']]);
    });

    test('gives the id that the server generated, and null for one that was given', async (t) => {
      const definition = 'id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9)';
      const { index, inSql } = await makeTable(t, definition, { columns: ['id', 'name'] });
      const ids = [];
      for (const row of [{ name: 'a' }, { id: 40 }, [null, 'b'], { id: 0 }, { id: 7n }]) {
        ids.push((await index.insert(row)).insertId);
      }
      assert.deepEqual(ids, [1n, null, 41n, 42n, null]);
      assert.equal(await column(inSql, 0), '1 7 40 41 42');
    });

    test('gives ids past 2^53, also of a column that was not opened', async (t) => {
      const definition = `id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9)`;
      const { index, table, client } = await makeTable(t, definition, { columns: ['name'] });
      await server.sql(`ALTER TABLE t.${table} AUTO_INCREMENT = 9007199254740993`);
      assert.deepEqual(await index.insert({ name: 'a' }), { insertId: 9007199254740993n });
      await client.close();
      await server.sql(`ALTER TABLE t.${table} AUTO_INCREMENT = 18446744073709551610`);
      const again = connect(t).openIndex({ database: 't', table, columns: ['name'] });
      assert.deepEqual(await again.insert(['b']), { insertId: 18446744073709551610n });
    });

    test('writes what the declared types take', async (t) => {
      const { index, table } = await makeTable(
        t,
        'id BIGINT PRIMARY KEY, at DATETIME(3), doc JSON, raw VARBINARY(300), yes BOOLEAN',
        {
          columns: ['id', 'at', 'doc', 'raw', 'yes'],
          types: { id: 'bigint', at: 'datetime', doc: 'json', raw: 'buffer', yes: 'boolean' },
        },
      );
      const at = new Date('2024-02-29T01:02:03.456Z');
      const row = {
        id: BIGGEST,
        at,
        doc: { tab: '\t', list: [1, null] },
        raw: everyByte,
        yes: true,
      };
      await index.insert(row);
      const hex = everyByte.toString('hex').toUpperCase();
      const [values] = await server.sql(`SELECT id, at, doc, HEX(raw), yes FROM t.${table}`);
      assert.equal(
        values.join(' '),
        `${BIGGEST} 2024-02-29 01:02:03.456 ${JSON.stringify(row.doc)} ${hex} 1`,
      );
      assert.deepEqual(await index.get(BIGGEST), row);
    });

    test('never sends a command that a value contains', async (t) => {
      const { index, inSql } = await makeTable(t, 'k VARBINARY(300) PRIMARY KEY, v BLOB', {
        columns: ['k', 'v'],
        types: { k: 'buffer', v: 'buffer' },
      });
      const evil = Buffer.from('\n0\t>=\t1\t\t9\t0\tD\n\r\n\0\x01@');
      await index.insertMany([
        [evil, everyByte],
        [everyByte, evil],
      ]);
      assert.deepEqual(await index.get(everyByte), { k: everyByte, v: evil });
      assert.equal(await index.update('=', evil, { v: evil }), 1);
      assert.deepEqual(await index.get(evil), { k: evil, v: evil });
      assert.equal(await index.delete('=', evil), 1);
      assert.equal((await inSql()).length, 1);
    });
  });

  describe('insertMany', () => {
    test('has a result for each row: a duplicate stops no other', async (t) => {
      const { index, inSql } = await makeItems(t);
      const results = await index.insertMany([
        { id: 5 },
        { id: 2, name: 'again' },
        [6, 'f', 60, null],
        { id: 6 },
        { id: 7, name: 'g' },
      ]);
      assert.deepEqual(
        results.map(({ status, value, reason }) => [status, value ?? reason.serverMessage]),
        [
          ['fulfilled', { insertId: null }],
          ['rejected', '121'],
          ['fulfilled', { insertId: null }],
          ['rejected', '121'],
          ['fulfilled', { insertId: null }],
        ],
      );
      assert.ok(results[1].reason instanceof ServerError);
      assert.deepEqual((await inSql()).slice(4), [
        ['5', 'NULL', 'NULL', 'NULL'],
        ['6', 'f', '60', 'NULL'],
        ['7', 'g', 'NULL', 'NULL'],
      ]);
      assert.equal(await column(inSql, 1), 'a b a NULL NULL f g');
    });

    test('gives each row its own id, also of more rows than a batch holds', async (t) => {
      const definition = 'id INT AUTO_INCREMENT PRIMARY KEY, name INT';
      const { index, inSql } = await makeTable(t, definition, { columns: ['id', 'name'] });
      assert.deepEqual(await index.insertMany([]), []);
      const results = await index.insertMany(Array.from({ length: 3000 }, (_, name) => ({ name })));
      const rows = results.map(({ value }, name) => [String(value.insertId), String(name)]);
      assert.deepEqual(await inSql(), rows);
    });
  });

  describe('update', () => {
    test('changes the columns that are named and no others', async (t) => {
      const { index, inSql } = await makeItems(t);
      assert.equal(await index.update('=', 1, { note: 'new' }), 1);
      assert.equal(await index.update('=', 2, { note: null, name: '' }), 1);
      assert.equal(await index.update('=', 4, { qty: 5 }), 1);
      assert.deepEqual(await inSql(), [
        ['1', 'a', '10', 'new'],
        ['2', '', '20', 'NULL'],
        ['3', 'a', '20', 'y'],
        ['4', 'NULL', '5', 'z'],
      ]);
    });

    test('changes all columns if it is given an array, the key too', async (t) => {
      const { index, inSql } = await makeItems(t);
      assert.equal(await index.update('=', 4, [9, 'i', null, 'v']), 1);
      assert.deepEqual((await inSql())[3], ['9', 'i', 'NULL', 'v']);
      assert.equal(await index.get(4), null);
    });

    test('counts the rows found, whether they are changed or not', async (t) => {
      const { index, inSql } = await makeItems(t);
      assert.equal(await index.update('=', 1, { name: 'a' }), 1);
      assert.equal(await index.update('=', 99, { name: 'q' }), 0);
      assert.equal(await column(inSql, 1), 'a b a NULL');
    });

    test('asks for a limit if the key can find more than one row', async (t) => {
      const { index, inSql } = await makeItems(t);
      await assert.rejects(
        async () => index.update('>=', 1, { note: 'new' }),
        /^TypeError: options\.limit /,
      );
      assert.equal(await index.update('>=', 1, { note: 'new' }, { limit: 1 }), 1);
      assert.equal(await column(inSql, 3), 'new x y z');
    });

    test('goes by limit, offset, operator, filters, in, and other indexes', async (t) => {
      const { index, inSql, table, client } = await makeItems(t);
      const byQty = client.openIndex({
        database: 't',
        table,
        index: 'by_qty',
        columns: ['qty', 'note'],
      });
      const isA = { column: 'name', op: '=', value: 'a' };
      const steps = [
        [index, '>=', 1, { limit: 2, offset: 1 }, 2, 'w new new z'],
        [index, '<', 3, { limit: 9 }, 2, 'new new y z'],
        [index, '>=', 1, { limit: 9, filters: [isA] }, 2, 'new x new z'],
        [index, '>=', 1, { limit: 9, filters: [{ ...isA, type: 'while' }] }, 1, 'new x y z'],
        [index, '>=', 1, { limit: 9, filters: [{ ...isA, value: null }] }, 1, 'w x y new'],
        [
          index,
          '=',
          null,
          { limit: 9, in: { column: 'id', values: [4, 77, 1] } },
          2,
          'new x y new',
        ],
        [byQty, '=', 20, { limit: 9 }, 2, 'w new new z'],
      ];
      for (const [which, op, key, options, count, notes] of steps) {
        await server.sql(`UPDATE t.${table} SET note = SUBSTR('wxyz', id, 1)`);
        assert.equal(await which.update(op, key, { note: 'new' }, options), count);
        assert.equal(await column(inSql, 3), notes);
      }
    });
  });

  describe('increment and decrement', () => {
    const definition = 'id INT PRIMARY KEY, n BIGINT, m INT';
    const target = { columns: ['id', 'n', 'm'] };
    const rows = '(1,10,1), (2,-5,0), (3,NULL,5)';

    test('add and take whole numbers of any kind', async (t) => {
      const { index, inSql } = await makeTable(t, definition, target, rows);
      const million = 10n ** 18n;
      assert.equal(await index.increment('=', 1, { n: 5 }), 1);
      assert.equal(await index.increment('=', 1, { n: million, m: '2' }), 1);
      assert.equal(await index.increment('=', 1, { n: String(million), m: -1 }), 1);
      assert.equal(await index.increment('=', 1, [0, '+1', -4n]), 1);
      assert.equal(await index.decrement('=', 2, { n: '3', m: 4n }), 1);
      assert.equal(await index.increment('>=', 2, { m: 100 }, { limit: 9 }), 2);
      assert.equal(await index.decrement('=', 99, { n: 1 }), 0);
      assert.deepEqual(await inSql(), [
        ['1', '2000000000000000016', '-2'],
        ['2', '-8', '96'],
        ['3', 'NULL', '105'],
      ]);
    });

    test('count a row whose column is NULL, which stays so', async (t) => {
      const { index, inSql } = await makeTable(t, definition, target, rows);
      assert.equal(await index.increment('=', 3, { n: 1 }), 1);
      assert.equal(await column(inSql, 1), '10 -5 NULL');
    });

    test('decrement does not let a value change its sign', async (t) => {
      const { index, inSql } = await makeTable(t, definition, target, rows);
      assert.equal(await index.decrement('=', 1, { n: 11 }), 0);
      assert.equal(await index.decrement('=', 2, { n: -6 }), 0);
      assert.equal(await index.decrement('=', 1, { n: 1, m: 2 }), 0);
      assert.equal(await column(inSql, 1), '10 -5 NULL');
      assert.equal(await index.decrement('>=', 1, { n: 10 }, { limit: 2 }), 2);
      assert.equal(await index.decrement('=', 1, { n: 3 }), 1);
      assert.equal(await index.increment('=', 1, { m: -2 }), 1);
      assert.equal(await column(inSql, 1), '-3 -15 NULL');
      assert.equal(await column(inSql, 2), '-1 0 5');
    });

    for (const connections of [1, 3]) {
      test(`200 at once add up over ${connections} connections`, async (t) => {
        const client = connect(t, { writeConnections: connections });
        const { index, inSql } = await makeTable(t, definition, { ...target, client }, rows);
        const by = Array.from({ length: 200 }, (_, i) => i);
        const counts = by.map((n) => index.increment('=', 1, { n, m: 1 }));
        assert.deepEqual(await Promise.all(counts), Array(200).fill(1));
        assert.deepEqual((await inSql())[0], ['1', String(10 + (199 * 200) / 2), '201']);
      });
    }
  });

  test('delete takes one row of a unique key by default, and those that the options say', async (t) => {
    const { index, inSql } = await makeItems(t);
    assert.equal(await index.delete('=', 1), 1);
    assert.equal(await column(inSql, 0), '2 3 4');
    const filters = [{ column: 'qty', op: '<', value: 30 }];
    assert.equal(await index.delete('>=', 0, { limit: 9, offset: 1, filters }), 2);
    assert.equal(await column(inSql, 0), '2');
    assert.equal(await index.delete('=', 1), 0);
    assert.equal(await index.delete('=', null, { in: { column: 'id', values: [1, 2] } }), 1);
    assert.deepEqual(await inSql(), []);
  });

  describe('the returning forms give the rows as they were, with all columns', () => {
    const types = { id: 'number', qty: 'number' };
    const first = { id: 1, name: 'a', qty: 10, note: 'w' };
    const second = { id: 2, name: 'b', qty: 20, note: 'x' };
    const third = { id: 3, name: 'a', qty: 20, note: 'y' };
    const fourth = { id: 4, name: null, qty: null, note: 'z' };
    const two = { limit: 2, offset: 1 };
    const all = { limit: 9 };
    const onlyA = { ...all, filters: [{ column: 'name', op: '=', value: 'a' }] };
    /**
     * The method, its arguments, the rows that it returns, and the ids, quantities and notes that
     * SQL then reads.
     */
    const cases = [
      ['update', ['=', 2, [9, 'i', 90, 'v']], [second], '1 3 4 9/10 20 NULL 90/w y z v'],
      ['update', ['=', 1, { note: 'n' }], [first], '1 2 3 4/10 20 20 NULL/n x y z'],
      ['update', ['=', 1, { qty: 3, id: 8 }], [first], '2 3 4 8/20 20 NULL 3/x y z w'],
      ['update', ['>', 1, { note: '' }, two], [third, fourth], '1 2 3 4/10 20 20 NULL/w x  '],
      ['increment', ['>=', 0, { qty: 5 }, onlyA], [first, third], '1 2 3 4/15 20 25 NULL/w x y z'],
      ['increment', ['=', 1, [4, 0, 1, 0]], [first], '2 3 4 5/20 20 NULL 11/x y z 0'],
      ['decrement', ['<=', 2, { qty: 10 }, all], [second, first], '1 2 3 4/0 10 20 NULL/w x y z'],
      // The server does not execute a change that flips the sign.
      ['decrement', ['=', 1, { qty: 11 }], [first], '1 2 3 4/10 20 20 NULL/w x y z'],
      ['delete', ['>=', 1, two], [second, third], '1 4/10 NULL/w z'],
      ['delete', ['<', 3, { limit: 1 }], [second], '1 3 4/10 20 NULL/w y z'],
    ];
    for (const [method, args, expected, left] of cases) {
      test(`${method} ${inspect(args, { breakLength: Infinity })}`, async (t) => {
        const { index, inSql } = await makeItems(t, { types });
        assert.deepEqual(await index[`${method}Returning`](...args), expected);
        const columns = [0, 2, 3].map((position) => column(inSql, position));
        assert.equal((await Promise.all(columns)).join('/'), left);
      });
    }

    test('no rows if none are found', async (t) => {
      const { index, inSql } = await makeItems(t);
      const before = await inSql();
      const none = await Promise.all([
        index.updateReturning('=', 99, { note: 'n' }),
        index.updateReturning('=', 99, [1, 2, 3, 4]),
        index.incrementReturning('>', 4, { qty: 1 }, all),
        index.decrementReturning('<', 1, { qty: 1 }, all),
        index.deleteReturning('=', null, all),
      ]);
      assert.deepEqual(none, [[], [], [], [], []]);
      assert.deepEqual(await inSql(), before);
    });

    test('by a find that is in the same batch as the change, right before it', async (t) => {
      const replyTo = (line) => (line.includes('\tU?\t') ? '0\t1\t1\n' : '0\t2\t1\t1\n');
      const peer = await startPeer(
        t,
        answer((line) => (line.startsWith('P') ? '0\t1\n' : replyTo(line))),
      );
      const { port } = peer;
      const client = connect(t, { port, writePort: port, writeConnections: 2, secret: '' });
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['id', 'n'] });
      const calls = Array.from({ length: 17 }, (_, i) => index.updateReturning('=', i, { n: 1 }));
      await Promise.all(calls);
      for (const { received } of peer.visitors) {
        const requests = received.split('\n').filter((line) => /^\d/.test(line));
        const keys = requests.map((line) => line.split('\t')[3]);
        for (let i = 0; i < keys.length; i += 2) assert.equal(keys[i + 1], keys[i], received);
      }
    });

    test('also after a reconnect since the index was opened', async (t) => {
      const { index, inSql, table } = await makeItems(t, { types });
      assert.deepEqual(await index.updateReturning('=', 1, { note: 'n' }), [first]);
      await server.running.kill();
      await server.running.start();
      await server.sql(`UPDATE t.${table} SET note = 'w' WHERE id = 1`);
      assert.deepEqual(await index.updateReturning('=', 1, { id: 9 }), [first]);
      assert.equal(await column(inSql, 0), '2 3 4 9');
    });
  });
});
