'use strict';

/** The table that is read from, and what says that a row of it came whole. */

const ROWS = 50_000;
const COLUMNS = ['id', 'name', 'mail', 'city', 'created'];
const CREATED = '2024-02-29 01:02:03';
const CREATED_TIME = new Date(CREATED).getTime();

const SQL = [
  'CREATE DATABASE bench',
  `CREATE TABLE bench.users (id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(60),
     city VARCHAR(40), created DATETIME)`,
  `INSERT INTO bench.users
     SELECT seq, CONCAT('name ', seq), CONCAT('user', seq, '@example.com'),
            CONCAT('city ', seq % 997), '${CREATED}'
     FROM bench.seq_1_to_${ROWS}`,
  'ANALYZE TABLE bench.users',
];

/**
 * Reads every value of a row given as an object.
 *
 * @param {any} row
 * @returns {number} Its id.
 */
function readObject(row) {
  return readValues(row.id, row.name, row.mail, row.city, row.created);
}

/**
 * The same of a row given as an array.
 *
 * @param {any} row
 */
function readArray(row) {
  return readValues(row[0], row[1], row[2], row[3], row[4]);
}

/**
 * @param {string | number} id
 * @param {string} name
 * @param {string} mail
 * @param {string} city
 * @param {string | Date} created  text from HandlerSocket, a Date from SQL
 */
function readValues(id, name, mail, city, created) {
  const isWhole =
    name.startsWith('name ') &&
    mail.endsWith('.com') &&
    city.startsWith('city ') &&
    (typeof created === 'string'
      ? created.length === CREATED.length
      : created.getTime() === CREATED_TIME);
  if (!isWhole) throw new Error(`row ${id} is not what was loaded`);
  return Number(id);
}

module.exports = { ROWS, COLUMNS, SQL, readObject, readArray };
