'use strict';

const { inspect } = require('node:util');

const { describeRefusals } = require('./support/refusals.js');

const target = { database: 'd', table: 't', columns: ['c'] };
const filter = { column: 0, op: '=', value: 1 };

describeRefusals('an index id', [
  ['past 65,535', (b) => b.find(65_536, '=', [1]), RangeError, 'indexId', '65536'],
  [
    'of the size that kills a server',
    (b) => b.insert(4_294_967_295, [1]),
    RangeError,
    '4294967295',
  ],
  ['below 0', (b) => b.delete(-1, '=', [1]), RangeError, 'indexId', '-1'],
  ['that is a fraction', (b) => b.update(1.5, '=', [1], [1]), RangeError, 'indexId', '1.5'],
  ['that is NaN', (b) => b.increment(Number.NaN, '=', [1], [1]), RangeError, 'indexId', 'NaN'],
  ['that is text', (b) => b.find('1', '=', [1]), TypeError, 'indexId', "'1'"],
  ['that is a bigint', (b) => b.openIndex(1n, target), TypeError, 'indexId', '1n'],
  ['that is missing', (b) => b.openIndex(undefined, target), TypeError, 'indexId', 'undefined'],
]);

describeRefusals('an option that there is not', [
  ['of a find', (b) => b.find(0, '=', [1], { limt: 5 }), TypeError, 'options.limt', 'limit'],
  [
    'of a find, but of a change',
    (b) => b.find(0, '=', [1], { returning: true }),
    TypeError,
    'options.returning',
  ],
  [
    'of a change',
    (b) => b.update(0, '=', [1], [1], { filter: [filter] }),
    TypeError,
    'options.filter',
    'filters',
  ],
  ['of a delete', (b) => b.delete(0, '>', [1], { where: [] }), TypeError, 'options.where'],
  [
    'of a filter',
    (b) => b.find(0, '=', [1], { filters: [{ ...filter, kind: 'while' }] }),
    TypeError,
    'options.filters[0].kind',
    'type',
  ],
  [
    'of an IN list',
    (b) => b.find(0, '=', [1], { in: { column: 'id', position: 0, values: [1] } }),
    TypeError,
    'options.in.column',
    'position',
  ],
]);

describeRefusals('a name', [
  ...['\0', '\t', '\n', '\x0f'].map((character) => [
    `with ${JSON.stringify(character)}`,
    (b) => b.openIndex(0, { ...target, table: `a${character}b` }),
    TypeError,
    'target.table',
    inspect(character),
  ]),
  [
    'of a database with a tab',
    (b) => b.openIndex(0, { ...target, database: 'a\tb' }),
    TypeError,
    'target.database',
    "'\\t'",
  ],
  [
    'of an index with a line end',
    (b) => b.openIndex(0, { ...target, index: 'a\nb' }),
    TypeError,
    'target.index',
    "'\\n'",
  ],
  [
    'of a column with a comma',
    (b) => b.openIndex(0, { ...target, columns: ['a', 'b,c'] }),
    TypeError,
    'target.columns[1]',
    "','",
  ],
  [
    'of a column with a tab',
    (b) => b.openIndex(0, { ...target, columns: ['b\tc'] }),
    TypeError,
    'target.columns[0]',
    "'\\t'",
  ],
  [
    'of a filter column with a comma',
    (b) => b.openIndex(0, { ...target, filterColumns: [','] }),
    TypeError,
    'target.filterColumns[0]',
    "','",
  ],
  [
    'of a column that is a hole',
    // biome-ignore lint/suspicious/noSparseArray: this tests the hole
    (b) => b.openIndex(0, { ...target, columns: ['a', , 'b'] }),
    TypeError,
    'target.columns[1]',
    'undefined',
  ],
  [
    'of a column that is empty',
    (b) => b.openIndex(0, { ...target, columns: ['a', ''] }),
    TypeError,
    'target.columns[1]',
  ],
  [
    'that is no text',
    (b) => b.openIndex(0, { ...target, table: 7 }),
    TypeError,
    'target.table',
    'a number',
  ],
  [
    'that is missing',
    (b) => b.openIndex(0, { table: 't', columns: ['c'] }),
    TypeError,
    'target.database',
    'undefined',
  ],
  [
    'in columns that are no array',
    (b) => b.openIndex(0, { ...target, columns: 'a,b' }),
    TypeError,
    'target.columns',
    'a string',
  ],
  [
    'in columns that are missing',
    (b) => b.openIndex(0, { database: 'd', table: 't' }),
    TypeError,
    'target.columns',
    'undefined',
  ],
  ['in a target that is missing', (b) => b.openIndex(0), TypeError, 'target', 'undefined'],
  ['in a target that is null', (b) => b.openIndex(0, null), TypeError, 'target', 'null'],
]);

describeRefusals('an operator', [
  ['that is SQL', (b) => b.find(1, '<>', [1]), TypeError, 'op', "'<>'"],
  ['for filters only', (b) => b.find(1, '!=', [1]), TypeError, 'op', "'!='"],
  ['that inserts', (b) => b.find(1, '+', [1]), TypeError, 'op', "'+'"],
  ['that is empty', (b) => b.delete(1, '', [1]), TypeError, 'op', "''"],
  ['that is missing', (b) => b.update(1, undefined, [1], [1]), TypeError, 'op', 'undefined'],
]);

class Price {}

describeRefusals('a value', [
  ['undefined', (b) => b.insert(1, [1, undefined]), TypeError, 'values[1]', 'undefined'],
  ['NaN', (b) => b.find(1, '=', [Number.NaN]), TypeError, 'key[0]', 'NaN'],
  ['Infinity', (b) => b.find(1, '=', [0, Infinity]), TypeError, 'key[1]', 'Infinity'],
  ['a Date', (b) => b.insert(1, [new Date(0)]), TypeError, 'values[0]', '1970-01-01T00:00:00.000Z'],
  ['a plain object', (b) => b.insert(1, ['', '', {}]), TypeError, 'values[2]', '{}'],
  ['of a class', (b) => b.insert(1, [new Price()]), TypeError, 'values[0]', 'Price'],
  ['a symbol', (b) => b.insert(1, [Symbol('s')]), TypeError, 'values[0]', 'Symbol(s)'],
  ['a function', (b) => b.insert(1, [() => 1]), TypeError, 'values[0]', 'Function'],
  ['a nested array', (b) => b.insert(1, [[1]]), TypeError, 'values[0]', 'Array'],
  [
    'an ArrayBuffer',
    (b) => b.insert(1, [new ArrayBuffer(1)]),
    TypeError,
    'values[0]',
    'ArrayBuffer',
  ],
  [
    'of 16 bits each',
    (b) => b.insert(1, [new Uint16Array(1)]),
    TypeError,
    'values[0]',
    'Uint16Array',
  ],
  // biome-ignore lint/suspicious/noSparseArray: this tests the hole
  ['that is a hole', (b) => b.insert(1, [1, , 2]), TypeError, 'values[1]', 'undefined'],
  [
    'of an update',
    (b) => b.update(1, '=', [1], [1, undefined]),
    TypeError,
    'values[1]',
    'undefined',
  ],
  [
    'of a filter',
    (b) => b.find(1, '=', [1], { filters: [filter, { ...filter, value: undefined }] }),
    TypeError,
    'options.filters[1].value',
    'undefined',
  ],
  [
    'of an IN list',
    (b) => b.find(1, '=', [''], { in: { position: 0, values: [1, {}] } }),
    TypeError,
    'options.in.values[1]',
    '{}',
  ],
]);

describeRefusals('a list', [
  ['key that is no array', (b) => b.find(1, '=', 1), TypeError, 'key', '1'],
  ['key that is text', (b) => b.delete(1, '=', 'abc'), TypeError, 'key', "'abc'"],
  ['key that is missing', (b) => b.find(1, '='), TypeError, 'key', 'undefined'],
  ['key that is empty', (b) => b.find(1, '=', []), TypeError, 'key'],
  ['values that are no array', (b) => b.insert(1, 'abc'), TypeError, 'values', "'abc'"],
  ['values that are a Buffer', (b) => b.insert(1, Buffer.from('a')), TypeError, 'values', 'Buffer'],
  ['values that are missing', (b) => b.insert(1), TypeError, 'values', 'undefined'],
  ['values that are null', (b) => b.update(1, '=', [1], null), TypeError, 'values', 'null'],
  ['values that are empty', (b) => b.insert(1, []), TypeError, 'values'],
  ['values of an update that are empty', (b) => b.update(1, '=', [1], []), TypeError, 'values'],
  ['by of an increment that is empty', (b) => b.increment(1, '=', [1], []), TypeError, 'values'],
  ['by of a decrement that is missing', (b) => b.decrement(1, '=', [1]), TypeError, 'values'],
]);

describeRefusals('a secret', [
  ['that is no text', (b) => b.auth(7), TypeError, 'secret'],
  ['with a control character', (b) => b.auth('a\x0fb'), TypeError, 'secret'],
]);
