'use strict';

const { runSql } = require('./sql.js');

/*
 * Foreign keys by which a delete or a change of a row of one table deletes or changes rows of another. InnoDB does that itself,
 * and where the other table has an index on a virtual column, HandlerSocket crashes the server at it. A UNIQUE key USING
 * HASH is such an index, on a virtual column that SQL does not show.
 *
 * They are read from InnoDB's dictionary: information_schema.REFERENTIAL_CONSTRAINTS hides those of tables that the user may not
 * see, and opens all tables of the server.
 */

/** A table's name as the dictionary has it. Its collation ignores case, since it is in lower case on some systems. */
const REFERENCED = `convert(concat(cast(convert(? using filename) as binary), '/', cast(convert(? using filename) as binary)) using utf8mb3)`;

/** A part of such a name as SQL writes it. */
const nameIn = (/** @type {string} */ part) =>
  `convert(convert(cast(${part} as binary) using filename) using utf8mb4)`;

/** TYPE has the bits of ON DELETE CASCADE and SET NULL, ON UPDATE CASCADE and SET NULL. */
const ON_DELETE = 1 | 2;
const ON_UPDATE = 4 | 8;
const CASCADES = ON_DELETE | ON_UPDATE;

/** A row for each column of a foreign key that leads to a table. Its parameters are the database and the table. */
const CASCADES_QUERY = `
set statement sql_mode = '', character_set_results = utf8mb4 for
select f.ID as id, f.FOR_NAME as child, f.TYPE as type, c.REF_COL_NAME as referenced,
    ${nameIn("substring_index(f.FOR_NAME, '/', 1)")} as child_database,
    ${nameIn("substring_index(f.FOR_NAME, '/', -1)")} as child_table
  from information_schema.INNODB_SYS_FOREIGN as f
  join information_schema.INNODB_SYS_FOREIGN_COLS as c on c.ID = f.ID
  where f.TYPE & ${CASCADES} and f.REF_NAME = ${REFERENCED}
  order by f.ID, c.POS`.trim();

/** Of an index: it has a virtual column. */
const IS_VIRTUAL = 128;

/** Where rows of all tables lead, and which tables have an index on a virtual column: those have no parent here. */
const CRASHES_QUERY = `
set statement sql_mode = '', character_set_results = utf8mb4 for
select REF_NAME as parent, FOR_NAME as child from information_schema.INNODB_SYS_FOREIGN where TYPE & ${CASCADES}
union all
select distinct null, t.NAME
  from information_schema.INNODB_SYS_INDEXES as i
  join information_schema.INNODB_SYS_TABLES as t on t.TABLE_ID = i.TABLE_ID
  where i.TYPE & ${IS_VIRTUAL}`.trim();

/** MariaDB's number for a lack of a privilege that is none on a table. */
const DENIED = 1227;

/**
 * The foreign keys of an InnoDB table that cascade from it.
 * @param {unknown} sql
 * @param {string} database
 * @param {string} table
 * @returns {Promise<readonly Cascade[] | 'hidden'>}
 */
async function readCascades(sql, database, table) {
  try {
    const rows = await runSql(sql, CASCADES_QUERY, [database, table]);
    if (rows.length === 0) return [];
    const crashes = crashesOf(await runSql(sql, CRASHES_QUERY, []));
    return toCascades(rows, crashes);
  } catch (error) {
    if (/** @type {any} */ (error)?.errno === DENIED) return 'hidden';
    throw error;
  }
}

/**
 * @param {readonly Record<string, any>[]} rows  of CASCADES_QUERY
 * @param {(table: string) => boolean} crashes
 * @returns {Cascade[]}
 */
function toCascades(rows, crashes) {
  const ids = [...new Set(rows.map(({ id }) => id))];
  return ids.map((id) => {
    const own = rows.filter((row) => row.id === id);
    const [{ child, type, child_database, child_table }] = own;
    return {
      name: id.slice(id.indexOf('/') + 1),
      database: child_database,
      table: child_table,
      columns: own.map(({ referenced }) => referenced),
      ...(Number(type) & ON_DELETE ? { onDelete: true } : undefined),
      ...(Number(type) & ON_UPDATE ? { onUpdate: true } : undefined),
      ...(crashes(child) ? { crashes: true } : undefined),
    };
  });
}

/**
 * Whether a change of a table crashes the server, there or where it leads.
 * @param {readonly Record<string, any>[]} rows  of CRASHES_QUERY
 * @returns {(table: string) => boolean}
 */
function crashesOf(rows) {
  /** @type {Map<string, string[]>} */
  const children = new Map();
  const unsafe = new Set();
  for (const { parent, child } of rows) {
    if (parent === null) unsafe.add(child.toLowerCase());
    else children.set(parent.toLowerCase(), [...(children.get(parent.toLowerCase()) ?? []), child]);
  }
  return (table) => {
    const reached = new Set([table.toLowerCase()]);
    for (const one of reached) {
      if (unsafe.has(one)) return true;
      for (const child of children.get(one) ?? []) reached.add(child.toLowerCase());
    }
    return false;
  };
}

/** @typedef {import('../../types/schema').CascadeSchema} Cascade */

module.exports = { readCascades };
