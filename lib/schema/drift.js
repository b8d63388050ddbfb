'use strict';

const { schemaError } = require('./errors.js');
const { insertLimit } = require('./inserts.js');
const { isMissing, readTable } = require('./read-table.js');
const { isAtLeast } = require('./version.js');

/*
 * Checks that a table still matches its schema.
 */

/**
 * @typedef {object} Change
 * @property {string} path  within the schema: `columns.price.declared`
 * @property {unknown} was
 * @property {unknown} is  undefined if it is gone
 *
 * @typedef {Change & { table: string }} TableChange  `database.table`
 */

/** Fields of a schema that are lists of records whose order does not matter. */
const LISTS = /** @type {const} */ (['columns', 'indexes', 'checks', 'triggers']);

/** The most changes that a message lists. */
const MAX_TOLD = 3;

/**
 * Rejects with ERR_HS_SCHEMA if a table was changed since its schema was read.
 * @param {unknown} sql
 * @param {Schema} schema
 */
async function checkUnchanged(sql, schema) {
  const changes = changesBetween(schema, await readTable(sql, schema.database, schema.table));
  if (changes.length === 0) return;
  const told = changes.slice(0, MAX_TOLD).map(({ path, was, is }) => {
    return `${path} was ${JSON.stringify(was)} and is ${JSON.stringify(is)}`;
  });
  const more = changes.length > MAX_TOLD ? `, and ${changes.length - MAX_TOLD} more` : '';
  throw schemaError(
    `${nameOf(schema)} is not what its schema says: ${told.join('; ')}${more}. Read it again with readTable, and open the index with that`,
  );
}

/**
 * Returns all changes of tables since their schemas were read.
 * @param {unknown} sql
 * @param {Iterable<Schema>} schemas
 * @returns {Promise<TableChange[]>}
 */
async function findChanges(sql, schemas) {
  /** @type {Map<string, Schema[]>} */
  const byTable = new Map();
  for (const schema of schemas) {
    const key = JSON.stringify([schema.database, schema.table]);
    byTable.set(key, [...(byTable.get(key) ?? []), schema]);
  }
  const found = [];
  for (const known of byTable.values()) found.push(...(await changesOf(sql, known)));
  return found;
}

/**
 * @param {unknown} sql
 * @param {readonly Schema[]} known  of one table
 */
async function changesOf(sql, known) {
  const [{ database, table }] = known;
  const is = await readTable(sql, database, table).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  /** @type {Map<string, TableChange>} */
  const changes = new Map();
  for (const was of known) {
    const own = is === undefined ? [{ path: 'kind', was: was.kind, is }] : changesBetween(was, is);
    for (const change of own) changes.set(change.path, { table: nameOf(was), ...change });
  }
  return [...changes.values()];
}

/**
 * @param {Schema} was
 * @param {Schema} is
 * @returns {Change[]}
 */
function changesBetween(was, is) {
  const changes = [
    ...compare('kind', was.kind, is.kind),
    ...compare('engine', was.engine, is.engine),
  ];
  changes.push(...compare('partitioned', was.partitioned, is.partitioned));
  for (const list of LISTS) {
    const [before, now] = [byName(was[list]), byName(is[list])];
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      changes.push(...compareRecords(`${list}.${name}`, before.get(name), now.get(name)));
    }
  }
  changes.push(...compareServers(was, is));
  return changes;
}

/**
 * Compares only the server's properties that matter for this table.
 * @param {Schema} was
 * @param {Schema} is
 */
function compareServers(was, is) {
  const [before, now] = [was.server, is.server];
  const changes = [
    ...compare('server.binaryLog', before.binaryLog, now.binaryLog),
    ...compare('server.galera', before.galera, now.galera),
  ];
  if (Boolean(before.isUtc) !== Boolean(now.isUtc)) {
    changes.push({ path: 'server.timeZone', was: before.timeZone, is: now.timeZone });
  }
  const isSameServer =
    insertLimit(before.version) === insertLimit(now.version) &&
    isAtLeast(before.version, 11, 5) === isAtLeast(now.version, 11, 5);
  if (!isSameServer) changes.push({ path: 'server.version', was: before.version, is: now.version });
  return changes;
}

/**
 * @param {string} path
 * @param {Record<string, unknown> | undefined} was
 * @param {Record<string, unknown> | undefined} is
 * @returns {Change[]}
 */
function compareRecords(path, was, is) {
  if (was === undefined || is === undefined) return [{ path, was, is }];
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names].flatMap((name) => compare(`${path}.${name}`, was[name], is[name]));
}

/**
 * Lists the differences; a missing field equals false.
 * @param {string} path
 * @param {unknown} was
 * @param {unknown} is
 * @returns {Change[]}
 */
function compare(path, was, is) {
  return textOf(was ?? false) === textOf(is ?? false) ? [] : [{ path, was, is }];
}

/**
 * The JSON of a value, independent of the order of its keys.
 * @param {any} value
 * @returns {string}
 */
function textOf(value) {
  return JSON.stringify(value, (_key, inner) => {
    const isRecord = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isRecord ? Object.fromEntries(Object.entries(inner).sort()) : inner;
  });
}

/**
 * @param {readonly { readonly name: string }[]} records
 * @returns {Map<string, any>}
 */
function byName(records) {
  return new Map(records.map((record) => [record.name, record]));
}

/** @param {Schema} schema */
function nameOf({ database, table }) {
  return `${database}.${table}`;
}

/** @typedef {import('../../types/schema').TableSchema} Schema */

module.exports = { checkUnchanged, findChanges };
