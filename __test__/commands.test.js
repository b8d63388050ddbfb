'use strict';

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');

const { Batch } = require('..');
const { run, valuesOf } = require('./support/failures.js');
const { useServer } = require('./support/server.js');

describe('commands on a real server', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE shop',
      'USE shop',
      'CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50), price INT, colour VARCHAR(20), KEY by_price (price), KEY by_both (colour, price))',
      'CREATE TABLE note (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(50))',
      'CREATE TABLE `größe, x` (`ä b` INT PRIMARY KEY)',
    ],
  });
  const item = {
    database: 'shop',
    table: 'item',
    columns: ['id', 'name', 'price', 'colour'],
    filterColumns: ['colour', 'price'],
  };
  let reader;
  let writer;

  beforeEach(async () => {
    const handshake = new Batch()
      .openIndex(0, item)
      .openIndex(1, { ...item, index: 'by_price', columns: ['id'] })
      .openIndex(2, { ...item, index: 'by_both', columns: ['id'] })
      .openIndex(3, { ...item, columns: ['price'] });
    reader ??= server.reader({ handshake });
    writer ??= server.writer({ handshake });
    await server.sql(`
      DELETE FROM shop.item;
      INSERT INTO shop.item VALUES (1, 'nut', 10, 'red'), (2, 'bolt', 20, 'blue'),
        (3, 'nail', 20, 'red'), (4, 'screw', 40, NULL), (5, 'hook', 50, 'red')`);
  });

  /** The ids that a find on index 1 (by price) or 2 (by colour and price) returns. */
  async function ids(write) {
    const [reply] = await run(reader, write(new Batch()));
    assert.equal(reply.error, null);
    return reply.values.map(Number);
  }

  const rows = () => server.sql('SELECT * FROM shop.item ORDER BY id');

  test('openIndex takes index names and numbers, and names that are not ASCII', async () => {
    const batch = new Batch()
      .openIndex(9, { ...item, index: '0', columns: ['name'] })
      .find(9, '=', [2])
      .openIndex(9, { database: 'shop', table: 'größe, x', columns: ['ä b'] })
      .find(9, '>', [0])
      .openIndex(9, { ...item, table: 'nothing' });
    const replies = await run(server.reader(), batch);
    assert.deepEqual(valuesOf(replies), [[], ['bolt'], [], [], ['open_table']]);
    assert.equal(replies[4].error.errorCode, 1);
  });

  test('find goes in the direction of its operator', async () => {
    const replies = await run(
      reader,
      ['=', '>', '>=', '<', '<='].reduce(
        (batch, op) => batch.find(0, op, [3], { limit: 9 }),
        new Batch(),
      ),
    );
    assert.deepEqual(
      replies.map(({ rows }) => rows.map(([id]) => Number(id))),
      [[3], [4, 5], [3, 4, 5], [2, 1], [3, 2, 1]],
    );
    assert.equal(replies[0].columnCount, 4);
    assert.deepEqual(replies[0].rows, [['3', 'nail', '20', 'red']]);
  });

  test('find gives one row without a limit', async () => {
    assert.deepEqual(await ids((batch) => batch.find(1, '>=', [20])), [2]);
    assert.deepEqual(await ids((batch) => batch.find(1, '>=', [20], { offset: 1 })), [3]);
    assert.deepEqual(
      await ids((batch) => batch.find(1, '>', [0], { limit: 4_294_967_295 })),
      [1, 2, 3, 4, 5],
    );
  });

  test('find takes several key parts, and NULL among them', async () => {
    assert.deepEqual(await ids((batch) => batch.find(2, '=', ['red'], { limit: 9 })), [1, 3, 5]);
    assert.deepEqual(await ids((batch) => batch.find(2, '=', ['red', 20], { limit: 9 })), [3]);
    assert.deepEqual(await ids((batch) => batch.find(2, '=', [null], { limit: 9 })), [4]);
  });

  test('find with in gives the rows in the order of its values', async () => {
    const list = { position: 0, values: [5, 1, 9, 3] };
    const reply = async (options) => {
      const [{ rows }] = await run(reader, new Batch().find(0, '=', [''], options));
      return rows.map(([id]) => Number(id));
    };
    assert.deepEqual(await reply({ in: list }), [5, 1, 3]);
    assert.deepEqual(await reply({ in: list, limit: 2 }), [5, 1]);
    assert.deepEqual(await reply({ in: list, limit: 9, offset: 1 }), [1, 3]);
    assert.deepEqual(
      await ids((b) => b.find(2, '=', ['red', ''], { in: { position: 1, values: [50, 10] } })),
      [5, 1],
    );
  });

  test('filters skip, and while stops', async () => {
    const found = (...filters) => ids((batch) => batch.find(1, '>=', [0], { limit: 9, filters }));
    assert.deepEqual(await found({ column: 0, op: '=', value: 'red' }), [1, 3, 5]);
    assert.deepEqual(await found({ column: 0, op: '!=', value: 'red' }), [2, 4]);
    assert.deepEqual(await found({ column: 0, op: '=', value: null }), [4]);
    assert.deepEqual(await found({ type: 'while', column: 0, op: '=', value: 'red' }), [1]);
    assert.deepEqual(
      await found(
        { column: 0, op: '>=', value: 'red' },
        { type: 'while', column: 1, op: '<', value: 50 },
      ),
      [1, 3],
    );
    assert.deepEqual(
      await ids((batch) =>
        batch.find(1, '>=', [0], {
          limit: 1,
          offset: 1,
          filters: [{ type: 'filter', column: 0, op: '=', value: 'red' }],
        }),
      ),
      [3],
    );
  });

  test('insert inserts, and gives the id that the server generated', async () => {
    const target = { database: 'shop', table: 'note', columns: ['id', 'text'] };
    const batch = new Batch()
      .insert(0, [6, 'pin', null, ''])
      .insert(0, [6, 'pin', 1, ''])
      .openIndex(9, target)
      .insert(9, [null, 'first'])
      .insert(9, [null, 'second']);
    const replies = await run(writer, batch);
    assert.deepEqual(valuesOf(replies), [[], ['121'], [], ['1'], ['2']]);
    assert.deepEqual((await rows()).at(-1), ['6', 'pin', 'NULL', '']);
  });

  test('update, increment and decrement change rows and count them', async () => {
    const batch = new Batch()
      .update(0, '=', [1], [1, 'washer', 11, null])
      .increment(3, '>=', [4], [5], { limit: 9 })
      .decrement(3, '=', [3], [7])
      .update(3, '=', [99], [0]);
    assert.deepEqual(valuesOf(await run(writer, batch)), [['1'], ['2'], ['1'], ['0']]);
    assert.deepEqual(await rows(), [
      ['1', 'washer', '11', 'NULL'],
      ['2', 'bolt', '20', 'blue'],
      ['3', 'nail', '13', 'red'],
      ['4', 'screw', '45', 'NULL'],
      ['5', 'hook', '55', 'red'],
    ]);
  });

  test('delete deletes one row, or as many as the limit says', async () => {
    const batch = new Batch().delete(0, '>', [0]).delete(0, '>=', [3], { limit: 2 });
    assert.deepEqual(valuesOf(await run(writer, batch)), [['1'], ['2']]);
    assert.deepEqual(
      (await rows()).map(([id]) => id),
      ['2', '5'],
    );
  });

  test('returning gives the rows as they were before', async () => {
    const batch = new Batch()
      .update(3, '=', [1], [99], { returning: true })
      .increment(3, '=', [1], [1], { returning: true })
      .decrement(3, '=', [1], [50], { returning: true })
      .delete(0, '>=', [2], { limit: 2, returning: true })
      .delete(0, '=', [99], { returning: true });
    const replies = await run(writer, batch);
    assert.deepEqual(
      replies.map(({ rows }) => rows),
      [
        [['10']],
        [['99']],
        [['100']],
        [
          ['2', 'bolt', '20', 'blue'],
          ['3', 'nail', '20', 'red'],
        ],
        [],
      ],
    );
    assert.deepEqual(
      (await rows()).map(([id, , price]) => [id, price]),
      [
        ['1', '50'],
        ['4', '40'],
        ['5', '50'],
      ],
    );
  });

  test('modifications take in and filters', async () => {
    const batch = new Batch()
      .update(3, '=', [''], [1], {
        in: { position: 0, values: [1, 2, 3] },
        filters: [{ column: 0, op: '=', value: 'red' }],
      })
      .delete(0, '>', [0], { limit: 9, filters: [{ column: 0, op: '=', value: null }] });
    assert.deepEqual(valuesOf(await run(writer, batch)), [['2'], ['1']]);
    assert.deepEqual(
      (await rows()).map(([id, , price]) => [id, price]),
      [
        ['1', '1'],
        ['2', '20'],
        ['3', '1'],
        ['5', '50'],
      ],
    );
  });

  test('what the server refuses is an error of that command alone', async () => {
    const replies = await run(
      reader,
      new Batch()
        .find(7, '=', [1])
        .insert(0, [9, 'x', 1, 'y'])
        .find(0, '=', [1, 2])
        .find(0, '=', [1]),
    );
    assert.deepEqual(
      replies.map(({ error }) => error?.serverMessage),
      ['stmtnum', 'readonly', 'kpnum', undefined],
    );
    assert.deepEqual(replies[3].rows, [['1', 'nut', '10', 'red']]);
    assert.match(replies[0].error.message, /no index is open under this id/);
  });

  test('auth in a batch authorises the connection', async () => {
    const batch = new Batch().auth('wrong').auth(server.running.secret).openIndex(0, item);
    const replies = await run(server.reader({ secret: undefined }), batch.find(0, '=', [1]));
    assert.deepEqual(
      replies.map(({ error }) => error?.code),
      ['ERR_HS_AUTH', undefined, undefined, undefined],
    );
    assert.equal(replies[3].values[1], 'nut');
  });
});
