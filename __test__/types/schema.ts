import { type ColumnSchema, readTable, type TableSchema } from 'hansock/schema';
import type { Connection as MariadbConnection } from 'mariadb';
import type { Connection, Pool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { exactly } from './exactly.js';

declare const sql: MariadbConnection | Connection | Pool | PromisePool;

export async function read() {
  const schema = await readTable(sql, 'shop', 'item');
  exactly<TableSchema>()(schema);
  const column: ColumnSchema | undefined = schema.columns.find(({ name }) => name === 'id');
  await readTable(async (statement, values) => [{ statement, values }], 'shop', 'item');
  // @ts-expect-error: the database is missing
  await readTable(sql, 'item');
  // @ts-expect-error: a schema is read-only
  schema.table = 'other';
  return column;
}

/** A schema as a tool writes it into a program. */
export const written = {
  database: 'shop',
  table: 'item',
  kind: 'BASE TABLE',
  engine: 'InnoDB',
  columns: [
    { name: 'id', type: 'int', declared: 'int(11)', nullable: false, autoIncrement: true },
    {
      name: 'name',
      type: 'varchar',
      declared: 'varchar(9)',
      nullable: true,
      default: { value: null },
    },
  ],
  indexes: [{ name: 'PRIMARY', unique: true, algorithm: 'BTREE', columns: [{ name: 'id' }] }],
  checks: [],
  triggers: [],
  server: { version: '10.11.19-MariaDB', timeZone: 'UTC', isUtc: true },
} as const satisfies TableSchema;
