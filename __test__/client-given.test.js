'use strict';

/* Changes of arguments after the call have no effect. */

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');
const { outlast } = require('./support/outlast.js');

const PLACE = { database: 't', table: 't', columns: ['k', 'v'], filterColumns: ['v'] };

/** An index at a peer that answers each request by `reply`, and the requests that came. */
async function openIndex(t, reply, { timeoutMs, ...target } = {}) {
  const requests = [];
  const peer = await startPeer(
    t,
    answer((line) => {
      if (line.startsWith('P')) return '0\t1\n';
      requests.push(line);
      return reply(line, requests.length);
    }),
  );
  const index = clientOf(t, peer, { timeoutMs }).openIndex({ ...PLACE, ...target });
  return { index, requests };
}

const nothing = () => '0\t2\n';

test('find sends IN values, key parts and filters as they were at the call', async (t) => {
  const { index, requests } = await openIndex(t, nothing);
  const values = [1, 2, 3];
  const key = ['a', Buffer.from('b')];
  const filters = [{ column: 'v', op: '=', value: Buffer.from('c') }];
  const found = [
    index.find('=', 0, { limit: 3, in: { column: 'k', values } }),
    index.find('>', key, { limit: 1, filters }),
    index.get(key),
  ];
  values.length = 1;
  values[0] = {};
  key[1].fill('x');
  key[0] = {};
  filters[0].value.fill('x');
  await Promise.all(found);
  assert.deepEqual(requests, [
    '0\t=\t1\t\t3\t0\t@\t0\t3\t1\t2\t3',
    '0\t>\t2\ta\tb\t1\t0\tF\t=\t0\tc',
    '0\t=\t2\ta\tb',
  ]);
});

test('scan sends key and filters as they were at the call, on every page', async (t) => {
  const { index, requests } = await openIndex(t, (_, count) =>
    count === 1 ? '0\t2\ta\t1\tb\t1\tc\t1\n' : nothing(),
  );
  const key = [Buffer.from('k')];
  const filters = [{ column: 'v', op: '=', value: Buffer.from('1') }];
  const rows = index.scan('>=', key, { pageSize: 2, filters });
  key[0].fill('x');
  key.push('more');
  filters[0].value.fill('x');
  filters[0].column = 'no such';
  const given = [];
  for await (const { k } of rows) given.push(k);
  assert.deepEqual(given, ['a', 'b']);
  assert.equal(requests[0], '0\t>=\t1\tk\t3\t0\tF\t=\t0\t1');
  assert.ok(
    requests.every((request) => request.endsWith('\tF\t=\t0\t1') || !/\tF\t/.test(request)),
  );
});

test('getMany sends the keys as they were at the call, also in its second batch', async (t) => {
  const reply = (line) => (line.includes('@') ? '0\t2\tA\t1\n' : `0\t2\t${line.at(-1)}\t2\n`);
  const { index, requests } = await openIndex(t, reply, { keyColumns: ['k'] });
  const keys = ['a', ['b']];
  const found = index.getMany(keys);
  keys[1][0] = 'x';
  keys.splice(0, 1, 'y', 'z');
  assert.deepEqual(await found, [
    { k: 'a', v: '2' },
    { k: 'b', v: '2' },
  ]);
  assert.deepEqual(requests.slice(1), ['0\t=\t1\ta', '0\t=\t1\tb']);
});

test('getMany has the rest of its timeout for its second batch', async (t) => {
  const peer = await startPeer(t, async (visitor) => {
    await visitor.lines(2);
    setTimeout(() => visitor.send('0\t1\n0\t2\tA\t1\n'), 1000);
  });
  const index = clientOf(t, peer, { timeoutMs: 2000 }).openIndex({ ...PLACE, keyColumns: ['k'] });
  // A new timeout would be 3,000 ms.
  const { error, lasted, isLate } = await outlast(() => index.getMany(['a', 'b']), 2000);
  assert.equal(error.code, 'ERR_HS_TIMEOUT');
  assert.equal((await (await peer.visitor(0)).lines(4)).length, 4);
  assert.ok(lasted >= 1999, `${lasted} ms`);
  assert.equal(isLate, false);
});
