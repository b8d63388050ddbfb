'use strict';

const assert = require('node:assert/strict');
const { Batch, Executor } = require('../..');
const { readTable } = require('../../lib/schema');
const { compileCodec } = require('../../lib/schema/codecs/codec.js');
const { Random, SEED } = require('./random.js');

const ROWS_A_BATCH = 1000;

let tables = 0;

/**
 * A table with one column to try, in the database `t`.
 * @param {any} sql
 * @param {string} declared
 * @param {string} [more]  keys and options
 */
async function makeTable(sql, declared, more = '') {
  const table = `t${tables++}`;
  const NULLS = /\bNULL\b/i.test(declared) ? '' : 'NOT NULL';
  await sql.query(`CREATE TABLE t.${table} (id INT PRIMARY KEY, c ${declared} ${NULLS}${more})`);
  const { columns, server } = await readTable(sql, 't', table);
  const column = columns.find(({ name }) => name === 'c');
  return { table, column, codec: compileCodec(column, server) };
}

/**
 * Checks that values that a codec accepts, written through HandlerSocket, are shown by SQL exactly,
 * and are read by the codec in their JavaScript form.
 * @param {object} servers
 * @param {any} servers.sql
 * @param {import('../..').Connection} servers.reader
 * @param {import('../..').Connection} servers.writer
 * @param {import('./column-values.js').Case } tried
 * @param {number} count
 */
async function checkStored({ sql, reader, writer }, tried, count) {
  const random = new Random();
  const { table, codec } = await makeTable(sql, tried.declared);
  const values = [...tried.takes, ...Array.from({ length: count }, () => tried.value(random))];
  const taken = encodeAll(codec, values);
  await insertAll(writer, table, taken);
  const read = await findAll(reader, table, codec);
  await compareStored(sql, table, tried, taken, read);
  return { table, codec, values, taken };
}

/**
 * Checks that SQL shows the values that were written, and that their JavaScript form was read.
 * @param {any} sql
 * @param {string} table
 * @param {import('./column-values.js').Case} tried
 * @param {readonly { id: number, value: unknown }[]} taken
 * @param {ReadonlyMap<number, unknown>} read
 */
async function compareStored(sql, table, tried, taken, read) {
  const rows = await sql.query({
    sql: `SELECT id, ${tried.shown} FROM t.${table}`,
    rowsAsArray: true,
  });
  const shown = new Map(rows.map(([id, text]) => [Number(id), text]));
  assert.equal(shown.size, taken.length);
  const { normal = (text) => text, form = () => undefined } = tried;
  for (const { id, value } of taken) {
    const text = shown.get(id) === null ? null : normal(String(shown.get(id)));
    const message = `${tried.declared}: ${describe(value)}, SEED=${SEED}`;
    assert.equal(text, value === null ? null : tried.exactly(value, text), message);
    const expected = value === null ? null : form(value, text);
    if (expected !== undefined) assert.deepEqual(read.get(id), expected, message);
  }
}

/** @returns {{ id: number, value: unknown, encoded: any }[]} */
function encodeAll(codec, values) {
  const taken = [];
  for (const [id, value] of values.entries()) {
    try {
      taken.push({ id, value, encoded: codec.encode(value, 'value') });
    } catch (error) {
      assert.ok(
        error instanceof TypeError || error instanceof RangeError,
        `${error.stack}, SEED=${SEED}`,
      );
      assert.match(error.message, /^value: column 'c' \(/);
    }
  }
  return taken;
}

async function insertAll(writer, table, taken) {
  for (let i = 0; i < taken.length; i += ROWS_A_BATCH) {
    const batch = new Batch().openIndex(0, { database: 't', table, columns: ['id', 'c'] });
    const part = taken.slice(i, i + ROWS_A_BATCH);
    for (const { id, encoded } of part) batch.insert(0, [id, encoded]);
    const [replies] = await new Executor().add(writer, batch).execute(60_000);
    for (const [j, reply] of replies.entries()) {
      assert.ok(
        reply.ok,
        `${reply.error?.message}: ${j > 0 && describe(part[j - 1].value)}, SEED=${SEED}`,
      );
    }
  }
}

/** Reads all rows through HandlerSocket, decoded. */
async function findAll(reader, table, codec) {
  const batch = new Batch()
    .openIndex(0, { database: 't', table, columns: ['id', 'c'] })
    .find(0, '>=', [-1], { limit: 1e9 });
  const [[, reply]] = await new Executor().add(reader, batch).execute(60_000);
  assert.ok(reply.ok, reply.error?.message);
  return readAll(reply, codec);
}

/**
 * Reads rows of `id` and `c` in their order, with `c` decoded.
 * @param {import('../..').Reply} reply
 * @param {any} [codec]
 * @returns {Map<number, unknown>}
 */
function readAll(reply, codec) {
  const values = codec?.fromBytes ? reply.buffers : reply.values;
  const rows = new Map();
  for (let i = 0; i < values.length; i += 2) {
    const value = values[i + 1];
    const isRaw = value === null || !codec?.decode;
    rows.set(Number(values[i]), isRaw ? value : codec.decode(value));
  }
  return rows;
}

function describe(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('hex')}`;
  return value instanceof Date ? `Date ${value.getTime()}` : `${typeof value} ${String(value)}`;
}

module.exports = { checkStored, compareStored, describe, encodeAll, insertAll, makeTable, readAll };
