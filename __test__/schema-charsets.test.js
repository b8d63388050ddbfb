'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { charsetOf } = require('../lib/schema/codecs/charset.js');
const { comparesCharacters, leastText } = require('../lib/schema/collations.js');
const { FOLDER, readTables } = require('../scripts/charsets.js');
const { useServer } = require('./support/server.js');
const { connectSql } = require('./support/sql-connections.js');

describe('the charsets', () => {
  const server = useServer({ sql: 'CREATE DATABASE t' });
  const connect = (t) => connectSql(t, server.running, { database: 't', rowsAsArray: true });

  test('are those of the server, over all code points', async (t) => {
    const sql = await connect(t);
    const tables = await readTables((...given) => sql.query(...given));
    assert.deepEqual(tables.map(({ name }) => name).sort(), fs.readdirSync(FOLDER).sort());
    for (const { name, text } of tables) {
      const kept = fs.readFileSync(path.join(FOLDER, name), 'utf8');
      // Compares characters, since their escapes depend on the version of Unicode.
      assert.deepEqual(JSON.parse(text), JSON.parse(kept), name);
    }
  });

  test('decode what they encoded', () => {
    for (const file of fs.readdirSync(FOLDER)) {
      const charset = charsetOf(path.basename(file, '.json'));
      const { both } = JSON.parse(fs.readFileSync(path.join(FOLDER, file), 'utf8'));
      const all = Object.values(both).join('');
      assert.equal(charset.decode(Buffer.from(charset.encode(all))), all, file);
    }
  });

  test('decode bytes that are not a character as U+FFFD', () => {
    const decode = (charset, hex) => charsetOf(charset).decode(Buffer.from(hex, 'hex'));
    assert.equal(decode('gbk', '61ff62'), 'a\ufffdb');
    assert.equal(decode('sjis', '6181'), 'a\ufffd');
    assert.equal(decode('cp1250', '8180'), '\ufffd€');
    assert.equal(decode('utf32', '00110000'), '\ufffd');
    assert.equal(decode('utf16', '006100'), 'a');
  });

  test('refuse half a surrogate pair, and characters that they lack', () => {
    for (const name of ['utf8mb4', 'utf8mb3', 'utf16', 'utf16le', 'utf32', 'ucs2', 'latin1']) {
      assert.equal(charsetOf(name).encode('a\ud800'), undefined, name);
    }
    for (const name of ['utf8mb3', 'ucs2', 'gbk', 'latin1']) {
      assert.equal(charsetOf(name).encode('😀'), undefined, name);
    }
    assert.equal(charsetOf('latin1').encode('\u0400'), undefined);
  });

  test('compare character by character in the collations that are said to', async (t) => {
    const sql = await connect(t);
    const collations = await sql.query(
      "SELECT FULL_COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE FULL_COLLATION_NAME LIKE '%nopad%'",
    );
    let tried = 0;
    for (const [collation, charset] of collations) {
      if (!comparesCharacters({ type: 'varchar', charset, collation })) continue;
      tried++;
      // Ignored or expanded, a character would be as heavy as none or as two.
      const unit = `LENGTH(WEIGHT_STRING(CONVERT('a' USING ${charset}) COLLATE ${collation}))`;
      const weight = `LENGTH(WEIGHT_STRING(c COLLATE ${collation}))`;
      const [[count, odd]] = await sql.query(
        `SELECT COUNT(*), COALESCE(SUM(${weight} <> IF(${unit} = 1, LENGTH(c), ${unit})), 0)
         FROM (SELECT CONVERT(CONVERT(UNHEX(LPAD(HEX(seq), 8, '0')) USING utf32) USING ${charset}) AS c FROM seq_0_to_65535 WHERE seq NOT BETWEEN 0xd800 AND 0xdfff) AS chars
         WHERE CHAR_LENGTH(c) = 1`,
      );
      assert.ok(Number(count) > 60_000, collation);
      assert.equal(Number(odd), 0, collation);
    }
    assert.ok(tried > 40, `${tried}`);
  });

  test('have a least character in every collation but the Czech ones', async (t) => {
    const sql = await connect(t);
    const collations = await sql.query(
      `SELECT FULL_COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY
       WHERE CHARACTER_SET_NAME NOT IN ('binary', 'ucs2', 'utf16', 'utf32', 'utf8mb3')`,
    );
    assert.ok(collations.length > 100);
    for (const [collation, charset] of collations) {
      const least = leastText({ collation, charset, length: 1 }, charsetOf(charset));
      assert.equal(least === undefined, collation.endsWith('_czech_cs'), collation);
      if (least === undefined) continue;
      const hex = Buffer.from(least).toString('hex');
      const point = "CONVERT(UNHEX(LPAD(HEX(seq), 8, '0')) USING utf32)";
      const [[before]] = await sql.query(
        `SELECT COUNT(*) FROM seq_0_to_4095 WHERE CONVERT(${point} USING ${charset}) COLLATE ${collation} < CONVERT(x'${hex}' USING ${charset}) COLLATE ${collation}`,
      );
      assert.equal(Number(before), 0, collation);
    }
  });
});
