'use strict';

const { isHash, namesOneRow, takesNull } = require('./indexes.js');

/*
 * What an operation does to a table: the columns, rows and other tables that it reaches.
 */

/**
 * What is about to be done.
 * @typedef {object} Operation
 * @property {'open' | 'find' | 'insert' | 'update' | 'increment' | 'decrement' | 'delete'} kind
 * @property {import('../..').FindOperator} [op]  of all but open and insert
 * @property {number} [parts]  how many parts the key has
 * @property {boolean} [isList]  whether it is asked with `in`
 * @property {boolean} [isOne]  whether it changes one row at most
 * @property {readonly string[]} [columns]  those that insert, update and its like name
 */

/** @type {Readonly<Partial<Record<Operation['kind'], string>>>} */
const EVENTS = {
  insert: 'INSERT',
  update: 'UPDATE',
  increment: 'UPDATE',
  decrement: 'UPDATE',
  delete: 'DELETE',
};

/** @param {Operation} operation */
function isWrite({ kind }) {
  return EVENTS[kind] !== undefined;
}

/** @param {Operation} operation */
function isChange({ kind }) {
  return EVENTS[kind] === 'UPDATE';
}

/**
 * Whether it looks for rows otherwise than by `=` and all parts of the index.
 * @param {import('../../types/schema').IndexSchema} index
 * @param {Operation} operation
 */
function isPartial(index, { op, parts = 0 }) {
  return op !== undefined && (op !== '=' || parts < index.columns.length);
}

/**
 * The columns by which the rows that an operation finds are ordered: a row in which one is changed may be found again.
 * @param {Target} target
 * @param {Operation} operation
 * @returns {readonly string[]}
 */
function orderedBy({ schema, index }, { op, parts = 0, isOne, isList }) {
  if (isOne) return [];
  // What `=` names is the same in all rows, and a row in which it changes is left behind.
  const own = index.columns.slice(op === '=' && !isList ? parts : 0).map(({ name }) => name);
  // InnoDB orders rows with the same key by their primary keys.
  const isUnique =
    namesOneRow(index, parts) && !index.columns.some((_, i) => takesNull(schema, index, i));
  if (op === '=' && isUnique) return own;
  const primary = schema.indexes.find(({ name }) => name === 'PRIMARY');
  return [...new Set([...own, ...(primary?.columns.map(({ name }) => name) ?? [])])];
}

/** @param {import('../../types/schema').TableSchema} schema */
function hasUniqueHash(schema) {
  return schema.indexes.some((index) => isHash(schema, index) === 'unique');
}

/**
 * The columns that an operation sets, and the generated ones that follow from them.
 * @param {import('../../types/schema').TableSchema} schema
 * @param {Operation} operation
 */
function changedBy(schema, operation) {
  const isInsert = operation.kind === 'insert';
  if (!isInsert && !isChange(operation)) return new Set();
  const changed = new Set(isInsert ? schema.columns.map(({ name }) => name) : operation.columns);
  // A generated column may name one that stands after it.
  for (let size = -1; size !== changed.size; ) {
    size = changed.size;
    for (const { name, generated } of schema.columns) {
      if (generated?.columns.some((column) => changed.has(column))) changed.add(name);
    }
  }
  return changed;
}

/**
 * @param {import('../../types/schema').TableSchema} schema
 * @param {Operation} operation
 * @param {readonly string[]} names
 */
function changesAny(schema, operation, names) {
  const changed = changedBy(schema, operation);
  return names.some((name) => changed.has(name));
}

/**
 * The foreign keys of other tables by which an operation changes their rows.
 * @param {import('../../types/schema').TableSchema} schema
 * @param {Operation} operation
 */
function cascadesOf(schema, operation) {
  const { cascades = [] } = schema;
  if (cascades === 'hidden') return [];
  return cascades.filter(
    ({ columns, onDelete, onUpdate }) =>
      (onDelete && operation.kind === 'delete') ||
      (onUpdate && isChange(operation) && changesAny(schema, operation, columns)),
  );
}

/** @param {import('../../types/schema').TableSchema} schema */
function indexedColumns({ indexes }) {
  return indexes.flatMap(({ columns }) => columns.map(({ name }) => name));
}

/**
 * @param {import('../../types/schema').TableSchema} schema
 * @param {ReadonlySet<string>} changed
 */
function indexedVirtual(schema, changed) {
  const indexed = indexedColumns(schema);
  return schema.columns.find(
    ({ name, generated }) =>
      generated?.kind === 'virtual' && changed.has(name) && indexed.includes(name),
  )?.name;
}

/**
 * The kinds of index that rows are found by, as the database calls them. What FEDERATED calls REMOTE is
 * the index of the table that it leads to.
 * @param {Target['schema']} schema
 */
function searched({ engine }) {
  return engine === 'FEDERATED' ? ['BTREE', 'REMOTE'] : ['BTREE', 'HASH'];
}

/**
 * @typedef {object} Target
 * @property {import('../../types/schema').TableSchema} schema
 * @property {import('../../types/schema').IndexSchema} index  the one that is opened
 */

module.exports = {
  EVENTS,
  cascadesOf,
  changedBy,
  changesAny,
  hasUniqueHash,
  indexedColumns,
  indexedVirtual,
  isChange,
  isPartial,
  isWrite,
  orderedBy,
  searched,
};
