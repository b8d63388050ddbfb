'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { LongReply } = require('../lib/core/long-reply.js');

/** Rows in parts, as the addon splits them, each with this many rows. */
function longReply(rows, rowsAPart) {
  const [{ length: columns }] = rows;
  const parts = [];
  for (let i = 0; i < rows.length; i += rowsAPart) {
    const values = rows.slice(i, i + rowsAPart).flat();
    parts.push(values.map((value) => value ?? '\0').join('\t'));
  }
  return new LongReply({ head: `0\t${columns}`, rows: rows.length, isAscii: true, parts }, 'peer');
}

describe('the edges of a long reply', () => {
  for (const [title, row] of [
    ['whose rows begin with an empty text', ['', 'b', 'c']],
    ['whose rows end with an empty text', ['a', 'b', '']],
    ['of empty texts', ['', '', '']],
    ['of NULLs', [null, null, null]],
    ['of one column', ['x']],
    ['of one column of empty texts', ['']],
  ]) {
    test(title, () => {
      const rows = Array.from({ length: 12 }, (_, i) => row.map((v) => (v ? `${v}${i}` : v)));
      for (const rowsAPart of [1, 2, 5, 12]) {
        const reply = longReply(rows, rowsAPart);
        assert.deepEqual(reply.rows(), rows);
        assert.equal(reply.rowCount(), rows.length);
        assert.deepEqual(reply.firstRow(), rows[0]);
        for (let count = 1; count <= rows.length; count++) {
          assert.deepEqual(reply.lastRows(0, count), rows.slice(-count).flat());
        }
      }
    });
  }
});

/** A row longer than a part. The addon returns its values, long ones as bytes. */
function longRow(long) {
  const values = ['short', long, null, Buffer.from('é')];
  return new LongReply({ head: '0\t4', rows: 1, isAscii: false, parts: [values] }, 'peer');
}

describe('a row longer than a part', () => {
  const long = Buffer.alloc(100_000, 'ü');
  const texts = ['short', long.toString(), null, 'é'];

  test('has text and bytes', () => {
    const reply = longRow(long);
    assert.deepEqual(reply.values(), texts);
    assert.deepEqual(reply.rows(), [texts]);
    assert.deepEqual(reply.firstRow(), texts);
    assert.deepEqual(reply.lastRows(0, 1), texts);
    const buffers = texts.map((text) => (text === null ? null : Buffer.from(text)));
    assert.deepEqual(reply.buffers(), buffers);
    assert.deepEqual(reply.takeBuffers(), buffers);
  });

  test('copies its bytes at each access, except for takeBuffers', () => {
    const reply = longRow(long);
    for (const buffer of reply.buffers()) buffer?.fill(0);
    assert.deepEqual(reply.values(), texts);
    assert.equal(reply.takeBuffers()[1], long);
  });
});
