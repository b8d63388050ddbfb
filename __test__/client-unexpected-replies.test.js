'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const target = { database: 'd', table: 't', columns: ['a', 'b'], keyColumns: ['a'] };
const longest = '18446744073709551615';

/** An index of a peer that opens it and answers everything else with the line. */
async function indexThat(t, reply, options) {
  const peer = await startPeer(
    t,
    answer((line) => (line.startsWith('P') ? '0\t1\n' : `${reply(line)}\n`)),
  );
  const client = clientOf(t, peer, options);
  return { client, peer, index: client.openIndex(target) };
}

function unexpected({ address }) {
  return (error) => {
    assert.equal(error.name, 'HandlerSocketError');
    assert.deepEqual(
      { code: error.code, outcome: error.outcome, address: error.address },
      { code: 'ERR_HS_PROTOCOL', outcome: 'unknown', address },
    );
    assert.match(error.message, /unexpected reply: /);
    return true;
  };
}

describe('an unexpected reply is ERR_HS_PROTOCOL with an unknown outcome:', () => {
  const modifications = {
    update: (index) => index.update('=', 1, { b: 2 }),
    increment: (index) => index.increment('=', 1, { b: 2 }),
    decrement: (index) => index.decrement('=', 1, { b: 2 }),
    delete: (index) => index.delete('=', 1),
  };
  const noCounts = {
    'no value': '0\t1',
    'an empty value': '0\t1\t',
    NULL: '0\t1\t\0',
    text: '0\t1\tmany',
    'a negative number': '0\t1\t-1',
    'a fraction': '0\t1\t1.5',
    'a hexadecimal number': '0\t1\t0x10',
    'a number past 2^53': `0\t1\t${2n ** 53n}`,
    'two columns': '0\t2\t1\t2',
    'two rows': '0\t1\t1\t2',
  };
  for (const [title, reply] of Object.entries(noCounts)) {
    test(`to a modification, ${title}`, async (t) => {
      const { index, peer } = await indexThat(t, () => reply);
      for (const modify of Object.values(modifications)) {
        await assert.rejects(modify(index), unexpected(peer));
      }
    });
  }

  const noIds = {
    'an empty value': '0\t1\t',
    NULL: '0\t1\t\0',
    text: '0\t1\tnew',
    'a negative number': '0\t1\t-1',
    'a hexadecimal number': '0\t1\t0x10',
    'a number past 64 bits': `0\t1\t${2n ** 64n}`,
    'a number of 21 digits': `0\t1\t0${longest}`,
    'two columns': '0\t2\t1\t2',
    'two rows': '0\t1\t1\t2',
  };
  for (const [title, reply] of Object.entries(noIds)) {
    test(`to an insert, ${title}`, async (t) => {
      const { index, peer } = await indexThat(t, () => reply);
      await assert.rejects(index.insert([1, 2]), unexpected(peer));
      const [{ status, reason }] = await index.insertMany([[1, 2]]);
      assert.equal(status, 'rejected');
      unexpected(peer)(reason);
    });
  }

  const readers = {
    get: (index) => index.get(1),
    getMany: (index) => index.getMany([1, 2]),
    find: (index) => index.find('>', 1, { limit: 2 }),
    findMany: (index) => index.findMany([1, 2], { limit: 2 }),
    scan: (index) => index.scan('>', 1).next(),
    updateReturning: (index) => index.updateReturning('=', 1, [1, 2]),
    'updateReturning of a column': (index) => index.updateReturning('=', 1, { b: 2 }),
    incrementReturning: (index) => index.incrementReturning('=', 1, { b: 2 }),
    deleteReturning: (index) => index.deleteReturning('=', 1),
  };
  for (const [title, read] of Object.entries(readers)) {
    test(`to ${title}, rows of another width`, async (t) => {
      const { index, peer } = await indexThat(t, () => '0\t3\t1\t2\t3');
      await assert.rejects(read(index), unexpected(peer));
    });
  }

  test('to a later page of a scan, rows of another width', async (t) => {
    const replies = ['0\t2\t1\ta\t2\tb', '0\t1\t2'];
    const { index, peer } = await indexThat(t, () => replies.shift() ?? '0\t1\t9');
    const rows = [];
    const scan = async () => {
      for await (const { a } of index.scan('>', 0, { pageSize: 1 })) rows.push(a);
    };
    await assert.rejects(scan(), unexpected(peer));
    assert.deepEqual(rows, ['1']);
  });

  test('to the search for the columns of an index, rows of another width', async (t) => {
    const { client, peer } = await indexThat(t, (line) => {
      return line.startsWith('0\t>') ? '0\t2\t1\ta\t2\tb' : '0\t1\t1';
    });
    const { keyColumns: _, ...unknownKey } = target;
    const index = client.openIndex(unknownKey);
    await assert.rejects(index.scan('>', 0, { pageSize: 1 }).next(), unexpected(peer));
  });
});

test('an unexpected reply does not affect the other calls of the batch', async (t) => {
  const { client, index } = await indexThat(t, (line) => {
    return line.includes('bad') ? '0\t2\tno\tcount' : '0\t1\t1';
  });
  const results = await Promise.allSettled([
    index.update('=', 1, ['good', '']),
    index.update('=', 1, ['bad', '']),
    index.update('=', 1, ['good', '']),
  ]);
  assert.deepEqual(
    results.map(({ value, reason }) => value ?? reason.code),
    [1, 'ERR_HS_PROTOCOL', 1],
  );
  assert.deepEqual([client.stats().batches, client.stats().errors], [1, { ERR_HS_PROTOCOL: 1 }]);
});

test('an insert takes an id of 64 bits, no id and the id 0', async (t) => {
  const replies = [`0\t1\t${longest}`, '0\t1', '0\t1\t0'];
  const { index } = await indexThat(t, () => replies.shift());
  assert.deepEqual(await index.insert([1, 2]), { insertId: 2n ** 64n - 1n });
  assert.deepEqual(await index.insert([1, 2]), { insertId: null });
  assert.deepEqual(await index.insert([1, 2]), { insertId: null });
});
