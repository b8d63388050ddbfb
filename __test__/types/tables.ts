/** Schemas in a program, as a tool writes them. */

import type { TableSchema } from 'hansock/schema';

const place = {
  database: 'shop',
  kind: 'BASE TABLE',
  engine: 'InnoDB',
  checks: [],
  triggers: [],
  server: { version: '10.11.19-MariaDB', timeZone: 'UTC', isUtc: true },
} as const;

const text = {
  type: 'varchar',
  declared: 'varchar(9)',
  length: 9,
  charset: 'utf8mb4',
  collation: 'utf8mb4_general_ci',
} as const;

const nothing = { default: { value: null } } as const;

export const item = {
  ...place,
  table: 'item',
  columns: [
    { name: 'id', type: 'int', declared: 'int(11)', nullable: false, autoIncrement: true },
    { name: 'name', nullable: false, ...text },
    {
      name: 'state',
      type: 'enum',
      declared: "enum('new','sold')",
      nullable: false,
      members: ['new', 'sold'],
      default: { value: 'new' },
    },
    { name: 'price', type: 'decimal', declared: 'decimal(9,2)', nullable: true, ...nothing },
    { name: 'owner', type: 'uuid', declared: 'uuid', nullable: true, ...nothing },
    { name: 'notes', type: 'text', declared: 'text', nullable: true, ...nothing },
    {
      name: 'seen',
      type: 'timestamp',
      declared: 'timestamp',
      nullable: false,
      decimals: 0,
      default: { expression: 'current_timestamp()' },
      onUpdate: true,
    },
    {
      name: 'hidden',
      type: 'bigint',
      declared: 'bigint(20)',
      nullable: false,
      invisible: true,
      default: { value: '0' },
    },
    {
      name: 'short',
      nullable: true,
      ...text,
      generated: { kind: 'virtual', expression: 'left(`name`,3)', columns: ['name'] },
    },
  ],
  indexes: [
    { name: 'PRIMARY', unique: true, algorithm: 'BTREE', columns: [{ name: 'id' }] },
    {
      name: 'by_owner',
      unique: true,
      algorithm: 'BTREE',
      columns: [{ name: 'owner' }, { name: 'name', prefix: 3 }],
    },
    {
      name: 'by_state',
      unique: false,
      algorithm: 'BTREE',
      columns: [{ name: 'state' }, { name: 'seen', descending: true }],
    },
  ],
} as const satisfies TableSchema;

/** Its key is no AUTO_INCREMENT. */
export const visit = {
  ...place,
  table: 'visit',
  columns: [
    { name: 'user', type: 'bigint', declared: 'bigint(20) unsigned', nullable: false },
    { name: 'day', type: 'date', declared: 'date', nullable: false },
    { name: 'count', type: 'int', declared: 'int(11)', nullable: false, default: { value: '0' } },
  ],
  indexes: [
    {
      name: 'PRIMARY',
      unique: true,
      algorithm: 'BTREE',
      columns: [{ name: 'user' }, { name: 'day' }],
    },
  ],
} as const satisfies TableSchema;

/** A column of each type, never NULL. */
export const sample = {
  ...place,
  table: 'sample',
  columns: [
    { name: 'tinyint', type: 'tinyint', declared: 'tinyint(4)', nullable: false },
    { name: 'smallint', type: 'smallint', declared: 'smallint(6)', nullable: false },
    { name: 'mediumint', type: 'mediumint', declared: 'mediumint(9)', nullable: false },
    { name: 'int', type: 'int', declared: 'int(11)', nullable: false },
    { name: 'bigint', type: 'bigint', declared: 'bigint(20)', nullable: false },
    { name: 'boolean', type: 'boolean', declared: 'tinyint(1)', nullable: false },
    { name: 'decimal', type: 'decimal', declared: 'decimal(9,2)', nullable: false },
    { name: 'float', type: 'float', declared: 'float', nullable: false },
    { name: 'double', type: 'double', declared: 'double', nullable: false },
    { name: 'bit', type: 'bit', declared: 'bit(8)', nullable: false, length: 8 },
    { name: 'year', type: 'year', declared: 'year(4)', nullable: false },
    { name: 'date', type: 'date', declared: 'date', nullable: false },
    { name: 'time', type: 'time', declared: 'time', nullable: false, decimals: 0 },
    { name: 'datetime', type: 'datetime', declared: 'datetime', nullable: false, decimals: 0 },
    { name: 'moment', type: 'timestamp', declared: 'timestamp(3)', nullable: false, decimals: 3 },
    { name: 'exact', type: 'timestamp', declared: 'timestamp(6)', nullable: false, decimals: 6 },
    { name: 'char', type: 'char', declared: 'char(3)', nullable: false },
    { name: 'longtext', type: 'longtext', declared: 'longtext', nullable: false },
    { name: 'binary', type: 'binary', declared: 'binary(4)', nullable: false, length: 4 },
    { name: 'blob', type: 'blob', declared: 'blob', nullable: false },
    { name: 'enum', type: 'enum', declared: "enum('a','b')", nullable: false, members: ['a', 'b'] },
    { name: 'set', type: 'set', declared: "set('a','b')", nullable: false, members: ['a', 'b'] },
    { name: 'json', type: 'json', declared: 'longtext', nullable: false },
    { name: 'uuid', type: 'uuid', declared: 'uuid', nullable: false },
    { name: 'inet4', type: 'inet4', declared: 'inet4', nullable: false },
    { name: 'inet6', type: 'inet6', declared: 'inet6', nullable: false },
    { name: 'point', type: 'point', declared: 'point', nullable: false },
    { name: 'vector', type: 'vector', declared: 'vector(3)', nullable: false, length: 3 },
    { name: 'unknown', type: 'xmltype', declared: 'xmltype', nullable: false },
  ],
  indexes: [{ name: 'PRIMARY', unique: true, algorithm: 'BTREE', columns: [{ name: 'int' }] }],
} as const satisfies TableSchema;
