'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Batch } = require('..');
const { describeRefusals } = require('./support/refusals.js');

const filter = { column: 0, op: '=', value: 1 };
const find = (options) => (b) => b.find(1, '=', [1], options);
const inList = (list) => find({ in: list });

describeRefusals('find options', [
  ['that are null', find(null), TypeError, 'options', 'null'],
  ['that are a number', find(10), TypeError, 'options', 'a number'],
  ['limit 0', find({ limit: 0 }), RangeError, 'options.limit', '0'],
  ['a negative limit', find({ limit: -1 }), RangeError, 'options.limit', '-1'],
  ['a fraction as the limit', find({ limit: 1.5 }), RangeError, 'options.limit', '1.5'],
  ['an infinite limit', find({ limit: Infinity }), RangeError, 'options.limit', 'Infinity'],
  ['a limit of 2^32', find({ limit: 2 ** 32 }), RangeError, 'options.limit', '4294967296'],
  ['a limit that is text', find({ limit: '10' }), TypeError, 'options.limit', "'10'"],
  ['a negative offset', find({ offset: -1 }), RangeError, 'options.offset', '-1'],
  ['an offset of 2^32', find({ offset: 2 ** 32 }), RangeError, 'options.offset', '4294967296'],
  ['an offset that is a bigint', find({ offset: 1n }), TypeError, 'options.offset', '1n'],
  [
    'limit + offset of 2^32',
    find({ limit: 4_294_967_295, offset: 1 }),
    RangeError,
    'options.limit',
    'options.offset',
    '4294967295 and 1',
  ],
  [
    'the default limit + offset of 2^32',
    find({ offset: 4_294_967_295 }),
    RangeError,
    'options.offset',
    '1 and 4294967295',
  ],
  ['in of null', inList(null), TypeError, 'options.in', 'null'],
  ['in as an array', inList([1, 2]), TypeError, 'options.in'],
  [
    'in with another operator',
    (b) => b.find(1, '>=', [1], { in: { position: 0, values: [1] } }),
    TypeError,
    'options.in',
    "'>='",
  ],
  [
    'NULL in IN',
    inList({ position: 0, values: [1, null] }),
    TypeError,
    'options.in.values[1]',
    'null',
  ],
  ['an empty IN list', inList({ position: 0, values: [] }), TypeError, 'options.in.values'],
  [
    'IN values that are missing',
    inList({ position: 0 }),
    TypeError,
    'options.in.values',
    'undefined',
  ],
  [
    'an IN position past the key',
    inList({ position: 1, values: [1] }),
    RangeError,
    'options.in.position',
    '1',
  ],
  [
    'an IN position below 0',
    inList({ position: -1, values: [1] }),
    RangeError,
    'options.in.position',
    '-1',
  ],
  ['no IN position', inList({ values: [1] }), TypeError, 'options.in.position', 'undefined'],
  ['filters that are no array', find({ filters: filter }), TypeError, 'options.filters'],
  ['a filter that is null', find({ filters: [null] }), TypeError, 'options.filters[0]', 'null'],
  ...['<>', '==', '', 'like', undefined].map((op) => [
    `the filter operator ${op}`,
    find({ filters: [{ ...filter, op }] }),
    TypeError,
    'options.filters[0].op',
    op === undefined ? 'undefined' : `'${op}'`,
  ]),
  [
    'a filter type of the protocol',
    find({ filters: [filter, { ...filter, type: 'F' }] }),
    TypeError,
    'options.filters[1].type',
    "'F'",
  ],
  [
    'a filter column by name',
    find({ filters: [{ ...filter, column: 'price' }] }),
    TypeError,
    'options.filters[0].column',
    "'price'",
  ],
  [
    'a negative filter column',
    find({ filters: [{ ...filter, column: -1 }] }),
    RangeError,
    'options.filters[0].column',
    '-1',
  ],
  [
    'limit 0 of a delete',
    (b) => b.delete(1, '=', [1], { limit: 0 }),
    RangeError,
    'options.limit',
    '0',
  ],
]);

describeRefusals('raw data', [
  ['that begins with Q', (b) => b.write('Q'), RangeError, 'data', "'Q'"],
  ['that begins with /', (b) => b.write(Buffer.from('/etc\n')), RangeError, 'data', "'/'"],
  ['with a later command Q', (b) => b.write('1\t=\t1\tk\nQ\n'), RangeError, 'data', "'Q'"],
  ['with a last command /', (b) => b.write('\n\n/'), RangeError, 'data', "'/'"],
  ['that is a number', (b) => b.write(1), TypeError, 'data', 'a number'],
  ['that is missing', (b) => b.write(), TypeError, 'data', 'undefined'],
  ['that is an array', (b) => b.write(['1']), TypeError, 'data', 'an array of length 1'],
  ['decimal that is a fraction', (b) => b.writeDecimal(1.5), RangeError, 'value', '1.5'],
  ['decimal that is NaN', (b) => b.writeDecimal(Number.NaN), RangeError, 'value', 'NaN'],
  ['decimal past 2^53', (b) => b.writeDecimal(2 ** 53), RangeError, 'value', '9007199254740992'],
  ['decimal that is text', (b) => b.writeDecimal('7'), TypeError, 'value', "'7'"],
]);

test('a command after half of one is refused, and so is Q after its end', () => {
  const batch = new Batch().write('1\t=');
  assert.throws(() => batch.find(1, '=', [1]), TypeError);
  assert.throws(() => batch.auth('secret'), TypeError);
  assert.throws(() => batch.write('\t1\tk\nQ'), RangeError);
  assert.equal(batch.write('\t1\tk\n').commandCount, 1);
  assert.throws(() => batch.write('Q'), RangeError);
});
