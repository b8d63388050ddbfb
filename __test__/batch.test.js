'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const vm = require('node:vm');

const { Batch, Connection, Executor } = require('..');
const { startPeer } = require('./support/fake-peer.js');
const { run } = require('./support/failures.js');

/** The bytes that a batch sends, one per character, as a peer receives them. */
async function sentBy(context, batch) {
  const peer = await startPeer(context, (visitor) => {
    visitor.socket.on('data', async () => {
      if (visitor.received.length === batch.byteLength) {
        visitor.send('0\t1\n'.repeat(batch.commandCount));
      }
    });
  });
  await run(new Connection(peer.address), batch);
  return peer.visitors[0].received;
}

/** Each case has the expected bytes, one per character, and the function that writes them. */
function describeEncodings(name, cases) {
  describe(name, () => {
    for (const [expected, write] of cases) {
      test(JSON.stringify(expected), async (t) => {
        const batch = new Batch();
        assert.equal(write(batch), batch, 'the batch itself, for chaining');
        assert.equal(batch.byteLength, expected.length);
        assert.equal(batch.commandCount, expected.split('\n').length - 1);
        assert.equal(await sentBy(t, batch), expected);
      });
    }
  });
}

describeEncodings('auth and openIndex', [
  ['A\t1\ts3cret "`\\\x7f\n', (batch) => batch.auth('s3cret "`\\\x7f')],
  ['A\t1\t\n', (batch) => batch.auth('')],
  ['A\t1\t\xc3\xa4\n', (batch) => batch.auth('ä')],
  [
    'P\t0\tshop\titem\tPRIMARY\tid,name\n',
    (batch) => batch.openIndex(0, { database: 'shop', table: 'item', columns: ['id', 'name'] }),
  ],
  [
    'P\t65535\tshop\titem\tby name\tid\tprice,in stock\n',
    (batch) =>
      batch.openIndex(65_535, {
        database: 'shop',
        table: 'item',
        index: 'by name',
        columns: ['id'],
        filterColumns: ['price', 'in stock'],
      }),
  ],
  [
    'P\t7\tm\xc3\xbcll\t\xe2\x82\xac\t2\tgr\xc3\xb6\xc3\x9fe\n',
    (batch) => batch.openIndex(7, { database: 'müll', table: '€', index: '2', columns: ['größe'] }),
  ],
]);

describeEncodings('find', [
  ['1\t=\t1\t42\n', (batch) => batch.find(1, '=', [42])],
  ['65535\t>\t2\ta\tb\n', (batch) => batch.find(65_535, '>', ['a', 'b'])],
  ['0\t>=\t1\t\n', (batch) => batch.find(0, '>=', [''])],
  ['0\t<\t1\t\0\n', (batch) => batch.find(0, '<', [null])],
  ['0\t<=\t2\t1\t0\n', (batch) => batch.find(0, '<=', [true, false])],
  ['1\t=\t1\t42\t1\t0\n', (batch) => batch.find(1, '=', [42], {})],
  ['1\t=\t1\t42\t10\t0\n', (batch) => batch.find(1, '=', [42], { limit: 10 })],
  ['1\t=\t1\t42\t1\t5\n', (batch) => batch.find(1, '=', [42], { offset: 5 })],
  [
    '1\t>\t1\t1\t4294967295\t0\n',
    (batch) => batch.find(1, '>', [1], { limit: 4_294_967_295, offset: 0 }),
  ],
  [
    '1\t>\t1\t1\t1\t4294967294\n',
    (batch) => batch.find(1, '>', [1], { limit: 1, offset: 4_294_967_294 }),
  ],
  [
    '1\t=\t1\t\t3\t0\t@\t0\t3\t5\ta\x01Ib\t\n',
    (batch) => batch.find(1, '=', [''], { in: { position: 0, values: [5, 'a\tb', ''] } }),
  ],
  [
    '1\t=\t2\t9\t\t100\t7\t@\t1\t2\t5\t6\n',
    (batch) =>
      batch.find(1, '=', [9, ''], { limit: 100, offset: 7, in: { position: 1, values: [5, 6] } }),
  ],
  [
    '1\t>\t1\t0\t9\t0\tF\t=\t0\tred\tW\t!=\t1\t\0\tF\t>=\t2\t7\n',
    (batch) =>
      batch.find(1, '>', [0], {
        limit: 9,
        filters: [
          { column: 0, op: '=', value: 'red' },
          { type: 'while', column: 1, op: '!=', value: null },
          { type: 'filter', column: 2, op: '>=', value: 7n },
        ],
      }),
  ],
  [
    '1\t=\t1\t\t2\t0\t@\t0\t2\t1\t2\tF\t<\t0\t5\tF\t<=\t0\t6\tW\t>\t1\t7\n',
    (batch) =>
      batch.find(1, '=', [''], {
        in: { position: 0, values: [1, 2] },
        filters: [
          { column: 0, op: '<', value: 5 },
          { column: 0, op: '<=', value: 6 },
          { type: 'while', column: 1, op: '>', value: 7 },
        ],
      }),
  ],
  ['1\t=\t1\t1\t1\t0\n', (batch) => batch.find(1, '=', [1], { filters: [] })],
]);

describeEncodings('insert, update, increment, decrement and delete', [
  ['3\t+\t3\t1\tab\t\0\n', (batch) => batch.insert(3, [1, 'ab', null])],
  ['3\t=\t1\t1\t1\t0\tU\t2\tx\n', (batch) => batch.update(3, '=', [1], [2, 'x'])],
  [
    '3\t>=\t1\t1\t5\t2\tU?\t2\n',
    (batch) => batch.update(3, '>=', [1], [2], { limit: 5, offset: 2, returning: true }),
  ],
  ['3\t=\t1\t1\t1\t0\t+\t10\n', (batch) => batch.increment(3, '=', [1], [10])],
  [
    '3\t=\t1\t1\t1\t0\t+?\t10\n',
    (batch) => batch.increment(3, '=', [1], [10], { returning: true }),
  ],
  [
    '3\t=\t1\t1\t1\t0\t-\t10\n',
    (batch) => batch.decrement(3, '=', [1], [10], { returning: false }),
  ],
  [
    '3\t<\t1\t1\t2\t0\t-?\t-1\n',
    (batch) => {
      return batch.decrement(3, '<', [1], [-1], { limit: 2, returning: true });
    },
  ],
  ['3\t=\t1\t1\t1\t0\tD\n', (batch) => batch.delete(3, '=', [1])],
  ['3\t<=\t1\t1\t9\t0\tD?\n', (batch) => batch.delete(3, '<=', [1], { limit: 9, returning: true })],
  [
    '3\t=\t1\t\t2\t0\t@\t0\t2\t1\t2\tF\t=\t0\tx\tU\tnew\n',
    (batch) =>
      batch.update(3, '=', [''], ['new'], {
        in: { position: 0, values: [1, 2] },
        filters: [{ column: 0, op: '=', value: 'x' }],
      }),
  ],
]);

const escaped = (byte) => `\x01${String.fromCharCode(byte + 0x40)}`;
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const allEscaped = Array.from(allBytes, (byte) =>
  byte < 0x10 ? escaped(byte) : String.fromCharCode(byte),
).join('');

describeEncodings('values', [
  [`0\t+\t1\t${allEscaped}\n`, (batch) => batch.insert(0, [allBytes])],
  [
    `0\t+\t1\t${allEscaped.slice(0, 16 * 2 + 112)}\n`,
    (batch) => batch.insert(0, [allBytes.toString('latin1').slice(0, 128)]),
  ],
  ['0\t+\t2\t\x01@\t\x01@\n', (batch) => batch.insert(0, ['\0', Buffer.from([0])])],
  ['0\t+\t2\t\0\t\n', (batch) => batch.insert(0, [null, ''])],
  ['0\t+\t1\t\n', (batch) => batch.insert(0, [new Uint8Array(0)])],
  [
    '0\t+\t1\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbb\xbf\n',
    (batch) => batch.insert(0, ['é€😀\ufeff']),
  ],
  // A lone surrogate has no UTF-8: it becomes U+FFFD, as everywhere in Node.js.
  ['0\t+\t1\ta\xef\xbf\xbdb\n', (batch) => batch.insert(0, ['a\ud800b'])],
  [
    '0\t+\t2\tbc\t\x01Cd\n',
    (batch) => {
      const { buffer } = new Uint8Array([0x61, 0x62, 0x63, 0x64, 0x03, 0x64]);
      return batch.insert(0, [new Uint8Array(buffer, 1, 2), Buffer.from(buffer, 4, 2)]);
    },
  ],
  [
    '0\t+\t7\t0\t-1\t1.5\t1e+21\t5e-324\t9007199254740991\t0\n',
    (batch) => batch.insert(0, [0, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, -0]),
  ],
  [
    '0\t+\t2\t18446744073709551615\t-9223372036854775808\n',
    (batch) => batch.insert(0, [2n ** 64n - 1n, -(2n ** 63n)]),
  ],
  ['0\t+\t2\t1\t0\n', (batch) => batch.insert(0, [true, false])],
]);

describeEncodings('write and writeDecimal', [
  ['1\t=\t1\tk\n2\t=\t1\tk\n', (batch) => batch.write('1\t=\t1\tk\n2\t=').write('\t1\tk\n')],
  ['\xc3\xa9\x00\xff\n', (batch) => batch.write('é').write(new Uint8Array([0, 255, 10]))],
  [
    '12\t-7\t18446744073709551616\n',
    (batch) => {
      batch.writeDecimal(12).write('\t').writeDecimal(-7).write('\t');
      return batch.writeDecimal(2n ** 64n).write('\n');
    },
  ],
  ['aQ/\n', (batch) => batch.write('a').write('Q').write('/').write('').write('\n')],
  ['a\n\n\nb\n', (batch) => batch.write('a\n\n').write('\nb\n')],
  ['1\t=\t1\tx\n1\t=\t1\ty\n', (batch) => batch.write('1\t=\t1\tx\n').find(1, '=', ['y'])],
]);

describe('a batch', () => {
  test('counts the commands that are complete', () => {
    const batch = new Batch();
    assert.deepEqual([batch.commandCount, batch.byteLength], [0, 0]);
    batch.write('1\t=\t1');
    assert.deepEqual([batch.commandCount, batch.byteLength], [0, 5]);
    batch.write('\tk\n\n2');
    assert.deepEqual([batch.commandCount, batch.byteLength], [2, 10]);
  });

  test('takes bytes when they are written, not when they are sent', async (t) => {
    const bytes = Buffer.from('one');
    const batch = new Batch().insert(0, [bytes]).write(bytes).write('\n');
    bytes.fill('x');
    assert.equal(await sentBy(t, batch), '0\t+\t1\tone\none\n');
  });

  test('can be written again after clear', async (t) => {
    const batch = new Batch().write('1\t=');
    assert.equal(batch.clear(), batch);
    assert.deepEqual([batch.commandCount, batch.byteLength], [0, 0]);
    assert.equal(await sentBy(t, batch.find(1, '=', [1])), '1\t=\t1\t1\n');
    assert.equal(batch.replies.length, 1);
    batch.clear();
    assert.deepEqual([batch.replies, batch.error, batch.byteLength], [[], null, 0]);
    assert.equal(await sentBy(t, batch.find(1, '=', [2])), '1\t=\t1\t2\n');
  });

  test('shows its state and no bytes', () => {
    const batch = new Batch().find(1, '=', ['confidential']);
    assert.match(inspect(batch), /^Batch \{.*state: 'new'.*commandCount: 1/s);
    new Executor().add(new Connection(), batch);
    assert.match(inspect(batch), /state: 'added'/);
    assert.doesNotMatch(inspect(batch, { showHidden: true, depth: 9 }), /confidential/);
  });

  test('takes 100,000 commands', () => {
    const batch = new Batch();
    for (let i = 0; i < 100_000; i++) batch.find(1, '=', [i]);
    assert.equal(batch.commandCount, 100_000);
    assert.equal(batch.byteLength, 100_000 * '1\t=\t1\t\n'.length + 488_890);
  });
});

test('write takes a Uint8Array of another realm, as test runners make them', async (t) => {
  const foreign = vm.runInNewContext('new Uint8Array([65, 9, 66, 10])');
  const batch = new Batch().insert(1, [foreign]).write(foreign);
  assert.equal(await sentBy(t, batch), '1\t+\t1\tA\x01IB\x01J\nA\tB\n');
});
