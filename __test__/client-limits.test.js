'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const TARGET = { database: 't', table: 'kv', columns: ['a', 'b', 'n'] };

/** The bytes that modifications send after the index id. */
async function sentBy(context, target, change) {
  const lines = [];
  const peer = await startPeer(
    context,
    answer((line) => {
      if (!line.startsWith('P')) lines.push(line.slice(line.indexOf('\t') + 1));
      return line.includes('?') ? '0\t3\n' : '0\t1\t1\n';
    }),
  );
  const index = clientOf(context, peer).openIndex({ ...TARGET, ...target });
  await change(index);
  return lines;
}

const CHANGES = {
  update: (index, op, key, options) => index.update(op, key, { a: 1, b: 2, n: 3 }, options),
  increment: (index, op, key, options) => index.increment(op, key, [1, 1, 1], options),
  decrement: (index, op, key, options) => index.decrement(op, key, [1, 1, 1], options),
  delete: (index, op, key, options) => index.delete(op, key, options),
  updateReturning: (index, op, key, options) => index.updateReturning(op, key, [1, 2, 3], options),
  incrementReturning: (index, op, key, options) => {
    return index.incrementReturning(op, key, [1, 1, 1], options);
  },
  decrementReturning: (index, op, key, options) => {
    return index.decrementReturning(op, key, [1, 1, 1], options);
  },
  deleteReturning: (index, op, key, options) => index.deleteReturning(op, key, options),
};

describe('the limit of', () => {
  for (const [name, change] of Object.entries(CHANGES)) {
    test(`${name} is 1 for '=' on all parts of the primary key`, async (t) => {
      const [one] = await sentBy(t, {}, (index) => change(index, '=', 5));
      assert.match(one, /^=\t1\t5\t1\t0\t/);
      const keyColumns = ['a', 'b'];
      const [both] = await sentBy(t, { keyColumns }, (index) => change(index, '=', [5, 6]));
      assert.match(both, /^=\t2\t5\t6\t1\t0\t/);
      const withTime = await sentBy(t, {}, (index) => change(index, '=', 5, { timeoutMs: 1000 }));
      assert.match(withTime[0], /^=\t1\t5\t1\t0\t/);
    });

    test(`${name} is the number of values of an IN list on it`, async (t) => {
      const list = { in: { column: 'b', values: [7, 8, 9] } };
      const [first] = await sentBy(t, { keyColumns: ['a', 'b'] }, (index) => {
        return change(index, '=', [5, null], list);
      });
      assert.match(first, /^=\t2\t5\t\t3\t0\t@\t1\t3\t7\t8\t9\t/);
      const [single] = await sentBy(t, {}, (index) => change(index, '=', null, list));
      assert.match(single, /^=\t1\t\t3\t0\t@\t0\t3\t7\t8\t9\t/);
    });

    test(`${name} has to be given elsewhere`, async (t) => {
      const keyColumns = ['a', 'b'];
      for (const [target, ...args] of [
        [{}, '>=', 5],
        [{}, '=', [5, 6]],
        [{}, '=', null],
        [{ keyColumns }, '=', 5],
        [{ keyColumns }, '=', [5, null]],
        [{ index: 'by_a' }, '=', 5],
        [{ index: 'by_a', keyColumns: ['a'] }, '=', 5],
        [{ index: 'by_a' }, '=', null, { in: { column: 'a', values: [1] } }],
      ]) {
        const sent = await sentBy(t, target, async (index) => {
          await assert.rejects(change(index, ...args), {
            name: 'TypeError',
            message: /options\.limit must be given/,
          });
          await change(index, args[0], args[1], { ...args[2], limit: 3 });
        });
        assert.equal(sent.length, 1);
      }
    });
  }
});

describe('an IN list', () => {
  test('of a datetime column takes Dates', async (t) => {
    const target = { types: { a: 'datetime' } };
    const list = { column: 'a', values: [new Date(0)] };
    const [line] = await sentBy(t, target, (index) => index.delete('=', null, { in: list }));
    assert.match(line, /@\t0\t1\t1970-01-01 00:00:00\t/);
  });

  test('names a column of the key, in whose place the key has a part', async (t) => {
    await sentBy(t, { keyColumns: ['a', 'b'] }, async (index) => {
      for (const [key, column] of [
        [[1, null], 'n'],
        [[1], 'b'],
      ]) {
        const options = { limit: 1, in: { column, values: [1] } };
        await assert.rejects(index.find('=', key, options), {
          name: 'TypeError',
          message: /options\.in\.column/,
        });
      }
    });
    await sentBy(t, {}, async (index) => {
      const options = { limit: 1, in: { column: 'b', values: [1] } };
      await assert.rejects(index.find('=', [1, null], options), {
        name: 'TypeError',
        message: /keyColumns/,
      });
    });
  });

  test('leaves the part that it takes the place of unchecked', async (t) => {
    const options = { limit: 1, in: { column: 'a', values: [4] } };
    const [line] = await sentBy(t, {}, (index) => index.delete('=', { any: 'thing' }, options));
    assert.match(line, /^=\t1\t\t1\t0\t@\t0\t1\t4\t/);
  });
});
