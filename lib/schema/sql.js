'use strict';

const { show, showKind } = require('../util/show.js');

/**
 * Runs one statement over the user's SQL connection: a connection or pool of mysql2 or mariadb,
 * with callbacks or promises, or a function of the user's own.
 *
 * The drivers' options for the format of rows are set for this statement, whatever the connection
 * has.
 * @param {unknown} sql
 * @param {string} statement
 * @param {readonly unknown[]} values
 * @returns {Promise<Record<string, unknown>[]>}
 */
async function runSql(sql, statement, values) {
  const given = typeof sql === 'function' ? sql(statement, values) : query(sql, statement, values);
  const result = await given;
  if (!Array.isArray(result)) {
    throw new TypeError(`sql must give an array of rows, not ${show(result)}`);
  }
  // mysql2's promises resolve with the rows and the fields.
  return Array.isArray(result[0]) ? result[0] : result;
}

/**
 * @param {any} sql
 * @param {string} statement
 * @param {readonly unknown[]} values
 */
function query(sql, statement, values) {
  // The result of mysql2's callback interface has a `then` that throws.
  const driver = typeof sql.promise === 'function' ? sql.promise() : sql;
  const options = {
    sql: statement,
    rowsAsArray: false,
    nestTables: false,
    namedPlaceholders: false,
    typeCast: (/** @type {unknown} */ _field, /** @type {() => unknown} */ next) => next(),
  };
  return new Promise((resolve, reject) => {
    const returned = driver.query(
      options,
      values,
      (/** @type {unknown} */ error, /** @type {unknown} */ rows) => {
        if (error) reject(error);
        else resolve(rows);
      },
    );
    // Drivers with promises do not call the callback.
    if (typeof returned?.then === 'function') resolve(returned);
  });
}

/**
 * @param {unknown} sql
 * @param {string} argument
 */
function checkSql(sql, argument) {
  const isDriver =
    typeof sql === 'object' && sql !== null && 'query' in sql && typeof sql.query === 'function';
  if (typeof sql === 'function' || isDriver) return;
  throw new TypeError(
    `${argument} must be a connection or pool of mysql2 or mariadb, or a function, not ${showKind(sql)}`,
  );
}

module.exports = { checkSql, runSql };
