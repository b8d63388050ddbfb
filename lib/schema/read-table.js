'use strict';

const { checkString } = require('../util/check.js');
const { schemaError } = require('./errors.js');
const {
  TABLE_QUERY,
  TABLE_QUERY_PARTS,
  TRIGGER_PRIVILEGE_QUERY,
  quoteName,
  showCreateTable,
} = require('./query.js');
const { checkSql, runSql } = require('./sql.js');
const { parseTableDefinition } = require('./table-definition.js');
const { toTableSchema } = require('./table-schema.js');
const { isAtLeast } = require('./version.js');

/**
 * Reads the schema of a table from the database.
 * @param {unknown} sql
 * @param {string} database
 * @param {string} table
 * @returns {Promise<import('../../types/schema').TableSchema>}
 */
async function readTable(sql, database, table) {
  checkSql(sql, 'sql');
  checkString(database, 'database');
  checkString(table, 'table');
  const names = { database, table, quoted: `${quoteName(database)}.${quoteName(table)}` };
  const [rows, text] = await ask(sql, names);
  if (rows.table.type !== 'BASE TABLE') {
    return toTableSchema(database, table, rows, parseTableDefinition(''));
  }
  const definition = parseTableDefinition(text);
  checkNothingHidden(rows, definition, names);
  if (!showsTriggers(rows)) await checkTriggerPrivilege(sql, names);
  return toTableSchema(database, table, rows, definition);
}

/**
 * Sends both statements at once if the driver can.
 * @param {unknown} sql
 * @param {Names} names
 * @returns {Promise<[import('./table-schema.js').TableRows, string]>}
 */
async function ask(sql, names) {
  const { database, table, quoted } = names;
  const values = Array(TABLE_QUERY_PARTS).fill([database, table]).flat();
  const [queried, shown] = await Promise.allSettled([
    runSql(sql, TABLE_QUERY, values),
    runSql(sql, showCreateTable(database, table), []),
  ]);
  if (queried.status === 'rejected') throw unreadable(quoted, queried.reason);
  const rows = sortRows(queried.value, names);
  if (rows === undefined) {
    const reason = 'there is no such table, or the user may not see it';
    const error = schemaError(`${quoted}: ${reason}. ${grant('SELECT, TRIGGER', names)}`);
    missing.add(error);
    throw error;
  }
  // A sequence has no definition, and the definition of a view needs a privilege.
  if (rows.table.type !== 'BASE TABLE') return [rows, ''];
  if (shown.status === 'rejected') {
    const advice = isDenied(shown.reason) ? `. ${grant('SELECT, TRIGGER', names)}` : '';
    throw unreadable(quoted, shown.reason, advice);
  }
  return [rows, String(Object.values(shown.value[0])[1])];
}

/**
 * @param {readonly Record<string, unknown>[]} given
 * @param {Names} names
 * @returns {import('./table-schema.js').TableRows | undefined}
 */
function sortRows(given, { database, table }) {
  const rows = given
    .map(({ kind, ord, json }) => ({
      kind,
      order: Number(ord),
      // The drivers return JSON parsed unless they are configured otherwise.
      value: typeof json === 'string' ? JSON.parse(json) : json,
    }))
    .filter(({ value }) => value.in === database && value.of === table);
  const of = (/** @type {string} */ kind) =>
    rows
      .filter((row) => row.kind === kind)
      .sort((a, b) => a.order - b.order)
      .map(({ value }) => value);
  const [found] = of('table');
  if (found === undefined) return undefined;
  // information_schema lists the indexes in the order of SHOW INDEX, so only the parts are sorted.
  const order = [
    ...new Set(rows.filter(({ kind }) => kind === 'part').map(({ value }) => value.index)),
  ];
  const parts = of('part').sort((a, b) => order.indexOf(a.index) - order.indexOf(b.index));
  return { table: found, columns: of('column'), parts, triggers: of('trigger') };
}

/**
 * information_schema silently omits columns and keys that the user may not see.
 * @param {import('./table-schema.js').TableRows} rows
 * @param {import('./table-definition.js').TableDefinition} definition
 * @param {Names} names
 */
function checkNothingHidden(rows, definition, names) {
  const columns = new Set(rows.columns.map(({ name }) => name));
  const keys = new Set(rows.parts.map(({ index }) => index));
  const hidden =
    definition.columns.find((name) => !columns.has(name)) ??
    definition.keys.find((name) => !keys.has(name));
  if (hidden === undefined && columns.size === definition.columns.length) return;
  throw schemaError(
    `${names.quoted}: information_schema does not show '${hidden}': the user may not see it, or the table was changed meanwhile. ${grant('SELECT, TRIGGER', names)}`,
  );
}

/**
 * Whether triggers would be shown if there were any. A privilege to write shows them on MariaDB
 * 10.11 and 11.8, but not on 10.5.
 * @param {import('./table-schema.js').TableRows} rows
 */
function showsTriggers({ table, columns, triggers }) {
  if (triggers.length > 0) return true;
  if (!isAtLeast(table.version, 10, 11)) return false;
  return columns.some(({ privileges }) => /\b(?:insert|update)\b/.test(privileges));
}

/**
 * @param {unknown} sql
 * @param {Names} names
 */
async function checkTriggerPrivilege(sql, names) {
  const { database, table, quoted } = names;
  const [row] = await runSql(sql, TRIGGER_PRIVILEGE_QUERY, [database, database, table]).catch(
    (error) => {
      throw unreadable(quoted, error);
    },
  );
  if (Number(row?.granted) > 0) return;
  throw schemaError(
    `${quoted}: the user may not see the table's triggers, if it has any. ${grant('TRIGGER', names)}`,
  );
}

/** @type {WeakSet<object>} */
const missing = new WeakSet();

/**
 * Whether an error says that there is no such table.
 * @param {object} error
 */
function isMissing(error) {
  return missing.has(error);
}

/** MariaDB's error number for a missing privilege on a table. */
const DENIED = 1142;

/** @param {any} error */
function isDenied(error) {
  return error?.errno === DENIED;
}

/**
 * @param {string} privileges
 * @param {Names} names
 */
function grant(privileges, { quoted }) {
  return `Run: GRANT ${privileges} ON ${quoted} TO the user of this connection`;
}

/**
 * @param {string} quoted
 * @param {any} cause
 * @param {string} [advice]
 */
function unreadable(quoted, cause, advice = '') {
  return schemaError(
    `${quoted} could not be read by SQL: ${cause?.message ?? cause}${advice}`,
    cause,
  );
}

/**
 * @typedef {object} Names
 * @property {string} database
 * @property {string} table
 * @property {string} quoted
 */

module.exports = { isMissing, readTable };
