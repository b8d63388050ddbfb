'use strict';

const { show, showKind } = require('../util/show.js');

/**
 * Runs one statement over whichever SQL connection the user has: mysql2 and mariadb, connections and pools, with
 * callbacks or promises, or a function of the user's own.
 *
 * The drivers' options for how rows look are set for this statement, whatever the connection's are.
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
  // Promises of mysql2 give the rows and the fields.
  return Array.isArray(result[0]) ? result[0] : result;
}

/**
 * @param {any} sql
 * @param {string} statement
 * @param {readonly unknown[]} values
 */
function query(sql, statement, values) {
  // What mysql2 gives to callbacks has a `then` that throws.
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
    // With promises the callback is not called.
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
