'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Executor } = require('..');
const { isAtLeast } = require('../lib/schema/version.js');
const { byteCases } = require('./support/byte-values.js');
const { plainCases } = require('./support/column-values.js');
const { describe: show, encodeAll, insertAll, makeTable } = require('./support/exact-columns.js');
const { Random, SEED } = require('./support/random.js');
const { useSchemaServer } = require('./support/schema-server.js');
const { textCases } = require('./support/text-values.js');

const ROWS = 300;
const KEYS = 10_000;
const FILTERS = 300;

/** Whether a column can have an index of its whole length. */
const isKey = ({ declared }) =>
  !/TEXT|BLOB|JSON|VECTOR|GEOMETRY|POINT|LINE|POLYGON|COMPRESSED/.test(declared);

/** Texts that collations compare as equal. */
function similarTexts(collation, since, type = 'VARCHAR') {
  const alphabet = [
    'a',
    'A',
    'á',
    'ä',
    'ae',
    'æ',
    's',
    'ss',
    'ß',
    'SS',
    ' ',
    '  ',
    '\t',
    '\0',
    'b',
  ];
  return {
    declared: `${type}(5) CHARACTER SET utf8mb4 COLLATE ${collation}`,
    value: (random) =>
      Array.from({ length: random.integer(0, 3) }, () => random.pick(alphabet)).join(''),
    since,
  };
}

const CASES = [
  ...plainCases('10.11'),
  ...[...textCases(), ...byteCases()].filter(isKey),
  ...[
    'general_ci',
    'unicode_ci',
    'unicode_520_ci',
    'german2_ci',
    'bin',
    'nopad_bin',
    'general_nopad_ci',
  ].map((collation) => similarTexts(`utf8mb4_${collation}`)),
  similarTexts('utf8mb4_general_nopad_ci', undefined, 'CHAR'),
  similarTexts('utf8mb4_uca1400_ai_ci', [10, 10]),
  similarTexts('utf8mb4_uca1400_nopad_as_cs', [10, 10]),
];

describe("a key or filter that a codec takes finds what SQL's comparison finds:", () => {
  const server = useSchemaServer();

  for (const { declared, since = [0, 0], share = 1, value } of CASES) {
    test(declared, async (t) => {
      const { sql, reader, writer, version } = await server.connect(t);
      if (!isAtLeast(version, ...since)) {
        t.skip('this server does not have the type');
        return;
      }
      const random = new Random();
      const nullable = declared.endsWith('NULL') ? declared : `${declared} NULL`;
      const rows = await makeTable(sql, nullable, ', KEY by_c (c)');
      const stored = Array.from({ length: ROWS }, () => value(random));
      await insertAll(writer, rows.table, encodeAll(rows.codec, stored));
      const given = Array.from({ length: KEYS * share }, () =>
        random.oneOf(
          () => random.pick(stored),
          () => value(random),
        ),
      );
      const taken = encodeAll(rows.codec, given);
      assert.ok(taken.length > (KEYS * share) / 50, `it takes ${taken.length}`);

      // SQL compares values of the column's own type, which stores them exactly.
      const keys = await makeTable(sql, nullable);
      await insertAll(writer, keys.table, taken);
      const found = await sql.query({
        sql: `SELECT k.id, r.id FROM t.${keys.table} k JOIN t.${rows.table} r ON r.c <=> k.c`,
        rowsAsArray: true,
      });
      const expected = new Map(taken.map(({ id }) => [id, []]));
      for (const [key, row] of found) expected.get(Number(key)).push(Number(row));
      assert.ok(found.length > 0);

      const byKey = await findAll(reader, rows.table, taken, (batch, encoded) =>
        batch.find(0, '=', [encoded], { limit: ROWS }),
      );
      const filtered = taken.slice(0, FILTERS);
      const byFilter = await findAll(reader, rows.table, filtered, (batch, encoded) =>
        batch.find(1, '>=', [-1], {
          limit: ROWS,
          filters: [{ column: 0, op: '=', value: encoded }],
        }),
      );
      const ascending = (ids) => ids.toSorted((a, b) => a - b);
      for (const [how, all] of [
        ['key', byKey],
        ['filter', byFilter],
      ]) {
        for (const [i, ids] of all.entries()) {
          const { id, value: key } = taken[i];
          const message = `${declared}, ${how} ${show(key)}, SEED=${SEED}`;
          assert.deepEqual(ascending(ids), ascending(expected.get(id)), message);
        }
      }
    });
  }
});

/** The ids that each of the keys finds. */
async function findAll(reader, table, keys, find) {
  const all = [];
  const target = { database: 't', table, columns: ['id'], filterColumns: ['c'] };
  for (let i = 0; i < keys.length; i += 1000) {
    const batch = new Batch().openIndex(0, { ...target, index: 'by_c' }).openIndex(1, target);
    for (const { encoded } of keys.slice(i, i + 1000)) find(batch, encoded);
    const [[first, second, ...replies]] = await new Executor().add(reader, batch).execute(60_000);
    assert.ok(first.ok && second.ok);
    for (const reply of replies) {
      assert.ok(reply.ok, reply.error?.message);
      all.push(reply.values.map(Number));
    }
  }
  return all;
}
