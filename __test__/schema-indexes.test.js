'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Executor } = require('..');
const { readTable } = require('../lib/schema');
const { compileCodec } = require('../lib/schema/codecs/codec.js');
const indexes = require('../lib/schema/indexes.js');
const { isAtLeast } = require('../lib/schema/version.js');
const { byteCases } = require('./support/byte-values.js');
const { plainCases } = require('./support/column-values.js');
const {
  describe: show,
  encodeAll,
  insertAll,
  makeTable,
  readAll,
} = require('./support/exact-columns.js');
const { Random, SEED } = require('./support/random.js');
const { useSchemaServer } = require('./support/schema-server.js');
const { textCases } = require('./support/text-values.js');

const ROWS = 1000;

const isKey = ({ declared }) =>
  !/TEXT|BLOB|JSON|VECTOR|GEOMETRY|POINT|LINE|POLYGON|COMPRESSED/.test(declared);

/** Text with characters below and above the space. */
const collated = (collation, type = 'VARCHAR(5)') => ({
  declared: `${type} CHARACTER SET ${collation.split('_')[0]} COLLATE ${collation}`,
  value: (random) =>
    Array.from({ length: random.integer(0, 5) }, () =>
      random.pick(['\0', '\x01', '\t', '\n', ' ', 'a', 'B', '~', '\x1f']),
    )
      .join('')
      .replace(type.startsWith('CHAR') ? / +$/ : '', ''),
});

const COLLATIONS = [
  ...[
    'utf8mb4_general_ci',
    'utf8mb4_bin',
    'utf8mb4_nopad_bin',
    'utf8mb4_unicode_ci',
    'utf8mb4_persian_ci',
  ],
  ...[
    'latin1_swedish_ci',
    'latin1_bin',
    'latin2_hungarian_ci',
    'gbk_chinese_ci',
    'utf16_general_ci',
    'ucs2_unicode_ci',
  ],
];

const CASES = [
  ...plainCases('10.11'),
  ...[...textCases(), ...byteCases()].filter(isKey),
  ...COLLATIONS.map((collation) => collated(collation)),
  ...[
    'utf8mb4_general_ci',
    'utf8mb4_nopad_bin',
    'utf8mb4_general_nopad_ci',
    'utf8mb4_unicode_nopad_ci',
    'latin1_swedish_nopad_ci',
    'gbk_nopad_bin',
    'ucs2_unicode_nopad_ci',
  ].map((collation) => collated(collation, 'CHAR(5)')),
];

describe('what a schema knows of an index:', () => {
  const server = useSchemaServer();

  /** Reads the rows of an index from a key on. */
  async function scan(reader, table, { codec, op = '>=', key, index = 'by_c' }) {
    const batch = new Batch()
      .openIndex(0, { database: 't', table, index, columns: ['id', 'c'] })
      .find(0, op, [key], { limit: 1e9 });
    const [[opened, reply]] = await new Executor().add(reader, batch).execute(60_000);
    assert.ok(opened.ok && reply.ok, reply.error?.message);
    return readAll(reply, codec);
  }

  describe('a scan from the first key has all rows, in the order of the index:', () => {
    for (const { declared, value, since = [0, 0] } of CASES) {
      test(declared, async (t) => {
        const { sql, reader, writer, version } = await server.connect(t);
        if (!isAtLeast(version, ...since)) return t.skip('this server does not have the type');
        const random = new Random();
        const values = Array.from({ length: ROWS }, () => value(random));
        const hasDescending = isAtLeast(version, 10, 8);
        const nullable = `${declared.replace(/ NULL$/, '')} NULL`;
        for (const [type, direction] of [
          [declared, ''],
          [nullable, ''],
          [declared, 'DESC'],
        ]) {
          if (direction !== '' && !hasDescending) continue;
          const made = await makeTable(sql, type, `, KEY by_c (c ${direction})`);
          const taken = encodeAll(made.codec, values);
          await insertAll(writer, made.table, taken);
          const schema = await readTable(sql, 't', made.table);
          const index = indexes.findIndex(schema, 'by_c');
          const codecOf = (column) => compileCodec(column, schema.server);
          const key = indexes.firstKey(schema, index, codecOf);
          if (key === undefined) {
            // This happens only if there is no greatest value, or no least one.
            if (direction === '') assert.match(type, /^CHAR.*_unicode_nopad_ci/);
            continue;
          }
          const rows = [...(await scan(reader, made.table, { codec: made.codec, key }))];
          const message = `${type} ${direction} from ${show(key)}, SEED=${SEED}`;
          assert.equal(rows.length, taken.length, message);
          const compare = indexes.orderOf(schema, index, codecOf);
          assert.equal(indexes.mergeIsExact(schema, index, codecOf), compare !== null);
          if (compare === null) continue;
          for (let i = 1; i < rows.length; i++) {
            const [before, after] = [rows[i - 1][1], rows[i][1]];
            assert.ok(
              compare([before], [after]) <= 0,
              `${show(before)}, ${show(after)}: ${message}`,
            );
          }
        }
      });
    }
  });

  describe('where keys tell rows, two rows have one key if SQL compares them as equal:', () => {
    for (const { declared, value, since = [0, 0] } of CASES) {
      test(declared, async (t) => {
        const { sql, reader, writer, version } = await server.connect(t);
        if (!isAtLeast(version, ...since)) return t.skip('this server does not have the type');
        const made = await makeTable(sql, declared, ', KEY by_c (c)');
        const schema = await readTable(sql, 't', made.table);
        if (!indexes.keysTellRows(schema, indexes.findIndex(schema, 'by_c'))) return;
        const random = new Random();
        const values = Array.from({ length: ROWS }, () => value(random));
        await insertAll(writer, made.table, encodeAll(made.codec, values));
        const rows = await scan(reader, made.table, {
          codec: made.codec,
          index: 'PRIMARY',
          key: -1,
        });
        const byKey = new Map();
        for (const [id, read] of rows) {
          const sent = made.codec.encode(read, 'key');
          const text =
            sent instanceof Uint8Array ? Buffer.from(sent).toString('hex') : String(sent);
          byKey.set(text, [...(byKey.get(text) ?? []), id]);
        }
        const groups = await sql.query({
          sql: `SELECT GROUP_CONCAT(id ORDER BY id) FROM t.${made.table} GROUP BY c`,
          rowsAsArray: true,
        });
        const own = [...byKey.values()].map((ids) => ids.sort((a, b) => a - b).join(',')).sort();
        assert.deepEqual(own, groups.map(([ids]) => ids).sort(), `SEED=${SEED}`);
      });
    }
  });

  test('a key names one row if it has all parts of a unique index', async (t) => {
    const { sql } = await server.connect(t);
    await sql.query(`CREATE TABLE t.keyed (id INT PRIMARY KEY, a INT NOT NULL, b INT, s DATE, e DATE, UNIQUE ab (a, b), KEY a (a),
      PERIOD FOR p (s, e), UNIQUE o (a, p WITHOUT OVERLAPS))`);
    const schema = await readTable(sql, 't', 'keyed');
    const index = (name) => indexes.findIndex(schema, name);
    assert.ok(indexes.namesOneRow(index('PRIMARY'), 1));
    assert.ok(indexes.namesOneRow(index('ab'), 2));
    assert.ok(!indexes.namesOneRow(index('ab'), 1));
    assert.ok(!indexes.namesOneRow(index('a'), 1));
    assert.ok(!indexes.namesOneRow(index('o'), 3));
    assert.deepEqual(
      [0, 1].map((part) => indexes.takesNull(schema, index('ab'), part)),
      [false, true],
    );
  });

  describe('an index of the beginning of a column', () => {
    const refusalIn = (schema) => (name, value) => {
      const column = indexes.findColumn(schema, name);
      const codec = compileCodec(column, schema.server);
      const [{ prefix }] = indexes.findIndex(schema, name).columns;
      return indexes.prefixLengthRefusal(column, prefix, codec.encode(value, 'key'));
    };

    test('refuses keys as long as what it has, or longer', async (t) => {
      const { sql } = await server.connect(t);
      await sql.query(`CREATE TABLE t.started (id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_general_nopad_ci,
        l VARCHAR(20) CHARACTER SET gbk COLLATE gbk_nopad_bin, b VARBINARY(20), x TEXT COLLATE utf8mb4_nopad_bin,
        KEY v (v(3)), KEY l (l(3)), KEY b (b(3)), KEY x (x(3)))`);
      const refusal = refusalIn(await readTable(sql, 't', 'started'));
      for (const name of ['v', 'l', 'x']) {
        assert.equal(refusal(name, 'ab'), null);
        assert.equal(refusal(name, '漢字'), null);
        assert.match(refusal(name, 'abc'), new RegExp(`first 3 characters of column '${name}'`));
        assert.match(refusal(name, '漢字的'), /a key of 3/);
        assert.match(refusal(name, 'abcd'), /a key of 4/);
      }
      assert.equal(refusal('b', Buffer.from('ab')), null);
      assert.match(refusal('b', Buffer.from('漢')), /first 3 bytes/);
      assert.equal(refusal('v', null), null);
    });

    test('refuses text that equals text of another length', async (t) => {
      const { sql } = await server.connect(t);
      await sql.query(`CREATE TABLE t.widened (id INT PRIMARY KEY, pad VARCHAR(20) COLLATE utf8mb4_bin,
        uca VARCHAR(20) COLLATE utf8mb4_unicode_nopad_ci, c CHAR(20) COLLATE utf8mb4_nopad_bin, bytes VARBINARY(20),
        KEY pad (pad(3)), KEY uca (uca(3)), KEY c (c(3)), KEY bytes (bytes(3)), KEY two (id, uca(3)))`);
      const schema = await readTable(sql, 't', 'widened');
      const refusal = (name) => indexes.prefixRefusal(indexes.findColumn(schema, name), 3);
      assert.match(refusal('pad'), /different lengths is equal in it \(utf8mb4_bin\)/);
      assert.match(refusal('uca'), /\(utf8mb4_unicode_nopad_ci\)/);
      assert.match(refusal('c'), /\(CHAR\)/);
      assert.equal(refusal('bytes'), null);
      const padded = (name, parts) =>
        indexes.hasPaddedPrefix(schema, indexes.findIndex(schema, name), parts);
      assert.deepEqual(
        ['pad', 'uca', 'c', 'bytes'].map((name) => padded(name, 1)),
        [true, true, true, false],
      );
      assert.deepEqual([padded('two', 1), padded('two', 2)], [false, true]);
    });

    for (const collation of [
      'utf8mb4_nopad_bin',
      'utf8mb4_general_nopad_ci',
      'latin1_swedish_nopad_ci',
      'gbk_chinese_nopad_ci',
    ]) {
      test(`finds what SQL finds by the keys that it takes: ${collation}`, async (t) => {
        const { sql, reader, writer } = await server.connect(t);
        const random = new Random();
        const text = () =>
          Array.from({ length: random.integer(0, 4) }, () =>
            random.pick(['a', 'A', 'á', 's', 'ss', 'ß', ' ', '\t', '\0', '\u00ad', 'x']),
          ).join('');
        const declared = `VARCHAR(9) CHARACTER SET ${collation.split('_')[0]} COLLATE ${collation}`;
        const made = await makeTable(sql, declared, ', KEY by_c (c(3))');
        await insertAll(
          writer,
          made.table,
          encodeAll(made.codec, Array.from({ length: ROWS }, text)),
        );
        const schema = await readTable(sql, 't', made.table);
        const column = indexes.findColumn(schema, 'c');
        assert.equal(indexes.prefixRefusal(column, 3), null);
        const taken = encodeAll(made.codec, Array.from({ length: 60 }, text)).filter(
          ({ encoded }) => indexes.prefixLengthRefusal(column, 3, encoded) === null,
        );
        assert.ok(taken.length > 0);
        const keys = await makeTable(sql, declared);
        await insertAll(writer, keys.table, taken);
        for (const { id, value, encoded } of taken) {
          const [[expected]] = await sql.query({
            sql: `SELECT GROUP_CONCAT(r.id ORDER BY r.id) FROM t.${made.table} r JOIN t.${keys.table} k ON r.c = k.c WHERE k.id = ${id}`,
            rowsAsArray: true,
          });
          const found = await scan(reader, made.table, { op: '=', key: encoded });
          const ids = [...found.keys()].sort((a, b) => a - b).join(',');
          assert.equal(ids, expected ?? '', `${show(value)}, SEED=${SEED}`);
        }
      });
    }

    test('finds what SQL finds by a shorter key, if its collation does not pad', async (t) => {
      const { sql, reader } = await server.connect(t);
      await sql.query(
        `CREATE TABLE t.pads (id INT PRIMARY KEY, c VARCHAR(20), n VARCHAR(20) COLLATE utf8mb4_nopad_bin, KEY c (c(3)), KEY n (n(3)))`,
      );
      await sql.query(
        "INSERT INTO t.pads VALUES (1, 'ab', 'ab'), (2, 'ab x', 'ab x'), (3, 'abc', 'abc')",
      );
      const ids = async (index) => [
        ...(await scan(reader, 'pads', { op: '=', key: 'ab', index })).keys(),
      ];
      assert.deepEqual(await ids('n'), [1]);
      assert.deepEqual(await ids('c'), [1, 2], 'else prefixRefusal refuses too much');
    });
  });
});
