'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'] };

/** An index of a server that answers each command with one reply. */
async function openIndex(context, reply, target) {
  const sent = [];
  const peer = await startPeer(
    context,
    answer((line) => {
      if (line.startsWith('P')) return '0\t1\n';
      sent.push(line);
      return reply;
    }),
  );
  return { index: clientOf(context, peer).openIndex({ ...KV, ...target }), sent };
}

describe('a column that is declared notNull', () => {
  const NULLS = '0\t2\t1\ta\t2\t\0\n';
  for (const [kind, types] of [
    ['text', {}],
    ['a number', { k: 'number', v: 'number' }],
    ['bytes', { v: 'buffer' }],
    ['text beside bytes', { k: 'buffer' }],
  ]) {
    test(`rejects a NULL that the server has for ${kind}`, async (t) => {
      const reply = kind === 'a number' ? NULLS.replace('a', '7') : NULLS;
      const { index } = await openIndex(t, reply, { types, notNull: ['v'] });
      for (const call of [
        () => index.find('>', 0, { limit: 2 }),
        async () => {
          for await (const _ of index.scan('>', 0, { pageSize: 2 }));
        },
      ]) {
        await assert.rejects(call, { code: 'ERR_HS_VALUE', message: /'v' of t\.kv .*NULL/ });
      }
    });
  }

  test('does not affect NULLs of other columns', async (t) => {
    const { index } = await openIndex(t, NULLS, { notNull: ['k'] });
    const rows = await index.find('>', 0, { limit: 2 });
    assert.deepEqual(rows[1], { k: '2', v: null });
    const nullable = await openIndex(t, NULLS, {});
    assert.equal((await nullable.index.find('>', 0, { limit: 2 }))[1].v, null);
  });

  test('refuses an update to null, which the server would ignore', async (t) => {
    const { index, sent } = await openIndex(t, '0\t1\t1\n', { notNull: ['v'] });
    const error = { name: 'TypeError', message: /values\.v must not be null/ };
    await assert.rejects(index.update('=', 1, { v: null }), error);
    await assert.rejects(index.update('=', 1, [1, null]), error);
    await assert.rejects(index.updateReturning('=', 1, { v: null }), error);
    assert.equal(await index.update('=', 1, { k: null }), 1);
    assert.equal(sent.length, 1);
  });

  test('gets its default if an insert does not name it', async (t) => {
    const { index, sent } = await openIndex(t, '0\t1\n', { notNull: ['v'] });
    await index.insert({ k: 1 });
    assert.match(sent[0], /\t1\t\0$/);
  });

  test('must be one of the columns', async (t) => {
    for (const notNull of [['x'], 'v', [1]]) {
      await assert.rejects(openIndex(t, '', { notNull }), {
        name: 'TypeError',
        message: /notNull/,
      });
    }
  });
});

describe('insertId', () => {
  const TYPED = { types: { k: 'number' }, keyColumns: ['k'] };

  test('is a number if the primary key is one column declared as a number', async (t) => {
    const { index } = await openIndex(t, '0\t1\t7\n', TYPED);
    const result = await index.insert({ v: 'a' });
    assert.deepEqual(result, { insertId: 7 });
    assert.equal(JSON.stringify(result), '{"insertId":7}');
    assert.deepEqual(await index.insertMany([{ v: 'a' }]), [
      { status: 'fulfilled', value: { insertId: 7 } },
    ]);
  });

  for (const [title, target] of [
    ['no keyColumns', { types: { k: 'number' } }],
    ['another index', { ...TYPED, index: 'by_k' }],
    ['another type', { ...TYPED, types: { k: 'bigint' } }],
    ['several columns', { ...TYPED, keyColumns: ['k', 'v'] }],
  ]) {
    test(`is a bigint with ${title}`, async (t) => {
      const { index } = await openIndex(t, '0\t1\t7\n', target);
      assert.deepEqual(await index.insert({ v: 'a' }), { insertId: 7n });
    });
  }

  test('is null if the server generated none', async (t) => {
    const { index } = await openIndex(t, '0\t1\t0\n', TYPED);
    assert.deepEqual(await index.insert({ k: 5 }), { insertId: null });
  });

  test('rejects if no number can hold it, and is in the error', async (t) => {
    const largest = await openIndex(t, '0\t1\t9007199254740991\n', TYPED);
    assert.deepEqual(await largest.index.insert({ v: 'a' }), { insertId: 2 ** 53 - 1 });
    const { index } = await openIndex(t, '0\t1\t9007199254740992\n', TYPED);
    const expected = { code: 'ERR_HS_VALUE', outcome: 'unknown', insertId: 2n ** 53n };
    await assert.rejects(index.insert({ v: 'a' }), expected);
    const [{ reason }] = await index.insertMany([{ v: 'a' }]);
    assert.deepEqual([reason.code, reason.outcome, reason.insertId], Object.values(expected));
  });
});
