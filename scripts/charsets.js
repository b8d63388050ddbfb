'use strict';

/*
 * Writes lib/schema/charsets/, the conversion tables of the server's charsets:
 * `node scripts/charsets.js`. A test runs it again and compares.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./command.js');
const { startServer } = require('../lib/testing');

const FOLDER = path.join(ROOT, 'lib/schema/charsets');
/** Charsets that are computed and need no table. */
const UNICODE = ['binary', 'utf8', 'utf8mb3', 'utf8mb4', 'ucs2', 'utf16', 'utf16le', 'utf32'];
const POINTS = Array.from({ length: 0x110000 }, (_, point) => point).filter(
  (point) => point < 0xd800 || point > 0xdfff,
);
const CODES_A_QUERY = 4000;
const REPLACED = '3f';
const UNKNOWN = 0xfffd;

/**
 * @typedef {(statement: string, values?: readonly unknown[]) => Promise<any[][]>} Query  returns
 *   rows as arrays
 * @typedef {Record<string, string>} Runs  characters of successive codes, by the first code in
 *   hexadecimal digits
 * @typedef {{ both: Runs, reading: Runs }} Table  characters that are written and read, and codes
 *   that are only read
 */

async function main() {
  // Required here, because only developers have it.
  const mariadb = require('mariadb');
  const server = await startServer();
  try {
    const connection = await mariadb.createConnection({
      host: server.host,
      port: server.sqlPort,
      user: 'root',
      rowsAsArray: true,
    });
    fs.rmSync(FOLDER, { recursive: true, force: true });
    fs.mkdirSync(FOLDER);
    for (const { name, text } of await readTables((...given) => connection.query(...given))) {
      fs.writeFileSync(path.join(FOLDER, name), text);
    }
    await connection.end();
  } finally {
    await server.stop();
  }
}

/**
 * The contents of the files: each charset's table as JSON.
 * @param {Query} query
 */
async function readTables(query) {
  const charsets = await query(
    'SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS ORDER BY CHARACTER_SET_NAME',
  );
  const files = [];
  const text = POINTS.map((point) => `${String.fromCodePoint(point)}\n`).join('');
  await query('SET @points = CONVERT(? USING utf8mb4)', [Buffer.from(text)]);
  for (const [charset, length] of charsets) {
    if (UNICODE.includes(charset)) continue;
    const table = await readTable(query, charset, Number(length));
    files.push({ name: `${charset}.json`, text: toJson(table) });
  }
  return files;
}

/**
 * @param {Query} query
 * @param {string} charset
 * @param {number} length  of its longest characters, in bytes
 * @returns {Promise<Table>}
 */
async function readTable(query, charset, length) {
  const written = await readWritten(query, charset);
  const read = await readRead(query, charset, allCodes(length));
  /** @type {Map<number, number>} */
  const both = new Map();
  /** @type {Map<number, number>} */
  const reading = new Map();
  for (const [code, point] of read) {
    (written.get(point) === code ? both : reading).set(code, point);
  }
  return { both: toRuns(both), reading: toRuns(reading) };
}

/**
 * The codes of all code points.
 * @param {Query} query
 * @param {string} charset
 */
async function readWritten(query, charset) {
  const [[bytes]] = await query(`SELECT CAST(CONVERT(@points USING ${charset}) AS BINARY)`);
  /** @type {Map<number, number>} */
  const codes = new Map();
  let start = 0;
  for (const point of POINTS) {
    // No character of several bytes starts with the byte of a line end.
    let end = start + 1;
    while (bytes[end] !== LINE_END) end++;
    const code = bytes.readUIntBE(start, end - start);
    if (code !== QUESTION_MARK || point === QUESTION_MARK) codes.set(point, code);
    start = end + 1;
  }
  return codes;
}

const LINE_END = 0x0a;
const QUESTION_MARK = 0x3f;

/**
 * @param {Query} query
 * @param {string} charset
 * @param {readonly string[]} codes  in hexadecimal digits
 */
async function readRead(query, charset, codes) {
  /** @type {Map<number, number>} */
  const points = new Map();
  for (let i = 0; i < codes.length; i += CODES_A_QUERY) {
    const selects = codes.slice(i, i + CODES_A_QUERY).map((code) => {
      const text = `CONVERT(UNHEX('${code}') USING ${charset})`;
      return `SELECT '${code}', HEX(CONVERT(${text} USING utf32)), LOWER(HEX(${text}))`;
    });
    for (const [code, point, kept] of await query(selects.join(' UNION ALL '))) {
      // One character, and not the replacement for an invalid code.
      if (kept !== code || point?.length !== 8) continue;
      const number = Number.parseInt(point, 16);
      const isReplaced = number === QUESTION_MARK && code !== REPLACED;
      if (!isReplaced && number !== UNKNOWN) points.set(Number.parseInt(code, 16), number);
    }
  }
  return points;
}

/** @param {number} length */
function allCodes(length) {
  const codes = range(0x00, 0xff);
  if (length >= 2) {
    for (const lead of range(0x80, 0xff)) {
      for (const trail of range(0x30, 0xff)) codes.push(lead + trail);
    }
  }
  if (length >= 3) {
    for (const middle of range(0xa1, 0xfe)) {
      for (const trail of range(0xa1, 0xfe)) codes.push(`8f${middle}${trail}`);
    }
  }
  return codes;
}

/**
 * @param {number} first
 * @param {number} last
 */
function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) =>
    (first + i).toString(16).padStart(2, '0'),
  );
}

/**
 * @param {ReadonlyMap<number, number>} points  by code
 * @returns {Runs}
 */
function toRuns(points) {
  /** @type {Runs} */
  const runs = {};
  let last = -2;
  let first = '';
  for (const [code, point] of [...points].sort(([a], [b]) => a - b)) {
    if (code !== last + 1) {
      first = code.toString(16);
      runs[first] = '';
    }
    runs[first] += String.fromCodePoint(point);
    last = code;
  }
  return runs;
}

/**
 * Characters that an editor may not show: not plain letters or signs, or written from right to
 * left.
 */
const UNREADABLE = /[^\n\x20-\x7e\p{L}\p{N}\p{P}\p{S}]|\p{Script=Hebrew}|\p{Script=Arabic}/gu;

/** @param {Table} table */
function toJson(table) {
  return `${JSON.stringify(table, null, 1).replace(UNREADABLE, escaped)}\n`;
}

/** @param {string} character */
function escaped(character) {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

module.exports = { FOLDER, readTables };

if (require.main === module) main();
