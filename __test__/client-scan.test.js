'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { useServer } = require('./support/server.js');

const PAGE_SIZES = [1, 2, 7, 1000];
const OPERATORS = ['>=', '>', '<=', '<'];

/**
 * The scans: the table, index and start key, the columns of the index, the columns opened and SQL's
 * order (by default those), and SQL's condition for the same rows.
 */
const scans = {
  PRIMARY: { table: 'item', key: 30, keyColumns: ['id'], where: (op) => `id ${op} 30` },
  'rows that are long and begin with an empty text': {
    table: 'blank',
    key: 20,
    keyColumns: ['id'],
    columns: ['note', 'body', 'id'],
    order: ['id'],
    where: (op) => `id ${op} 20`,
  },
  'a unique index': {
    table: 'item',
    index: 'by_u',
    key: [25],
    keyColumns: ['u'],
    columns: ['id', 'u', 'g', 'n'],
    where: (op) => `u ${op} 25`,
  },
  'a non-unique index, from a group larger than a page': {
    table: 'item',
    index: 'by_g',
    key: 1,
    keyColumns: ['g'],
    columns: ['id', 'u', 'g', 'n'],
    order: ['g', 'id'],
    where: (op) => `g ${op} 1`,
  },
  'a non-unique index, from a small group': {
    table: 'item',
    index: 'by_g',
    key: 3,
    keyColumns: ['g'],
    columns: ['id', 'u', 'g', 'n'],
    order: ['g', 'id'],
    where: (op) => `g ${op} 3`,
  },
  'a non-unique index with NULLs, from NULL': {
    table: 'item',
    index: 'by_n',
    key: null,
    keyColumns: ['n'],
    columns: ['id', 'u', 'g', 'n'],
    order: ['n', 'id'],
    where: (op) => ({ '>=': 'TRUE', '>': 'n IS NOT NULL', '<=': 'n IS NULL', '<': 'FALSE' })[op],
  },
  'a non-unique index with NULLs, from a value': {
    table: 'item',
    index: 'by_n',
    key: 2,
    keyColumns: ['n'],
    columns: ['id', 'u', 'g', 'n'],
    order: ['n', 'id'],
    where: (op) => (op.startsWith('<') ? `n ${op} 2 OR n IS NULL` : `n ${op} 2`),
  },
  'an index of two columns, from a leading one': {
    table: 'pair',
    key: 5,
    keyColumns: ['a', 'b'],
    columns: ['a', 'b', 'v'],
    where: (op) => `a ${op} 5`,
  },
  'an index of two columns, from both': {
    table: 'pair',
    key: [5, 10],
    keyColumns: ['a', 'b'],
    columns: ['a', 'b', 'v'],
    where: (op) => `(a, b) ${op} (5, 10)`,
  },
  'an index whose columns are not the first ones opened': {
    table: 'pair',
    key: [5, 10],
    keyColumns: ['a', 'b'],
    columns: ['v', 'b', 'a'],
    where: (op) => `(a, b) ${op} (5, 10)`,
  },
  'an index whose column has the values of another one at first': {
    table: 'twin',
    index: 'by_b',
    key: 5,
    keyColumns: ['b'],
    columns: ['a', 'b'],
    where: (op) => `b ${op} 5`,
  },
  'text in which the server takes different characters for the same': {
    table: 'word',
    index: 'by_w',
    key: 'A',
    keyColumns: ['w'],
    columns: ['id', 'w'],
    order: ['w', 'id'],
    where: (op) => `w ${op} 'A'`,
  },
  'text in which the server takes different characters for the same, and nothing else': {
    table: 'word',
    index: 'by_w',
    key: 'A',
    keyColumns: ['w'],
    order: ['w', 'id'],
    where: (op) => `w ${op} 'A'`,
  },
  'a prefix index': {
    table: 'prefix',
    index: 'by_w',
    key: 'abc',
    keyColumns: ['w'],
    columns: ['id', 'w'],
    order: ['LEFT(w, 3)', 'id'],
    where: (op) => `LEFT(w, 3) ${op} 'abc'`,
  },
  'latin1 text': {
    table: 'latin',
    key: Buffer.from([0xe9]),
    keyColumns: ['k'],
    where: (op) => `k ${op} _latin1 X'E9'`,
  },
  'any bytes': {
    table: 'bin',
    key: Buffer.from([0x80]),
    keyColumns: ['k'],
    where: (op) => `k ${op} X'80'`,
  },
  'BIT keys': {
    table: 'bits',
    key: Buffer.from([0, 0x80]),
    keyColumns: ['k'],
    where: (op) => `k ${op} 128`,
  },
  'FLOAT keys, which the server writes shorter than they are': {
    table: 'floats',
    key: 16777216,
    keyColumns: ['k'],
    columns: ['k', 'n'],
    where: (op) => `k ${op} 16777216`,
  },
  'UUID keys, which the server reads otherwise than it writes them': {
    table: 'uuids',
    key: Buffer.alloc(16, 0x77),
    keyColumns: ['k'],
    where: (op) => `k ${op} '77777777-7777-7777-7777-777777777777'`,
  },
  'UUID keys, from below the first': {
    table: 'uuids',
    key: Buffer.alloc(16),
    keyColumns: ['k'],
    where: (op) => (op.startsWith('>') ? 'TRUE' : 'FALSE'),
  },
  'INET6 keys, from below the first': {
    table: 'inets',
    key: Buffer.alloc(16),
    keyColumns: ['k'],
    where: (op) => (op.startsWith('>') ? 'TRUE' : 'FALSE'),
  },
  'FLOAT keys, from below the first': {
    table: 'floats',
    key: -1,
    keyColumns: ['k'],
    columns: ['k', 'n'],
    where: (op) => `k ${op} -1`,
  },
  'FLOAT keys, from above the last': {
    table: 'floats',
    key: 1e9,
    keyColumns: ['k'],
    columns: ['k', 'n'],
    where: (op) => `k ${op} 1e9`,
  },
  'FLOAT keys, and nothing else': {
    table: 'floats',
    key: 16777216,
    keyColumns: ['k'],
    where: (op) => `k ${op} 16777216`,
  },
  'ENUM keys': { table: 'enums', key: 'm', keyColumns: ['k'], where: (op) => `k ${op} 3` },
  'DATETIME(6) keys': {
    table: 'moments',
    key: '2000-01-01 00:00:10.5',
    keyColumns: ['k'],
    where: (op) => `k ${op} '2000-01-01 00:00:10.5'`,
  },
  'DECIMAL keys': {
    table: 'decimals',
    key: '-0.5',
    keyColumns: ['k'],
    where: (op) => `k ${op} -0.5`,
  },
  'an empty table': { table: 'empty', key: 3, keyColumns: ['k'], where: () => 'TRUE' },
};

describe('Index.scan', () => {
  const uuids = Array.from({ length: 30 }, (_, i) => {
    const byte = ((i * 37) % 256).toString(16).padStart(2, '0');
    return `${byte.repeat(4)}-0000-4000-8000-0000000000${byte}`;
  });
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      `CREATE TABLE item (id INT PRIMARY KEY, u INT, g INT, n INT, UNIQUE KEY by_u (u), KEY by_g (g),
         KEY by_n (n))`,
      `INSERT INTO item SELECT seq * 3, seq * 7 % 50, IF(seq <= 20, 1, seq % 10), IF(seq % 3 = 0, NULL, seq % 5)
         FROM seq_1_to_50`,
      'CREATE TABLE pair (v INT, a INT, b INT, PRIMARY KEY (a, b))',
      'INSERT INTO pair SELECT seq, LEAST(seq, 5), seq FROM seq_1_to_30',
      'INSERT INTO pair SELECT seq, 6, seq FROM seq_31_to_40',
      'CREATE TABLE twin (a INT PRIMARY KEY, b INT, UNIQUE KEY by_b (b))',
      'INSERT INTO twin SELECT IF(seq <= 20, seq, 100 - seq), seq FROM seq_1_to_60',
      'CREATE TABLE word (id INT PRIMARY KEY, w VARCHAR(9) COLLATE utf8mb4_general_ci, KEY by_w (w))',
      "INSERT INTO word SELECT seq, ELT(1 + seq % 7, 'a', 'A', 'á', 'Á ', 'b', 'B', 'c') FROM seq_1_to_42",
      'CREATE TABLE prefix (id INT PRIMARY KEY, w VARCHAR(9), KEY by_w (w(3)))',
      "INSERT INTO prefix SELECT seq, CONCAT(ELT(1 + seq % 3, 'abb', 'abc', 'abd'), 99 - seq) FROM seq_1_to_40",
      'CREATE TABLE latin (k VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY)',
      'INSERT INTO latin SELECT CHAR(seq USING latin1) FROM seq_192_to_255',
      "INSERT INTO latin VALUES ('a'), ('b'), (_latin1 X'C3A9'), (_latin1 X'E9E8'), (_latin1 X'E9E9')",
      'CREATE TABLE bin (k VARBINARY(9) PRIMARY KEY)',
      'INSERT INTO bin SELECT CHAR(seq) FROM seq_0_to_255',
      "INSERT INTO bin VALUES (''), (X'0900'), (X'8080'), (X'FFFF'), (X'EFBFBD')",
      'CREATE TABLE bits (k BIT(16) PRIMARY KEY)',
      'INSERT INTO bits SELECT seq * 5 FROM seq_0_to_60',
      'CREATE TABLE floats (k FLOAT PRIMARY KEY, n INT UNIQUE)',
      'INSERT INTO floats SELECT 16777200 + seq * 2, seq FROM seq_0_to_40',
      'CREATE TABLE uuids (k UUID PRIMARY KEY)',
      `INSERT INTO uuids VALUES ${uuids.map((uuid) => `('${uuid}')`)}`,
      'CREATE TABLE decimals (k DECIMAL(20,5) PRIMARY KEY)',
      'INSERT INTO decimals SELECT seq / 8 - 2.5 FROM seq_0_to_40',
      'CREATE TABLE inets (k INET6 PRIMARY KEY)',
      "INSERT INTO inets SELECT CONCAT('2001:db8::', HEX(seq)) FROM seq_1_to_30",
      "CREATE TABLE enums (k ENUM('z', 'y', 'm', 'b', 'a') PRIMARY KEY)",
      "INSERT INTO enums VALUES ('z'), ('y'), ('m'), ('b'), ('a')",
      'CREATE TABLE moments (k DATETIME(6) PRIMARY KEY)',
      "INSERT INTO moments SELECT '2000-01-01' + INTERVAL seq * 250001 MICROSECOND FROM seq_0_to_80",
      'CREATE TABLE blank (note VARCHAR(9), body TEXT, id INT PRIMARY KEY)',
      "INSERT INTO blank SELECT '', REPEAT('x', 1500), seq FROM seq_1_to_40",
      'CREATE TABLE empty (k INT PRIMARY KEY)',
    ],
  });

  function connect(t) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret });
    t.after(() => client.close());
    return client;
  }

  /** All rows of a scan, which is ended if it queries the server far too often. */
  async function rowsOf(client, scan) {
    const most = client.stats().commands + 2000;
    let isEndless = false;
    const watch = setInterval(() => {
      isEndless = client.stats().commands > most;
      if (isEndless) client.close();
    }, 10);
    const rows = [];
    try {
      for await (const row of scan) rows.push(row);
    } catch (error) {
      throw isEndless ? new Error(`it goes on asking after ${rows.length} rows`) : error;
    } finally {
      clearInterval(watch);
    }
    return rows;
  }

  for (const [name, scan] of Object.entries(scans)) {
    const { table, index, key, keyColumns, columns = keyColumns, order = keyColumns, where } = scan;

    const check = async (t, keyColumns, op, pageSize, expected) => {
      const client = connect(t);
      const types = Object.fromEntries(columns.map((column) => [column, 'buffer']));
      const opened = client.openIndex({ database: 't', table, index, columns, types, keyColumns });
      const rows = await rowsOf(client, opened.scan(op, key, { pageSize }));
      const found = rows.map((row) => {
        return columns.map((column) => row[column]?.toString('hex').toUpperCase() ?? 'NULL');
      });
      assert.deepEqual(found, expected);
    };

    test(`scans ${name} as SQL orders it`, async (t) => {
      for (const op of OPERATORS) {
        const direction = op.startsWith('>') ? 'ASC' : 'DESC';
        const expected = await server.sql(
          `SELECT ${columns.map((column) => `HEX(CONCAT(${column}))`)} FROM t.${table}
             WHERE ${where(op)} ORDER BY ${order.map((by) => `${by} ${direction}`)}`,
        );
        for (const pageSize of PAGE_SIZES) {
          for (const given of [keyColumns, undefined]) {
            const title = `${op} in pages of ${pageSize}, keyColumns ${given ?? 'not given'}`;
            await t.test(title, (t) => check(t, given, op, pageSize, expected));
          }
        }
      }
    });
  }
});
