'use strict';

const { hasPaddedPrefix, isHash } = require('./indexes.js');
const { insertedColumns, insertLimit } = require('./inserts.js');
const {
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
} = require('./operations.js');

/*
 * What HandlerSocket does to a table that SQL would not do, and when that is refused. `facts` is
 * the entry of the project's wire-facts in which it was observed, or the place in docs/, which
 * explains it to users.
 */

/**
 * @typedef {object} Rule
 * @property {string} facts
 * @property {Allowance} [allow]  lifts the rule; without it nothing does
 * @property {(target: Target, operation: Operation) => string | false | undefined} would  what
 *   would happen, if anything
 * @property {string} instead
 */

/** Engines with which reading and writing was tested; other rules have the exceptions. */
const ENGINES = new Set(['InnoDB', 'Aria', 'MEMORY', 'MyISAM', 'FEDERATED']);
const BY_SQL = 'do it by SQL';

/** @type {readonly Rule[]} */
const RULES = [
  {
    facts: '0.12',
    would: ({ schema }, { kind }) =>
      kind === 'open' && schema.kind === 'VIEW' && 'opening a view crashes the server',
    instead: 'open the tables that it is made of',
  },
  {
    facts: '7',
    would: ({ schema }, { kind }) =>
      kind === 'open' &&
      schema.kind === 'SYSTEM VERSIONED' &&
      'rows of the past are found and changed with those of today',
    instead: 'read and write system-versioned tables by SQL',
  },
  {
    facts: '7, 13 N10',
    would: ({ schema }, { kind }) =>
      kind === 'open' &&
      !['BASE TABLE', 'VIEW', 'SYSTEM VERSIONED'].includes(schema.kind) &&
      `HandlerSocket cannot open what is no table (it is a ${schema.kind})`,
    instead: BY_SQL,
  },
  {
    facts: '13 N3, N10',
    would: ({ schema: { kind: type, engine } }, { kind }) =>
      kind === 'open' &&
      type === 'BASE TABLE' &&
      !ENGINES.has(engine ?? '') &&
      `tables of the engine ${engine} crash the server, lose rows or do not show them, or were never tried`,
    instead: 'ALTER TABLE … ENGINE = InnoDB, or read and write it by SQL',
  },
  {
    facts: '13 N2',
    would: ({ schema, index }, { kind }) =>
      kind === 'open' &&
      schema.partitioned &&
      index.name !== 'PRIMARY' &&
      'secondary indexes of partitioned tables crash the server',
    instead: 'open PRIMARY, or read by SQL',
  },
  {
    facts: '7',
    would: ({ schema, index }, { kind }) =>
      kind === 'open' &&
      (!searched(schema).includes(index.algorithm) || isHash(schema, index) === 'unique') &&
      `an index of the kind ${index.algorithm} finds nothing, or the wrong rows`,
    instead: 'open another index, or read by SQL',
  },
  {
    facts: '2',
    would: ({ index }, { kind }) =>
      kind === 'open' &&
      /^\d/.test(index.name) &&
      'HandlerSocket takes a name that begins with a digit for the number of an index',
    instead: 'rename the index',
  },
  {
    facts: '13 N2',
    would: ({ schema, index }, operation) =>
      schema.partitioned &&
      isPartial(index, operation) &&
      'on a partitioned table all but = with the whole primary key crashes the server, or finds the wrong rows',
    instead: 'give all parts of the key, or do it by SQL',
  },
  {
    facts: '7',
    would: ({ schema, index }, operation) =>
      isHash(schema, index) === 'memory' &&
      isPartial(index, operation) &&
      'a HASH index knows only = with all parts of its key: anything else finds wrong rows or none',
    instead: 'give all parts of the key, or make the index USING BTREE',
  },
  {
    facts: '13 N9',
    would: ({ schema }, { op }) =>
      schema.engine === 'FEDERATED' &&
      (op === '<' || op === '<=') &&
      'FEDERATED tables cannot be read downwards',
    instead: 'read the table itself',
  },
  {
    facts: '0.12, 13 N3',
    would: ({ schema }, { kind }) =>
      kind === 'insert' &&
      hasUniqueHash(schema) &&
      'an insert into a table with a UNIQUE key USING HASH (MariaDB makes one for TEXT, BLOB and long VARCHAR columns) crashes the server',
    instead: 'insert by SQL',
  },
  {
    facts: '13 N3',
    would: ({ schema }, operation) =>
      (operation.kind === 'insert' || isChange(operation)) &&
      schema.indexes.some(({ withoutOverlaps }) => withoutOverlaps) &&
      'an insert into a table with a key WITHOUT OVERLAPS, or a change of any column, crashes the server',
    instead: 'write by SQL',
  },
  {
    facts: '13 N1',
    would: ({ schema }, { kind }) =>
      kind === 'insert' &&
      schema.engine === 'MyISAM' &&
      'a row inserted into a MyISAM table is lost, and the table is corrupt afterwards',
    instead: 'ALTER TABLE … ENGINE = InnoDB or Aria, or insert by SQL',
  },
  {
    facts: '13 N6',
    would: ({ schema }, operation) =>
      isWrite(operation) &&
      schema.indexes.some(({ algorithm }) => algorithm === 'VECTOR') &&
      'a write does not keep the VECTOR index, and the search by it loses rows',
    instead: 'write by SQL',
  },
  {
    facts: '14',
    would: ({ schema }, operation) => {
      const broken = indexedVirtual(schema, changedBy(schema, operation));
      return broken && `the index on the virtual column '${broken}' becomes corrupt`;
    },
    instead: 'write by SQL, or drop the index',
  },
  {
    facts: 'docs/handlersocket.md, cascades',
    would: ({ schema }, operation) => {
      const cascade = cascadesOf(schema, operation).find(({ crashes }) => crashes);
      return (
        cascade &&
        `the foreign key ${cascade.name} changes ${cascade.database}.${cascade.table} too, and an index there on a virtual column, or a UNIQUE key USING HASH, makes that crash the server`
      );
    },
    instead: 'do it by SQL, or drop that index',
  },
  {
    facts: 'docs/handlersocket.md, cascades',
    would: ({ schema }, operation) =>
      schema.cascades === 'hidden' &&
      (operation.kind === 'delete' ||
        (isChange(operation) && changesAny(schema, operation, indexedColumns(schema)))) &&
      'foreign keys of other tables may cascade from here and crash the server, and whoever read the schema may not see them',
    instead:
      'GRANT PROCESS ON *.* TO the user that reads the schema and read it again, or do it by SQL',
  },
  {
    facts: '13 N3',
    would: ({ schema }, operation) =>
      isChange(operation) &&
      schema.indexes.some(
        (index) =>
          isHash(schema, index) === 'unique' &&
          changesAny(
            schema,
            operation,
            index.columns.map(({ name }) => name),
          ),
      ) &&
      'a change of a column in a UNIQUE key USING HASH lets duplicates in',
    instead: 'change it by SQL',
  },
  {
    facts: '2',
    would: ({ schema, index }, operation) =>
      isWrite(operation) &&
      hasPaddedPrefix(schema, index, operation.parts ?? 0) &&
      "an index of the beginning of a column finds more than the key says ('ab' finds 'ab x'), and all that is changed",
    instead: 'open another index',
  },
  {
    facts: '2',
    would: (target, operation) => {
      const moving = isChange(operation) ? orderedBy(target, operation) : [];
      const names = moving.filter((name) => operation.columns?.includes(name));
      return (
        names.length > 0 &&
        `rows are found again where they moved to, and changed more than once: '${names.join("', '")}' is what the walk is ordered by`
      );
    },
    instead:
      'change rows one by one (limit 1, or the whole unique key), walk by another index, or do it by SQL',
  },
  {
    facts: '0.5',
    allow: 'triggers',
    would: ({ schema }, operation) => {
      const event = EVENTS[operation.kind];
      const own = schema.triggers.filter((trigger) => trigger.event === event);
      return own.length > 0 && `triggers do not run: ${own.map(({ name }) => name).join(', ')}`;
    },
    instead: BY_SQL,
  },
  {
    facts: '0.5',
    allow: 'checks',
    would: ({ schema }, operation) => {
      const own = schema.checks.filter(
        ({ columns }) =>
          operation.kind === 'insert' ||
          (isChange(operation) && changesAny(schema, operation, columns)),
      );
      const names = own.map(({ name, clause }) => `${name} (${clause})`).join(', ');
      return own.length > 0 && `CHECK constraints are not checked: ${names}`;
    },
    instead: 'check the values yourself, or do it by SQL',
  },
  {
    facts: '0.5',
    allow: 'generated',
    would: ({ schema }, operation) => {
      const changed = changedBy(schema, operation);
      const own = schema.columns.filter(
        ({ name, generated }) => generated?.kind === 'stored' && changed.has(name),
      );
      const names = own.map(({ name }) => name).join(', ');
      return own.length > 0 && `stored generated columns are not computed: ${names}`;
    },
    instead: BY_SQL,
  },
  {
    facts: '0.5',
    allow: 'on-update',
    would: ({ schema }, operation) => {
      const own = schema.columns.filter(
        ({ name, onUpdate }) =>
          onUpdate && isChange(operation) && !operation.columns?.includes(name),
      );
      const names = own.map(({ name }) => name).join(', ');
      return own.length > 0 && `ON UPDATE CURRENT_TIMESTAMP does not happen: ${names}`;
    },
    instead: 'set that column, too',
  },
  {
    facts: '0.5',
    allow: 'defaults',
    would: ({ schema }, { kind, columns = [] }) => {
      const own = schema.columns.filter(
        (column) =>
          kind === 'insert' &&
          column.default !== undefined &&
          'expression' in column.default &&
          !columns.includes(column.name),
      );
      const names = own.map(({ name }) => name).join(', ');
      return (
        own.length > 0 &&
        `defaults that the database computes become NULL, 0, '' or the zero date: ${names}`
      );
    },
    instead: 'give that column a value',
  },
  {
    facts: '0.4, 13 N8',
    allow: 'unlogged',
    would: ({ schema: { engine, server } }, operation) =>
      isWrite(operation) &&
      engine !== 'FEDERATED' &&
      (server.binaryLog || server.galera) &&
      `the write does not reach ${server.galera ? 'the other nodes of the Galera cluster' : 'the binary log: no replica and no recovery has it'}`,
    instead: 'write by SQL, or through a FEDERATED table (docs/recipes.md)',
  },
  {
    facts: '0.11',
    allow: 'split-insert',
    would: ({ schema }, { kind, columns = [] }) => {
      const count = kind === 'insert' ? insertedColumns(schema, columns).length : 0;
      const limit = insertLimit(schema.server.version);
      return (
        count > limit &&
        `the server takes ${limit} values in an insert and there are ${count}: an insert and an update are sent, and the first may be done without the second`
      );
    },
    instead: BY_SQL,
  },
];

/**
 * Why an operation is refused; null if it is not.
 * @param {Target} target
 * @param {Operation} operation
 * @param {readonly Allowance[]} allow
 * @returns {string | null} a message
 */
function refusalOf(target, operation, allow) {
  for (const rule of RULES) {
    if (rule.allow !== undefined && allow.includes(rule.allow)) continue;
    const reason = rule.would(target, operation);
    if (!reason) continue;
    const { database, table } = target.schema;
    const lift = rule.allow === undefined ? '' : `, or accept it with allow: ['${rule.allow}']`;
    return `${operation.kind} ${database}.${table}: ${reason}. Instead: ${rule.instead}${lift}`;
  }
  return null;
}

/**
 * @typedef {'triggers' | 'checks' | 'generated' | 'on-update' | 'defaults' | 'unlogged' | 'split-insert'} Allowance
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {import('./operations.js').Target} Target
 */

module.exports = { RULES, refusalOf };
