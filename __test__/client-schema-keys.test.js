'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

const TABLES = `
  CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(9) COLLATE utf8mb4_nopad_bin, code VARCHAR(9), a INT, b INT,
    KEY by_name (name), UNIQUE by_code (code), UNIQUE by_both (a, b), KEY by_start (name(3)));
  INSERT INTO item VALUES (1, 'abc', 'x', 1, 1), (2, 'abc', 'y', 1, 2), (3, 'abd', NULL, 2, 1), (4, 'ab', NULL, 2, NULL);
`;

/**
 * Keys by the types of their columns: existing keys, other ways to write them, and a missing key.
 */
const KEYS = {
  INT: [[-5, 0, 7], ['7', -5n, '-05'], 8],
  'INT(9) ZEROFILL': [[5, 70], ['5', '0070'], 8],
  'BIGINT UNSIGNED': [[2n ** 63n, 1n], ['1', 1, '9223372036854775808'], 2n],
  BOOLEAN: [[true], [1, '1', 1n], false],
  'DECIMAL(9,2)': [['1.50', '-0.05', '0.00'], ['1.5', '01.500', '-.05', 0, '-0'], '2'],
  DOUBLE: [[1.5, -1e300, 0], ['1.5', '-1e300', -0], 3],
  YEAR: [[2024, 0, 1970], ['2024', 1970n], 1901],
  DATE: [['2024-02-29'], [new Date('2024-02-29')], '2024-03-01'],
  'TIME(2)': [['01:02:03.50', '-838:59:59.00'], ['01:02:03.5', '-838:59:59'], '00:00:01'],
  'DATETIME(3)': [
    ['2024-02-29 01:02:03.500', '2024-01-01 00:00:00.000'],
    ['2024-02-29 01:02:03.5', new Date('2024-01-01')],
    '2024-01-02 00:00:00',
  ],
  TIMESTAMP: [[new Date('2024-02-29T01:02:03Z')], ['2024-02-29 01:02:03'], new Date('2024-01-01')],
  'VARCHAR(9) COLLATE utf8mb4_nopad_bin': [
    ['a', 'A', 'a ', '', '\t', 'ü'],
    [Buffer.from('ü'), Buffer.from('a')],
    'b',
  ],
  'VARBINARY(9)': [[Buffer.from('a'), Buffer.from([0]), Buffer.from([255, 1])], ['a'], 'b'],
  'BINARY(2)': [[Buffer.from([0, 0]), Buffer.from('ab')], ['ab'], 'cc'],
  'BIT(9)': [[257n, 0n], [257, Buffer.from([1, 1]), false], 3n],
  "ENUM('b','a')": [['a', 'b'], [], null],
  "ENUM('é','a') CHARACTER SET utf16": [['a', 'é'], [], null],
  "SET('x','y')": [['x', 'x,y', ''], ['y,x'], 'y'],
  UUID: [
    ['123e4567-e89b-12d3-a456-426655440000', '00000000-0000-0000-0000-000000000000'],
    ['123E4567-E89B-12D3-A456-426655440000', Buffer.alloc(16)],
    '223e4567-e89b-12d3-a456-426655440000',
  ],
  INET4: [['1.2.3.4', '0.0.0.0'], [Buffer.from([1, 2, 3, 4])], '1.2.3.5'],
  INET6: [['::1', '2001:db8::'], ['0:0::1', '2001:0DB8::0'], '::2'],
  FLOAT: [[1.5, -2], ['1.5'], 3],
  'VARCHAR(9)': [['a', 'B'], ['A', 'b', 'a '], 'c'],
  'VARCHAR(9) CHARACTER SET latin1': [['a', 'é'], ['A', 'E', Buffer.from([0xe9])], 'c'],
};

/** Types whose rows do not show which key found them. */
const BY_FINDS = ['FLOAT', 'VARCHAR(9)', 'VARCHAR(9) CHARACTER SET latin1'];

describe('an index with a schema knows its key:', () => {
  const tables = useKnownTables(TABLES);
  let made = 0;

  async function makeTable(t, type) {
    const table = `k${++made}`;
    await tables.sql(`CREATE TABLE t.${table} (k ${type}, n INT, PRIMARY KEY (k))`);
    return tables.open(t, table);
  }

  test('get wants a key that one row at most has', async (t) => {
    const { client, schema, index } = await tables.open(t, 'item');
    assert.equal((await index.get(1)).name, 'abc');
    for (const [name, key, message] of [
      ['by_name', 'abc', /^TypeError: the index 'by_name' \(name\) is not unique.*find$/],
      ['by_start', 'ab', /^TypeError: the index 'by_start' \(name\) is not unique/],
      ['by_both', 1, /^TypeError: .* must have all parts of the index \(a, b\), none of them NULL/],
      ['by_both', [1, null], /^TypeError: .* none of them NULL/],
      ['by_code', null, /^TypeError: .* none of them NULL/],
    ]) {
      const other = client.openIndex({ schema, index: name });
      await assert.rejects(other.get(key), message);
      await assert.rejects(other.getMany([key]), message);
      await assert.rejects(other.getMany([key, key]), message);
      await assert.rejects(other.getManySettled([key]), message);
    }
    const byBoth = client.openIndex({ schema, index: 'by_both', columns: ['id'] });
    assert.deepEqual(await byBoth.get([1, 2]), { id: 2 });
    assert.deepEqual(
      await byBoth.getMany([
        [1, 1],
        [9, 9],
        [2, 1],
      ]),
      [{ id: 1 }, null, { id: 3 }],
    );
    const byCode = client.openIndex({ schema, index: 'by_code' });
    assert.equal((await byCode.get('Y')).id, 2);
  });

  test('finds and changes by the beginning of text are refused where SQL would compare otherwise', async (t) => {
    await tables.sql(`CREATE TABLE t.begun (id INT PRIMARY KEY, pad VARCHAR(9), uca VARCHAR(9) COLLATE utf8mb4_unicode_nopad_ci,
        bin VARCHAR(9) COLLATE utf8mb4_nopad_bin, UNIQUE pad (pad(3)), KEY uca (uca(2)), KEY bin (bin(2)));
      INSERT INTO t.begun VALUES (1, 'ab x', 'ssx', 'ssx'), (2, NULL, 'ss', 's'), (3, NULL, 'ß', 'ß')`);
    const { client, schema } = await tables.open(t, 'begun');
    const open = (index) => client.openIndex({ schema, index });
    const refused = { code: 'ERR_HS_SCHEMA', message: /text of different lengths is equal/ };
    await assert.rejects(open('pad').get('ab'), refused);
    await assert.rejects(open('pad').getMany(['ab', 'x']), refused);
    await assert.rejects(open('pad').find('>=', 'ab', { limit: 9 }), refused);
    await assert.rejects(open('uca').find('=', 'ß', { limit: 9 }), refused);
    await assert.rejects(open('uca').delete('=', 'ß', { limit: 9 }), { code: 'ERR_HS_SCHEMA' });
    assert.equal((await open('pad').find('=', null, { limit: 9 })).length, 2);
    const ids = (await open('bin').find('=', 'ß', { limit: 9 })).map(({ id }) => id);
    assert.deepEqual(ids, [3]);
    const scanned = [];
    for await (const { id } of open('pad').scan()) scanned.push(id);
    assert.deepEqual(scanned.sort(), [1, 2, 3]);
  });

  test('a write to one row needs no limit, and one to several does', async (t) => {
    const { client, schema } = await tables.open(t, 'item');
    const byCode = client.openIndex({ schema, index: 'by_code' });
    assert.equal(await byCode.update('=', 'x', { b: 1 }), 1);
    for (const call of [
      () => byCode.update('=', null, { b: 1 }),
      () => byCode.update('>', 'x', { b: 1 }),
      () => client.openIndex({ schema, index: 'by_both' }).update('=', 1, { b: 1 }),
      () => client.openIndex({ schema, index: 'by_name' }).delete('=', 'abc'),
    ]) {
      await assert.rejects(call(), /^TypeError: options\.limit must be given/);
    }
  });

  test('an IN list is refused where it would find only the first row of each value', async (t) => {
    const { client, schema } = await tables.open(t, 'item');
    const listed = { in: { column: 'name', values: ['abc', 'abd'] }, limit: 9 };
    const byName = client.openIndex({ schema, index: 'by_name' });
    await assert.rejects(
      byName.find('=', null, listed),
      /^TypeError: options\.in finds only the first row/,
    );
    await assert.rejects(byName.delete('=', null, listed), /use findMany/);
    const groups = await byName.findMany(['abc', 'abd'], { limit: 9 });
    assert.deepEqual(
      groups.map((rows) => rows.length),
      [2, 1],
    );
  });

  test('keys as long as the beginning that an index has are refused', async (t) => {
    const { index } = await tables.open(t, 'item', { index: 'by_start' });
    assert.deepEqual(
      (await index.find('=', 'ab', { limit: 9 })).map(({ id }) => id),
      [4],
    );
    for (const key of ['abc', 'abcd']) {
      await assert.rejects(
        index.find('=', key, { limit: 9 }),
        /^RangeError: key: the index has the first 3/,
      );
    }
  });

  for (const [type, [present, others, missing]] of Object.entries(KEYS)) {
    test(`getMany takes one round trip for keys of ${type}`, async (t) => {
      const { client, index } = await makeTable(t, type);
      await index.insertMany(present.map((k, n) => ({ k, n })));
      const rows = present.map((k, n) => ({ k, n }));
      assert.deepEqual(await Promise.all(present.map((key) => index.get(key))), rows);
      const keys = [...others, ...present, ...present.slice(0, 1)];
      if (missing !== null) keys.splice(1, 0, missing);
      if (keys.length < 2) keys.push(keys[0]);
      const byFinds = await Promise.all(keys.map((key) => index.get(key)));
      const before = client.stats();
      assert.deepEqual(await index.getMany(keys), byFinds);
      const { batches, commands } = client.stats();
      assert.equal(batches - before.batches, 1);
      assert.equal(commands - before.commands, BY_FINDS.includes(type) ? keys.length : 1);
      assert.equal(byFinds.filter((row) => row === null).length, missing === null ? 0 : 1);
    });
  }

  test('getMany goes by finds where types make something else of the key', async (t) => {
    const { client, schema, index } = await makeTable(t, 'INT');
    await index.insertMany([{ k: 1 }, { k: 2 }]);
    const asText = client.openIndex({ schema, types: { k: 'string' } });
    assert.deepEqual(await asText.getMany([2, 3, '1']), [
      { k: '2', n: null },
      null,
      { k: '1', n: null },
    ]);
  });
});

describe('scan() of an index with a schema', () => {
  const tables = useKnownTables('');
  let made = 0;

  test('has each row of CHAR once, whose text is padded in the index under any collation', async (t) => {
    const texts = [
      '',
      '\t',
      '\x01x',
      'a',
      'a\t',
      'b',
      '\0',
      '\0\0\0\0\0\0',
      '\0\t',
      'a\0',
      '\xad',
      'ß',
      'ss',
      ' a',
    ];
    for (const [charset, collations] of Object.entries({
      utf8mb4: ['nopad_bin', 'general_nopad_ci', 'unicode_nopad_ci', 'bin', 'unicode_ci'],
      ucs2: ['nopad_bin', 'unicode_nopad_ci', 'general_ci'],
    })) {
      for (const collation of collations) {
        const table = `c${++made}`;
        await tables.sql(
          `CREATE TABLE t.${table} (a INT, v CHAR(6) CHARACTER SET ${charset} COLLATE ${charset}_${collation}, id INT, PRIMARY KEY (a, v, id), KEY by_v (v))`,
        );
        const { client, schema, index } = await tables.open(t, table);
        const rows = texts.flatMap((v, id) => [1, 2].map((a) => ({ a, v, id })));
        await index.insertMany(rows);
        for (const name of ['PRIMARY', 'by_v']) {
          const walked = client.openIndex({ schema, index: name });
          for (const pageSize of [1, 3, 100]) {
            const found = [];
            for await (const { a, id } of walked.scan({ pageSize })) found.push(`${a} ${id}`);
            const message = `${collation} ${name} ${pageSize}`;
            assert.deepEqual(found.sort(), rows.map(({ a, id }) => `${a} ${id}`).sort(), message);
          }
        }
        for (const { a, v, id } of rows)
          assert.deepEqual(await index.get([a, v, id]), { a, v, id });
      }
    }
  });

  for (const type of ['DOUBLE(20,18)', 'DOUBLE(25,16)', 'FLOAT(20,18)']) {
    test(`has each row of ${type}, whose shown numbers find others, and no value or key is taken`, async (t) => {
      const table = `r${++made}`;
      const numbers = [-1.5, -0.12345678901234568, -1e-17, 0, 0.1, 0.9999999999999999, 3];
      await tables.sql(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${type} NOT NULL, UNIQUE by_v (v, id));
         INSERT INTO t.${table} VALUES ${numbers.map((number, id) => `(${id}, ${number})`)}`,
      );
      const { client, schema, index } = await tables.open(t, table, { index: 'by_v' });
      for (const pageSize of [1, 3, 100]) {
        const ids = [];
        for await (const { id } of index.scan({ pageSize })) ids.push(id);
        assert.deepEqual(ids.sort(), [...numbers.keys()]);
      }
      const refused = /^TypeError: .*column 'v' .* takes no value, as the server rounds/;
      await assert.rejects(index.get([0.5, 1]), refused);
      const byId = client.openIndex({ schema, filterColumns: ['v'] });
      await assert.rejects(byId.insert({ id: 100, v: 0.5 }), refused);
      await assert.rejects(byId.update('=', 1, { v: -0.5 }), refused);
      const filters = [{ column: 'v', op: '=', value: 0.5 }];
      await assert.rejects(byId.find('>=', 0, { limit: 9, filters }), refused);
    });
  }

  /** Rows are numbered in the order of the index. A single page needs one find. */
  async function scanAll(t, type, values, key = 'KEY by_v (v)') {
    const table = `s${++made}`;
    const rows = values.map((value, i) => `(${i + 1}, ${value})`);
    await tables.sql(
      `SET sql_mode = ''; CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${type}, ${key}); INSERT INTO t.${table} VALUES ${rows}`,
    );
    const { client, index } = await tables.open(t, table, { index: 'by_v' });
    for (const pageSize of [1, 3, 100]) {
      const ids = [];
      const { commands } = client.stats();
      for await (const { id } of index.scan({ pageSize })) ids.push(id);
      assert.deepEqual(
        ids,
        values.map((_, i) => i + 1),
        `pages of ${pageSize}`,
      );
      if (pageSize === 100) assert.equal(client.stats().commands - commands, 1);
    }
  }

  for (const [type, values, key] of [
    ['INT', ['NULL', 'NULL', '-2147483648', '-5', '-1', '0', '1']],
    ['INT NOT NULL', ['-2147483648', '-5', '-3', '-1', '0', '1']],
    ['INT NOT NULL', ['5', '0', '-5'], 'KEY by_v (v DESC)'],
    ['DOUBLE NOT NULL', ['-1.7976931348623157e308', '-1', '0', '1e300']],
    ['DECIMAL(30,2) NOT NULL', ['-9999999999999999999999999999.99', '-1', '0']],
    ['VARCHAR(9) NOT NULL', ["'\\0a'", "'\\t'", "'\\n'", "''", "' a'", "'a'", "'ü'"]],
    ['VARCHAR(9) COLLATE utf8mb4_bin', ['NULL', "'\\t'", "'\\n'", "''", "'a'"]],
    [
      'CHAR(6) COLLATE utf8mb4_nopad_bin NOT NULL',
      ["'\\0'", "x'0178'", "'\\t'", "''", "'a\\t'", "'a'", "'b'"],
    ],
    ['DATE NOT NULL', ["'0000-00-00'", "'0001-01-01'", "'2024-02-29'"]],
    ['TIME NOT NULL', ["'-838:59:59'", "'-00:00:01'", "'00:00:00'"]],
    [
      'UUID NOT NULL',
      [
        "'00000000-0000-0000-0000-000000000000'",
        "'00000000-0000-0000-0000-000000000001'",
        "'10000000-0000-4000-8000-000000000001'",
        "'20000000-0000-4000-8000-000000000001'",
        "'ffffffff-ffff-4fff-bfff-ffffffffffff'",
      ],
    ],
    ['UUID', ['NULL', 'NULL', "'10000000-0000-4000-8000-000000000001'"]],
    ['INET6 NOT NULL', ["'::'", "'::1'", "'2001:db8::1'", "'ffff::'"]],
    ['BIT(9) NOT NULL', ["b'0'", "b'1'", "b'100000000'"]],
  ]) {
    test(`begins where the index does: ${type}${key === undefined ? '' : ' DESC'}`, (t) => {
      return scanAll(t, type, values, key);
    });
  }
});
