'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Batch, Connection, HandlerSocketError, ServerError } = require('..');
const { startPeer } = require('./support/fake-peer.js');
const { run, valuesOf } = require('./support/failures.js');

/** The replies of these lines, which are byte strings. */
async function repliesFrom(context, lines, batch = new Batch()) {
  const peer = await startPeer(context, async (visitor) => {
    await visitor.lines(lines.length);
    visitor.send(lines.map((line) => `${line}\n`).join(''));
  });
  return run(new Connection(peer.address), batch.write('\n'.repeat(lines.length)));
}

const utf8 = (text) => Buffer.from(text).toString('latin1');

describe('a reply', () => {
  for (const [title, line, expected] of [
    ['without values', '0\t1', { columnCount: 1, values: [], rows: [] }],
    ['of no columns', '0\t0', { columnCount: 0, values: [], rows: [] }],
    ['of one empty value', '0\t1\t', { columnCount: 1, values: [''], rows: [['']] }],
    ['of one NULL', '0\t1\t\0', { columnCount: 1, values: [null], rows: [[null]] }],
    [
      'of rows',
      '0\t2\ta\tb\tc\td\te\tf',
      {
        columnCount: 2,
        values: ['a', 'b', 'c', 'd', 'e', 'f'],
        rows: [
          ['a', 'b'],
          ['c', 'd'],
          ['e', 'f'],
        ],
      },
    ],
    [
      'of NULLs and empty values',
      '0\t3\t\0\t\t\0\t\t\0\t',
      {
        columnCount: 3,
        values: [null, '', null, '', null, ''],
        rows: [
          [null, '', null],
          ['', null, ''],
        ],
      },
    ],
    [
      'of escapes',
      '0\t2\t\x01I\x01J\x01@\ta\x01Ab\x01O',
      { columnCount: 2, values: ['\t\n\0', 'a\x01b\x0f'], rows: [['\t\n\0', 'a\x01b\x0f']] },
    ],
    ['of UTF-8', utf8('0\t2\té\t😀'), { columnCount: 2, values: ['é', '😀'], rows: [['é', '😀']] }],
    [
      'of UTF-8, escapes and NULL',
      utf8('0\t3\té\x01I\t\0\t'),
      { columnCount: 3, values: ['é\t', null, ''], rows: [['é\t', null, '']] },
    ],
    ['with the most columns', '0\t4096', { columnCount: 4096, values: [], rows: [] }],
  ]) {
    test(title, async (t) => {
      const [reply] = await repliesFrom(t, [line]);
      const { columnCount, values, rows, buffers } = reply;
      assert.deepEqual({ columnCount, values, rows }, expected);
      assert.deepEqual([reply.ok, reply.errorCode, reply.error], [true, 0, null]);
      assert.deepEqual([...reply], expected.values);
      assert.deepEqual(
        buffers,
        expected.values.map((value) => (value === null ? null : Buffer.from(value))),
      );
    });
  }

  test('shows what it holds', async (t) => {
    const [reply] = await repliesFrom(t, ['0\t2\ta\t\0']);
    assert.equal(
      inspect(reply),
      "Reply { ok: true, errorCode: 0, columnCount: 2, values: [ 'a', null ] }",
    );
  });

  test('gives the same values each time', async (t) => {
    const [reply] = await repliesFrom(t, ['0\t2\ta\t\x01I\tb\tc']);
    assert.deepEqual(reply.values, reply.values);
    assert.deepEqual(reply.rows, reply.rows);
    const [first] = reply.buffers;
    first.fill(0);
    assert.deepEqual(reply.buffers[0], Buffer.from('a'));
  });
});

describe('an error', () => {
  test('is a reply, and does not affect the replies around it', async (t) => {
    const batch = new Batch();
    const replies = await repliesFrom(
      t,
      ['0\t1\tbefore', '2\t1\tstmtnum', '1\t1\t121', '0\t1\tafter'],
      batch,
    );
    assert.equal(batch.error, null);
    assert.deepEqual(valuesOf(replies), [['before'], ['stmtnum'], ['121'], ['after']]);
    assert.deepEqual(
      replies.map(({ ok, errorCode }) => [ok, errorCode]),
      [
        [true, 0],
        [false, 2],
        [false, 1],
        [true, 0],
      ],
    );
  });

  test('has code, message, address and an explanation', async (t) => {
    const [reply] = await repliesFrom(t, ['1\t1\t121']);
    const { error } = reply;
    assert.ok(error instanceof ServerError);
    assert.ok(error instanceof HandlerSocketError);
    assert.ok(error instanceof Error);
    assert.equal(error.name, 'ServerError');
    assert.equal(error.code, 'ERR_HS_DUPLICATE_KEY');
    assert.equal(error.errorCode, 1);
    assert.equal(error.serverMessage, '121');
    assert.match(error.address, /^127\.0\.0\.1:\d+$/);
    assert.ok(error.message.startsWith(`${error.address}: `), error.message);
    assert.match(error.message, /error 1, '121': a row with this key already exists/);
  });

  test('of an unknown kind is in serverMessage unchanged', async (t) => {
    const replies = await repliesFrom(t, ['1\t1\t999', '9\t1\tconstructor', '2\t1', '7\t0']);
    assert.deepEqual(
      replies.map(({ error }) => [error.errorCode, error.serverMessage]),
      [
        [1, '999'],
        [9, 'constructor'],
        [2, ''],
        [7, ''],
      ],
    );
    assert.match(replies[1].error.message, /error 9 and a text that only serverMessage has$/);
  });

  test('for want of authorisation is ERR_HS_AUTH', async (t) => {
    // The first command is an auth request of the batch's own: its refusal is a reply like any
    // other.
    const [own, other] = await repliesFrom(
      t,
      ['3\t1\tunauth', '3\t1\tunauth'],
      new Batch().write('A\t1\tsecret'),
    );
    assert.deepEqual([own.error.code, other.error.code], ['ERR_HS_AUTH', 'ERR_HS_AUTH']);
    assert.equal(own.error.errorCode, 3);
  });
});

describe('many replies', () => {
  /** Replies of all lengths, across every position where the received text is split. */
  const texts = Array.from({ length: 3000 }, (_, i) => {
    const length = i % 500 === 0 ? 70_000 + i : (i * 37) % 997;
    const characters = ['x', 'é', '\x01I', 'ab\tcd', '\t\0\t'];
    return characters[i % characters.length].repeat(length);
  });
  const lines = texts.map((text) => {
    const columns = text.split('\t').length;
    return `0\t${columns}\t${utf8(text)}`;
  });
  const expected = texts.map((text) =>
    text.split('\t').map((value) => (value === '\0' ? null : value.replaceAll('\x01I', '\t'))),
  );

  test('come whole and in order, as text', async (t) => {
    const replies = await repliesFrom(t, lines);
    assert.equal(replies.length, texts.length);
    for (const [i, reply] of replies.entries()) {
      assert.deepEqual(reply.values, expected[i], `reply ${i}`);
      assert.equal(reply.columnCount, expected[i].length);
      assert.deepEqual(reply.rows, [expected[i]]);
      assert.ok(reply.ok);
    }
  });

  test('come whole and in order, as bytes', async (t) => {
    const replies = await repliesFrom(t, lines);
    for (const [i, { buffers }] of replies.entries()) {
      assert.deepEqual(
        buffers.map((bytes) => bytes?.toString() ?? null),
        expected[i],
        `reply ${i}`,
      );
    }
  });
});

test('a long reply of many short values has all values', async (t) => {
  const values = Array.from({ length: 60_000 }, (_, i) => {
    return [null, '', `${i}`, 'é'.repeat(i % 40), '\t'.repeat(i % 3), `é${i}`][i % 6];
  });
  const tokens = values.map((value) => (value === null ? '\0' : value.replaceAll('\t', '\x01I')));
  const [reply] = await repliesFrom(t, [utf8(`0\t6\t${tokens.join('\t')}`)]);
  assert.deepEqual(reply.values, values);
  assert.equal(reply.rows.length, 10_000);
  assert.deepEqual(reply.rows[9999], values.slice(-6));
  assert.deepEqual(
    reply.buffers.map((bytes) => bytes?.toString() ?? null),
    values,
  );
});

test('a long error is not truncated', async (t) => {
  const message = 'no'.repeat(100_000);
  const [reply] = await repliesFrom(t, [`1\t1\t${message}`]);
  assert.deepEqual([reply.ok, reply.errorCode, reply.columnCount], [false, 1, 1]);
  assert.equal(reply.error.serverMessage, message);
});

test('a reply that arrives byte by byte has the same values', async (t) => {
  const line = utf8('0\t2\té\x01I\t\0\n');
  const peer = await startPeer(t, async (visitor) => {
    await visitor.lines(1);
    for (const byte of line) await visitor.send(byte);
  });
  const [reply] = await run(new Connection(peer.address), new Batch().write('\n'));
  assert.deepEqual(reply.values, ['é\t', null]);
});

test('a batch gives its replies one by one', async (t) => {
  const batch = new Batch();
  const replies = await repliesFrom(t, ['0\t1\ta', '0\t1\tb'], batch);
  assert.deepEqual([...batch], [...replies]);
  assert.equal(batch.replies, replies);
  const [[first], [second]] = batch;
  assert.deepEqual([first, second], ['a', 'b']);
});

test('rows of replies that are read in turn are parsed once', async (t) => {
  const [a, b] = await repliesFrom(t, ['0\t2\ta\tb\tc\td', '0\t2\te\tf\tg\th']);
  const { rows, values } = a;
  assert.deepEqual(b.rows, [
    ['e', 'f'],
    ['g', 'h'],
  ]);
  assert.equal(a.rows, rows);
  assert.equal(a.values, values);
});

test('buffers have memory of their own, whatever their content', async (t) => {
  for (const value of ['ascii', utf8('é')]) {
    const [{ buffers }] = await repliesFrom(t, [`0\t1\t${value}`]);
    assert.equal(buffers[0].buffer.byteLength, buffers[0].length);
  }
});
