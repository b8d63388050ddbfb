'use strict';

/**
 * The tables, and checks that a row is complete: each reads every value, whether it is text, a
 * number, a Date or a Buffer.
 *
 * @typedef {object} Table
 * @property {string} name
 * @property {string[]} columns
 * @property {number} rows
 * @property {number} valueBytes  bytes read of a row, if bytes are counted
 * @property {string[]} sql  makes the table with its rows
 * @property {boolean} hasBuffers  whether its values are bytes and not text
 * @property {(row: any) => number} readObject  Reads every value of a row that is an object, and
 *   returns its id.
 * @property {(row: any) => number} readArray  Does the same for a row that is an array.
 */

const DATABASE = 'bench';
const CREATED = '2024-02-29 01:02:03';
const CREATED_TIME = new Date(CREATED).getTime();

const KIB = 1024;
const MIB = 1024 * KIB;
/** Each large value starts and ends with this many digits, its id. */
const STAMP = 10;

const USER_COLUMNS = ['id', 'name', 'mail', 'city', 'created'];
const USER_TYPES = 'name VARCHAR(40), mail VARCHAR(60), city VARCHAR(40), created DATETIME';

const tables = [
  users('users', 200_000),
  users('few_users', 50_000),
  inserted(),
  narrow(),
  wide(30),
  foreign(),
  ...[STAMP, KIB, MIB].flatMap((size) => [values(false, size), values(true, size)]),
  values(false, 64 * MIB),
  values(true, 64 * MIB),
];

/** @type {ReadonlyMap<string, Table>} */
const TABLES = new Map(tables.map((table) => [table.name, table]));

/**
 * @param {string} name
 * @param {number} rows
 * @returns {Table}
 */
function users(name, rows) {
  return {
    name,
    columns: USER_COLUMNS,
    rows,
    valueBytes: 0,
    hasBuffers: false,
    sql: [
      `CREATE TABLE ${DATABASE}.${name} (id INT PRIMARY KEY, ${USER_TYPES})`,
      fill(
        name,
        rows,
        `CONCAT('name ', seq), CONCAT('user', seq, '@example.com'), CONCAT('city ', seq % 997),
         '${CREATED}'`,
      ),
      `ANALYZE TABLE ${DATABASE}.${name}`,
    ],
    readObject: (row) => readUser(row.id, row.name, row.mail, row.city, row.created),
    readArray: (row) => readUser(row[0], row[1], row[2], row[3], row[4]),
  };
}

/**
 * @param {string | number} id
 * @param {string} name
 * @param {string} mail
 * @param {string} city
 * @param {string | Date} created  text from HandlerSocket, a Date from SQL
 */
function readUser(id, name, mail, city, created) {
  const isWhole =
    name.charCodeAt(0) === 0x6e &&
    mail.charCodeAt(mail.length - 1) === 0x6d &&
    city.charCodeAt(0) === 0x63 &&
    (typeof created === 'string'
      ? created.length === CREATED.length
      : created.getTime() === CREATED_TIME);
  if (!isWhole) throw new Error(`row ${id} is not what was loaded`);
  return Number(id);
}

/** The table is empty at first; the server generates the ids. */
function inserted() {
  const like = users('inserted', 0);
  const sql = `CREATE TABLE ${DATABASE}.inserted (id INT AUTO_INCREMENT PRIMARY KEY, ${USER_TYPES})`;
  return { ...like, sql: [sql] };
}

/**
 * Values of a row to insert, without the id, which the server generates.
 *
 * @param {number} n
 */
function userToInsert(n) {
  return [`name ${n}`, `user${n}@example.com`, `city ${n % 997}`, CREATED];
}

/**
 * A row of the users' table, each value as text.
 *
 * @param {number} id
 */
function userOf(id) {
  const [name, mail, city, created] = userToInsert(id);
  return { id: String(id), name, mail, city, created };
}

/** @returns {Table} */
function narrow() {
  return {
    name: 'narrow',
    columns: ['id'],
    rows: 200_000,
    valueBytes: 0,
    hasBuffers: false,
    sql: [
      `CREATE TABLE ${DATABASE}.narrow (id INT PRIMARY KEY)`,
      fill('narrow', 200_000),
      `ANALYZE TABLE ${DATABASE}.narrow`,
    ],
    readObject: (row) => Number(row.id),
    readArray: (row) => Number(row[0]),
  };
}

/**
 * Short text in all columns except the id.
 *
 * @param {number} count  of columns
 */
function wide(count) {
  const texts = Array.from({ length: count - 1 }, (_, n) => ({
    name: `c${n + 1}`,
    begin: 'value ',
  }));
  return texting('wide', 20_000, texts);
}

/** Letters of two and three bytes, and of four, which are two units of a JavaScript string. */
function foreign() {
  return texting('foreign_text', 100_000, [
    { name: 'name', begin: 'Zoë Ångström ' },
    { name: 'city', begin: 'Екатеринбург ' },
    { name: 'dish', begin: '東京都の寿司 ' },
    { name: 'mood', begin: '😀 fine ' },
  ]);
}

/**
 * A table whose columns, except the id, each start with the same text and end with the id.
 *
 * @param {string} name
 * @param {number} rows
 * @param {{ name: string, begin: string }[]} texts
 * @returns {Table}
 */
function texting(name, rows, texts) {
  const types = texts.map((text) => `${text.name} VARCHAR(40)`);
  const first = texts.map((text) => text.begin.charCodeAt(0));
  const columns = ['id', ...texts.map((text) => text.name)];
  /**
   * @param {number} column
   * @param {string} value
   */
  const check = (column, value) => {
    if (value.charCodeAt(0) !== first[column - 1]) throw new Error(`${value} was not loaded`);
  };
  return {
    name,
    columns,
    rows,
    valueBytes: 0,
    hasBuffers: false,
    sql: [
      `CREATE TABLE ${DATABASE}.${name} (id INT PRIMARY KEY, ${types.join(', ')})`,
      fill(name, rows, texts.map(({ begin }) => `CONCAT('${begin}', seq)`).join(', ')),
      `ANALYZE TABLE ${DATABASE}.${name}`,
    ],
    readObject(row) {
      for (let column = 1; column < columns.length; column++) check(column, row[columns[column]]);
      return Number(row.id);
    },
    readArray(row) {
      for (let column = 1; column < columns.length; column++) check(column, row[column]);
      return Number(row[0]);
    },
  };
}

/**
 * One value of this size in each row. Text is ASCII; of the bytes, one in 16 is escaped on the
 * wire.
 *
 * @param {boolean} hasBuffers
 * @param {number} size
 * @returns {Table}
 */
function values(hasBuffers, size) {
  const name = `${hasBuffers ? 'bytes' : 'text'}_${size}`;
  const rows = Math.min(65_536, (64 * MIB) / size);
  const pattern = hasBuffers
    ? Buffer.from(Uint8Array.from(Array(256).keys()))
    : Buffer.from('sixteen letters ');
  const stamp = `LPAD(seq, ${STAMP}, '0')`;
  const middle = size - 2 * STAMP;
  const repeated = `LEFT(REPEAT(x'${pattern.toString('hex')}', ${Math.ceil(size / pattern.length)}), ${middle})`;
  /** @param {any} value */
  const read = (value) => {
    const isWhole = value.length === size && stampAt(value, 0) === stampAt(value, size - STAMP);
    if (!isWhole) throw new Error(`a value of ${value.length} bytes is not what was loaded`);
    return Number(stampAt(value, 0));
  };
  return {
    name,
    columns: ['id', 'value'],
    rows,
    valueBytes: size,
    hasBuffers,
    sql: [
      `CREATE TABLE ${DATABASE}.${name} (id INT PRIMARY KEY, value ${hasBuffers ? 'LONGBLOB' : 'LONGTEXT'})`,
      fill(name, rows, middle > 0 ? `CONCAT(${stamp}, ${repeated}, ${stamp})` : stamp),
    ],
    readObject: (row) => read(row.value),
    readArray: (row) => read(row[1]),
  };
}

/**
 * @param {string | Buffer} value
 * @param {number} from
 */
function stampAt(value, from) {
  if (typeof value === 'string') return value.slice(from, from + STAMP);
  return value.toString('latin1', from, from + STAMP);
}

/**
 * @param {string} table
 * @param {number} rows
 * @param {string} [expressions]  of the columns after the id, which is `seq`
 */
function fill(table, rows, expressions) {
  const all = ['seq', ...(expressions ? [expressions] : [])].join(', ');
  return `INSERT INTO ${DATABASE}.${table} SELECT ${all} FROM ${DATABASE}.seq_1_to_${rows}`;
}

/** @param {string} name */
function tableOf(name) {
  const table = TABLES.get(name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return table;
}

/**
 * SQL that makes the database and these tables.
 *
 * @param {Iterable<string>} names
 */
function sqlOf(names) {
  return [`CREATE DATABASE ${DATABASE}`, ...[...names].flatMap((name) => tableOf(name).sql)];
}

module.exports = { DATABASE, MIB, CREATED, users, tableOf, sqlOf, userOf, userToInsert };
