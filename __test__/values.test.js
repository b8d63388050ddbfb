'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { before, describe, test } = require('node:test');

const { Batch } = require('..');
const { run } = require('./support/failures.js');
const { useServer } = require('./support/server.js');

const MEBIBYTE = 1024 * 1024;
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe('values through a real server', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE bytes (k VARBINARY(300) PRIMARY KEY, v LONGBLOB)',
      'CREATE TABLE texts (k INT PRIMARY KEY, v LONGTEXT CHARACTER SET utf8mb4)',
      'CREATE TABLE latin (k INT PRIMARY KEY, v VARCHAR(300) CHARACTER SET latin1)',
      'CREATE TABLE numbers (k BIGINT UNSIGNED PRIMARY KEY, i BIGINT, d DOUBLE, m DECIMAL(20,4), b BOOL)',
    ],
  });

  /** The connections of this file have its tables open: 0 bytes, 1 texts, 2 latin, 3 numbers. */
  function tables() {
    const batch = new Batch();
    const columns = ['k', 'v'];
    for (const [id, table] of ['bytes', 'texts', 'latin'].entries()) {
      batch.openIndex(id, { database: 't', table, columns });
    }
    return batch.openIndex(3, {
      database: 't',
      table: 'numbers',
      columns: ['k', 'i', 'd', 'm', 'b'],
    });
  }

  let reader;
  let writer;

  before(() => {
    reader = server.reader({ handshake: tables() });
    writer = server.writer({ handshake: tables() });
  });

  /** Inserts rows and reads the rows of the keys back. */
  async function roundTrip(index, rows) {
    const inserts = new Batch();
    const finds = new Batch();
    for (const row of rows) {
      inserts.insert(index, row);
      finds.find(index, '=', [row[0]]);
    }
    for (const reply of await run(writer, inserts)) assert.equal(reply.error, null);
    const replies = await run(reader, finds);
    for (const reply of replies) assert.equal(reply.error, null);
    return replies;
  }

  describe('bytes', () => {
    test('each from 0x00 to 0xff, alone, as a key and as a value', async () => {
      const rows = Array.from(everyByte, (byte) => [Buffer.from([byte]), Buffer.from([byte])]);
      const replies = await roundTrip(0, rows);
      assert.deepEqual(
        replies.map(({ buffers }) => buffers),
        rows,
      );
      assert.deepEqual(
        await server.sql('SELECT HEX(v) FROM t.bytes WHERE LENGTH(k) = 1 ORDER BY k'),
        rows.map(([key]) => [key.toString('hex').toUpperCase()]),
      );
    });

    test('all of them, together, as a key and as a value', async () => {
      const row = [everyByte, Buffer.concat([everyByte, Buffer.from(everyByte).reverse()])];
      const [reply] = await roundTrip(0, [row]);
      assert.deepEqual(reply.buffers, row);
      assert.equal(reply.columnCount, 2);
    });

    test('each beside the separators of the protocol', async () => {
      const value = Buffer.concat(
        Array.from(everyByte, (byte) => Buffer.from([byte, 0x09, byte, 0x0a, 0x01, byte, 0x00])),
      );
      const [reply] = await roundTrip(0, [['beside', value]]);
      assert.deepEqual(reply.buffers, [Buffer.from('beside'), value]);
    });

    test('below 0x80 are read as text, too', async () => {
      const ascii = everyByte.subarray(0, 0x80);
      const [reply] = await roundTrip(0, [['ascii', ascii]]);
      assert.deepEqual(reply.values, ['ascii', ascii.toString('latin1')]);
    });

    test('that are invalid UTF-8 become U+FFFD as text, and are unchanged as bytes', async () => {
      const values = ['ff', 'c3', 'e282', 'f09f98', '80', 'c080', 'eda080', '61c3', 'c361'];
      const rows = values.map((hex, i) => [`broken${i}`, Buffer.from(hex, 'hex')]);
      // A value that ends in the middle of a character does not consume what follows.
      rows.push(['whole', 'Ärger\t']);
      const replies = await roundTrip(0, rows);
      for (const [i, { buffers, values }] of replies.entries()) {
        const expected = Buffer.from(rows[i][1]);
        assert.deepEqual(buffers, [Buffer.from(rows[i][0]), expected]);
        assert.deepEqual(values, [rows[i][0], expected.toString('utf8')]);
      }
      assert.ok(replies[0].values[1] === '\ufffd');
    });
  });

  describe('text', () => {
    test('each character from U+0000 to U+00FF, and characters of every length', async () => {
      const texts = Array.from(everyByte, (code) => String.fromCharCode(code));
      texts.push('ž', '€', '語', '😀', 'e\u0301', '\ufeffa', '\u2028', '\uffff', texts.join(''));
      const rows = texts.map((text, i) => [i, text]);
      const replies = await roundTrip(1, rows);
      assert.deepEqual(
        replies.map(({ values }) => values),
        rows.map(([key, text]) => [String(key), text]),
      );
      assert.deepEqual(
        replies.map(({ buffers }) => buffers[1]),
        texts.map((text) => Buffer.from(text)),
      );
      const [[lengths]] = await server.sql(
        'SELECT GROUP_CONCAT(CHAR_LENGTH(v) ORDER BY k) FROM t.texts WHERE k BETWEEN 256 AND 263',
      );
      assert.equal(lengths, '1,1,1,1,2,2,1,1');
    });

    test('of a latin1 column is read and written by its bytes', async () => {
      const bytes = Buffer.from('caf\xe9 \x80', 'latin1');
      const [reply] = await roundTrip(2, [[1, bytes]]);
      assert.deepEqual(reply.buffers[1], bytes);
      assert.deepEqual(await server.sql('SELECT v FROM t.latin WHERE k = 1'), [['café €']]);
    });
  });

  test('NULL, empty and a NUL differ, as a Buffer and as text', async () => {
    const rows = [
      ['null', null],
      ['empty text', ''],
      ['empty bytes', new Uint8Array(0)],
      ['NUL text', '\0'],
      ['NUL bytes', Buffer.from([0])],
      ['two', Buffer.from([0, 0])],
    ];
    const replies = await roundTrip(0, rows);
    assert.deepEqual(
      replies.map(({ values }) => values[1]),
      [null, '', '', '\0', '\0', '\0\0'],
    );
    assert.deepEqual(
      replies.map(({ buffers }) => buffers[1]?.toString('hex')),
      [undefined, '', '', '00', '00', '0000'],
    );
    assert.equal(replies[0].buffers[1], null);
    assert.deepEqual(
      await server.sql(
        "SELECT k, v IS NULL, LENGTH(v) FROM t.bytes WHERE k IN ('null', 'empty text', 'NUL text') ORDER BY k",
      ),
      [
        ['NUL text', '0', '1'],
        ['empty text', '0', '0'],
        ['null', '1', 'NULL'],
      ],
    );
  });

  test('numbers, bigints and booleans are the same in SQL', async () => {
    const rows = [
      [2n ** 64n - 1n, -(2n ** 63n), Number.MAX_VALUE, 1234567.8901, true],
      [1, Number.MAX_SAFE_INTEGER, 5e-324, -0, false],
      [0, -1, 0.1, 1e15, null],
    ];
    const replies = await roundTrip(3, rows);
    assert.deepEqual(
      replies.map(({ values: [k, i, d, m, b] }) => [BigInt(k), BigInt(i), Number(d), m, b]),
      [
        [2n ** 64n - 1n, -(2n ** 63n), Number.MAX_VALUE, '1234567.8901', '1'],
        [1n, BigInt(Number.MAX_SAFE_INTEGER), 5e-324, '0.0000', '0'],
        [0n, -1n, 0.1, '1000000000000000.0000', null],
      ],
    );
  });

  describe('values of 16 MiB', () => {
    test('as a Buffer', async () => {
      const value = randomBytes(16 * MEBIBYTE);
      const [reply] = await roundTrip(0, [['large', value]]);
      assert.equal(reply.buffers[0].toString(), 'large');
      assert.ok(reply.buffers[1].equals(value));
    });

    test('as text with characters of every length and every escape', async () => {
      const piece = `${everyByte.subarray(0, 0x80).toString('latin1')}é€😀\ufeff`;
      const text = piece.repeat((16 * MEBIBYTE) / Buffer.byteLength(piece) + 1);
      assert.ok(Buffer.byteLength(text) > 16 * MEBIBYTE);
      const [reply] = await roundTrip(1, [[1000, text]]);
      assert.equal(reply.values[0], '1000');
      assert.ok(reply.values[1] === text);
      assert.ok(reply.buffers[1].equals(Buffer.from(text)));
    });

    test('several in one reply, as text and as bytes', async () => {
      const texts = ['a', 'ü', '\t'].map((text) => text.repeat(4 * MEBIBYTE));
      const inserts = new Batch();
      for (const [i, text] of texts.entries()) inserts.insert(1, [2000 + i, text]);
      for (const reply of await run(writer, inserts)) assert.equal(reply.error, null);
      const [reply] = await run(reader, new Batch().find(1, '>=', [2000], { limit: 3 }));
      assert.equal(reply.rows.length, 3);
      for (const [i, [key, value]] of reply.rows.entries()) {
        assert.equal(key, String(2000 + i));
        assert.ok(value === texts[i]);
        assert.ok(reply.buffers[2 * i + 1].equals(Buffer.from(texts[i])));
      }
    });
  });
});
