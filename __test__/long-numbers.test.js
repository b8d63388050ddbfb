'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { Client } = require('..');
const { TYPES } = require('../lib/client/rows/types.js');
const { compileCodec } = require('../lib/schema/codecs/codec.js');
const { orderBy } = require('../lib/sharding/merge.js');
const { useServer } = require('./support/server.js');

/** Long enough to take hours if the time grows with its square. */
const LENGTH = 4 * 1024 * 1024;
/** The longest text that is read as a number. */
const LONGEST = 4096;

/** Interrupts a call that would take many minutes. */
function runWithin(timeout, call) {
  vm.runInNewContext('call()', { call }, { timeout });
}

/** The lengths of the texts that were converted to bigints since. */
function watchBigInts(t) {
  const make = BigInt;
  const lengths = [];
  t.mock.method(globalThis, 'BigInt', (value) => {
    lengths.push(String(value).length);
    return make(value);
  });
  return lengths;
}

describe('a text of millions of digits', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'CREATE TABLE t.texts (id INT PRIMARY KEY, v LONGTEXT)',
      `INSERT INTO t.texts VALUES
         (1, REPEAT('1', ${LENGTH})),
         (2, CONCAT(REPEAT('1', ${LENGTH}), 'x')),
         (3, CONCAT('1', REPEAT('0', ${LENGTH}), '1')),
         (4, CONCAT('1.', REPEAT('0', ${LENGTH}), '1')),
         (5, CONCAT('1e', REPEAT('1', ${LENGTH}), 'x'))`,
      'CREATE TABLE t.counts (id INT PRIMARY KEY, n BIGINT)',
      'INSERT INTO t.counts VALUES (1, 1)',
    ],
  });

  function open(t, table, columns, types) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, timeoutMs: 60_000 });
    t.after(() => client.close());
    return client.openIndex({ database: 't', table, columns, types });
  }

  for (const type of ['number', 'bigint']) {
    test(`is no ${type}, which is found at once`, async (t) => {
      const texts = open(t, 'texts', ['id', 'v'], { v: type });
      const lengths = watchBigInts(t);
      for (const id of [1, 2, 3, 4, 5]) {
        await assert.rejects(texts.get(id), (error) => {
          assert.equal(error.code, 'ERR_HS_VALUE');
          assert.ok(error.message.length < 500, error.message.slice(0, 1000));
          return true;
        });
      }
      assert.deepEqual(lengths, []);
    });
  }

  test('is past 64 bits for an increment, which is found at once', async (t) => {
    const counts = open(t, 'counts', ['id', 'n']);
    const lengths = watchBigInts(t);
    for (const sign of ['', '+', '-']) {
      const by = { n: `${sign}${'1'.repeat(LENGTH)}` };
      await assert.rejects(counts.increment('=', 1, by), RangeError);
      await assert.rejects(counts.decrementReturning('=', 1, by), RangeError);
    }
    await assert.rejects(counts.increment('=', 1, { n: `${'1'.repeat(LENGTH)}x` }), TypeError);
    assert.deepEqual(lengths, []);
    const huge = { n: 2n ** BigInt(LENGTH) };
    await assert.rejects(counts.increment('=', 1, huge), {
      message: /not a bigint of more than 256/,
    });
    assert.equal(await counts.increment('=', 1, { n: `+${'0'.repeat(100)}41` }), 1);
    assert.deepEqual(await counts.get(1), { id: '1', n: '42' });
  });
});

describe('the longest text of a number', () => {
  const texts = {
    'digits only': '1'.repeat(LONGEST),
    'digits and a letter': `${'1'.repeat(LONGEST - 1)}x`,
    'zeros between digits': `1${'0'.repeat(LONGEST - 2)}1`,
    'zeros between decimals': `1.${'0'.repeat(LONGEST - 3)}1`,
    'decimals and a letter': `1.${'1'.repeat(LONGEST - 3)}x`,
    'an exponent and a letter': `1e${'1'.repeat(LONGEST - 3)}x`,
  };
  for (const [title, text] of Object.entries(texts)) {
    test(`takes time in proportion to it: ${title}`, () => {
      // A quarter of an hour if the time grows with the square.
      runWithin(60_000, () => {
        for (let i = 0; i < 50_000; i++) assert.equal(TYPES.number.fromText(text), undefined);
      });
    });
  }

  test('is a number, or a bigint', () => {
    const zeros = `${'0'.repeat(LONGEST - 1)}7`;
    assert.equal(TYPES.number.fromText(zeros), 7);
    assert.equal(TYPES.number.fromText(`0${zeros}`), undefined);
    assert.equal(TYPES.number.fromText(`0.5${'0'.repeat(LONGEST - 3)}`), 0.5);
    assert.equal(TYPES.bigint.fromText(`-${'9'.repeat(LONGEST - 1)}`), 1n - 10n ** 4095n);
    assert.equal(TYPES.bigint.fromText(`-${'9'.repeat(LONGEST)}`), undefined);
  });
});

describe('the order of rows from several servers', () => {
  const compare = orderBy(['v'], {}, false);
  const order = (a, b) => Math.sign(compare({ v: a }, { v: b }));

  test('is that of numbers also past the largest double', () => {
    const [small, large] = ['1'.repeat(400), '2'.repeat(400)];
    assert.deepEqual([order(small, large), order(large, small), order(large, large)], [-1, 1, 0]);
    assert.deepEqual([order(`-${small}`, `-${large}`), order(`-${large}`, small)], [1, -1]);
  });

  test('makes no bigints of texts that are too long for numbers', (t) => {
    const lengths = watchBigInts(t);
    const digits = '1'.repeat(LENGTH);
    assert.deepEqual([order(digits, `${digits}0`), order(`${digits}1`, `${digits}0`)], [-1, 1]);
    assert.deepEqual(lengths, []);
  });
});

describe('a text of many digits, of a column that a schema tells of', () => {
  const digits = '1'.repeat(LENGTH);
  const isRefusal = (error) => error instanceof TypeError || error instanceof RangeError;
  for (const type of ['int', 'bigint', 'decimal', 'float', 'double']) {
    const column = { name: 'n', type, unsigned: false, nullable: true, precision: 10, scale: 2 };
    test(`is refused in time: ${type}`, () => {
      const codec = compileCodec(column, {});
      for (const text of [digits, `${digits}x`, `0.${digits}`, `${'0'.repeat(LENGTH)}x`]) {
        const encode = () => assert.throws(() => codec.encode(text, 'n'), isRefusal);
        assert.doesNotThrow(() => runWithin(5000, encode));
        runWithin(5000, () => codec.decode?.(`${text}x`));
      }
    });
  }
});
