'use strict';

/*
 * The SQL that asks a database about a table.
 *
 * Both statements set what the session may have changed: how names and strings are quoted, the
 * charset of the result, and the time zone.
 */

/**
 * Days on which the server's zone is compared with UTC: winters, summers, and years with unusual
 * rules.
 */
const ZONE_PROBES = [
  '1971-01-15',
  '1971-07-15',
  '1980-07-15',
  '1990-07-15',
  '2000-01-15',
  '2000-07-15',
  '2018-07-15',
  '2024-01-15',
  '2024-07-15',
  '2037-07-15',
];

/**
 * Returns a row for the table, for each column and for each part of a key; `json` describes it. Its
 * parameters are the database and the table, four times. The names are returned too, because
 * information_schema compares them by a collation.
 */
const TABLE_QUERY = `
set statement sql_mode = '', sql_quote_show_create = 1, character_set_results = utf8mb4, time_zone = 'SYSTEM' for
select 'table' as kind, 0 as ord, json_object(
    'in', TABLE_SCHEMA, 'of', TABLE_NAME, 'type', TABLE_TYPE, 'engine', ENGINE, 'options', CREATE_OPTIONS,
    'version', version(), 'zone', @@system_time_zone,
    'zoneProbes', json_array(${ZONE_PROBES.map((day) => `unix_timestamp('${day}')`).join(', ')}),
    'binaryLog', @@log_bin + 0, 'galera', @@global.wsrep_on + 0) as json
  from information_schema.TABLES where TABLE_SCHEMA = ? and TABLE_NAME = ?
union all
select 'column', ORDINAL_POSITION, json_object(
    'in', TABLE_SCHEMA, 'of', TABLE_NAME, 'name', COLUMN_NAME, 'type', DATA_TYPE, 'declared', COLUMN_TYPE,
    'nullable', IS_NULLABLE, 'characters', CHARACTER_MAXIMUM_LENGTH, 'octets', CHARACTER_OCTET_LENGTH,
    'precision', NUMERIC_PRECISION, 'scale', NUMERIC_SCALE, 'decimals', DATETIME_PRECISION,
    'charset', CHARACTER_SET_NAME, 'collation', COLLATION_NAME, 'default', COLUMN_DEFAULT, 'extra', EXTRA,
    'expression', GENERATION_EXPRESSION, 'privileges', \`PRIVILEGES\`)
  from information_schema.COLUMNS where TABLE_SCHEMA = ? and TABLE_NAME = ?
union all
select 'part', SEQ_IN_INDEX, json_object(
    'in', TABLE_SCHEMA, 'of', TABLE_NAME, 'index', INDEX_NAME, 'unique', NON_UNIQUE = 0, 'column', COLUMN_NAME,
    'prefix', SUB_PART, 'direction', COLLATION, 'algorithm', INDEX_TYPE)
  from information_schema.STATISTICS where TABLE_SCHEMA = ? and TABLE_NAME = ?
union all
select 'trigger', ACTION_ORDER, json_object(
    'in', EVENT_OBJECT_SCHEMA, 'of', EVENT_OBJECT_TABLE, 'name', TRIGGER_NAME, 'event', EVENT_MANIPULATION,
    'timing', ACTION_TIMING)
  from information_schema.TRIGGERS where EVENT_OBJECT_SCHEMA = ? and EVENT_OBJECT_TABLE = ?`.trim();

/** How many pairs of database and table TABLE_QUERY takes. */
const TABLE_QUERY_PARTS = 4;

/**
 * The query for what information_schema hides: checks (without global privileges), periods, and
 * names of columns and keys.
 * @param {string} database
 * @param {string} table
 */
function showCreateTable(database, table) {
  const name = `${quoteName(database)}.${quoteName(table)}`;
  return `set statement sql_mode = '', sql_quote_show_create = 1, character_set_results = utf8mb4 for show create table ${name}`;
}

/**
 * Whether the user itself, and not a role, has the privilege that shows triggers. Its parameters
 * are the database, then the database and the table.
 */
const TRIGGER_PRIVILEGE_QUERY = `
select count(*) as granted from (
  select GRANTEE, PRIVILEGE_TYPE from information_schema.USER_PRIVILEGES
  union all
  select GRANTEE, PRIVILEGE_TYPE from information_schema.SCHEMA_PRIVILEGES where TABLE_SCHEMA = ?
  union all
  select GRANTEE, PRIVILEGE_TYPE from information_schema.TABLE_PRIVILEGES where TABLE_SCHEMA = ? and TABLE_NAME = ?
) as privileges
where GRANTEE = concat('''', replace(current_user(), '@', '''@'''), '''')
  and PRIVILEGE_TYPE = 'TRIGGER'`.trim();

/** @param {string} name */
function quoteName(name) {
  return `\`${name.replaceAll('`', '``')}\``;
}

module.exports = {
  TABLE_QUERY,
  TABLE_QUERY_PARTS,
  TRIGGER_PRIVILEGE_QUERY,
  ZONE_PROBES,
  quoteName,
  showCreateTable,
};
