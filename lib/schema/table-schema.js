'use strict';

const { isUncertain } = require('./codecs/charset.js');
const { ZONE_PROBES } = require('./query.js');
const { namesIn, stringsIn } = require('./table-definition.js');

/*
 * Makes a TableSchema of the database's answers: plain data that survives JSON. Fields that are
 * false or do not apply are omitted.
 */

/**
 * @param {string} database
 * @param {string} table
 * @param {TableRows} rows
 * @param {TableDefinition} definition
 * @param {Cascades} cascades
 * @returns {import('../../types/schema').TableSchema}
 */
function toTableSchema(database, table, rows, definition, cascades) {
  const json = jsonColumns(rows.columns, definition.checks);
  const checks = definition.checks.filter(({ name }) => !json.has(name));
  return {
    database,
    table,
    ...toKind(rows.table),
    columns: rows.columns.map((column) => toColumn(column, json.has(column.name))),
    indexes: toIndexes(rows.parts, definition.withoutOverlaps),
    checks: checks.map(({ name, clause }) => ({ name, clause, columns: namesIn(clause) })),
    triggers: rows.triggers.map(({ name, event, timing }) => ({ name, event, timing })),
    ...(cascades.length > 0 ? { cascades } : undefined),
    server: toServer(rows.table),
  };
}

/**
 * What a table is.
 * @param {Record<string, any>} table
 * @returns {Pick<import('../../types/schema').TableSchema, 'kind' | 'engine' | 'partitioned'>}
 */
function toKind({ type, engine, options }) {
  return {
    kind: type,
    ...(engine === null ? undefined : { engine }),
    ...(/\bpartitioned\b/.test(options ?? '') ? { partitioned: true } : undefined),
  };
}

/** @param {Record<string, any>} table */
function toServer({ version, zone, zoneProbes, binaryLog, galera }) {
  const isUtc = ZONE_PROBES.every((day, i) => Number(zoneProbes[i]) === Date.parse(day) / 1000);
  return {
    version,
    timeZone: zone,
    ...(isUtc ? { isUtc } : undefined),
    ...(Number(binaryLog) === 1 ? { binaryLog: true } : undefined),
    ...(Number(galera) === 1 ? { galera: true } : undefined),
  };
}

/**
 * Columns declared as JSON are LONGTEXT with a check.
 * @param {readonly Record<string, any>[]} columns
 * @param {TableDefinition['checks']} checks
 */
function jsonColumns(columns, checks) {
  const clauses = new Map(checks.map(({ name, clause }) => [name, clause]));
  const isJson = (/** @type {Record<string, any>} */ { name, type, collation }) => {
    const clause = `json_valid(\`${name.replaceAll('`', '``')}\`)`;
    return type === 'longtext' && collation === 'utf8mb4_bin' && clauses.get(name) === clause;
  };
  return new Set(columns.filter(isJson).map(({ name }) => name));
}

/**
 * @param {Record<string, any>} raw
 * @param {boolean} isJson
 */
function toColumn(raw, isJson) {
  const type = typeOf(raw, isJson);
  const { extra } = raw;
  const value = defaultOf(raw, type);
  return {
    name: raw.name,
    type,
    declared: raw.declared,
    nullable: raw.nullable === 'YES',
    ...(/\bunsigned\b/.test(raw.declared.replace(/'.*'/s, '')) ? { unsigned: true } : undefined),
    ...boundsOf(raw, type),
    ...(raw.charset === null ? undefined : { charset: raw.charset, collation: raw.collation }),
    ...(type === 'enum' || type === 'set' ? { members: stringsIn(raw.declared) } : undefined),
    ...(value === undefined ? undefined : { default: value }),
    ...(/\bauto_increment\b/i.test(extra) ? { autoIncrement: true } : undefined),
    ...(/\bon update\b/i.test(extra) ? { onUpdate: true } : undefined),
    ...(/\bINVISIBLE\b/.test(extra) ? { invisible: true } : undefined),
    ...generatedOf(raw),
  };
}

/**
 * @param {Record<string, any>} raw
 * @param {boolean} isJson
 */
function typeOf({ type, declared }, isJson) {
  if (isJson) return 'json';
  if (declared === 'tinyint(1)') return 'boolean';
  return declared === 'year(2)' ? declared : type;
}

/**
 * @param {Record<string, any>} raw
 * @param {string} type
 */
function boundsOf({ declared, characters, octets, precision, scale, decimals }, type) {
  switch (type) {
    case 'char':
    case 'varchar':
      return { length: Number(characters) };
    case 'bit':
      return { length: Number(precision) };
    case 'vector':
      return { length: Number(/\d+/.exec(declared)?.[0]) };
    case 'decimal':
      return { precision: Number(precision), scale: Number(scale) };
    case 'float':
    case 'double':
      return scale === null ? {} : { precision: Number(precision), scale: Number(scale) };
    case 'time':
    case 'datetime':
    case 'timestamp':
      return { decimals: Number(decimals ?? 0) };
    case 'enum':
    case 'set':
    case 'json':
      return {};
    default:
      return octets === null ? {} : { length: Number(octets) };
  }
}

const NUMBER = /^-?[\d.]+(?:e[+-]?\d+)?$/i;

/**
 * The default of a column; undefined if it has none.
 * @param {Record<string, any>} raw
 * @param {string} type
 * @returns {import('../../types/schema').ColumnDefault | undefined}
 */
function defaultOf({ default: text, expression, charset }, type) {
  if (text === null || expression) return undefined;
  if (text === 'NULL') return { value: null };
  if (NUMBER.test(text)) return { value: text };
  const [, kind, digits] = /^(b|x)'([\da-f]*)'$/i.exec(text) ?? [];
  if (kind === 'b' || kind === 'B') return { value: String(BigInt(`0b${digits || '0'}`)) };
  if (kind !== undefined) return { hex: digits.toLowerCase() };
  if (!/^'(?:[^'\\]|''|\\.)*'$/s.test(text)) return { expression: text };
  const [value] = stringsIn(text);
  // information_schema shows bytes as text, with `?` for bytes that are not text.
  if (/(?:binary|blob)$/.test(type)) {
    return /^[^?\x80-\u{10ffff}]*$/u.test(value)
      ? { hex: Buffer.from(value).toString('hex') }
      : { expression: text };
  }
  return isUncertain(value, charset) ? { expression: text } : { value };
}

/** @param {Record<string, any>} raw */
function generatedOf({ extra, expression }) {
  if (!/\bGENERATED\b/.test(extra) || !expression) return undefined;
  return {
    generated: {
      kind: /\bSTORED\b/.test(extra)
        ? /** @type {const} */ ('stored')
        : /** @type {const} */ ('virtual'),
      expression,
      columns: namesIn(expression),
    },
  };
}

/**
 * @param {readonly Record<string, any>[]} parts  in the order of the indexes
 * @param {readonly string[]} withoutOverlaps
 */
function toIndexes(parts, withoutOverlaps) {
  const names = [...new Set(parts.map(({ index }) => index))];
  return names.map((name) => {
    const own = parts.filter(({ index }) => index === name);
    return {
      name,
      unique: Boolean(own[0].unique),
      algorithm: own[0].algorithm,
      ...(withoutOverlaps.includes(name) ? { withoutOverlaps: true } : undefined),
      columns: own.map(({ column, prefix, direction }) => ({
        name: column,
        ...(prefix === null ? undefined : { prefix: Number(prefix) }),
        ...(direction === 'D' ? { descending: true } : undefined),
      })),
    };
  });
}

/**
 * @typedef {import('./table-definition.js').TableDefinition} TableDefinition
 * @typedef {readonly import('../../types/schema').CascadeSchema[] | 'hidden'} Cascades
 * @typedef {object} TableRows  what TABLE_QUERY gave, by kind and in order
 * @property {Record<string, any>} table
 * @property {Record<string, any>[]} columns
 * @property {Record<string, any>[]} parts
 * @property {Record<string, any>[]} triggers
 */

module.exports = { toKind, toTableSchema };
