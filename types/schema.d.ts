/**
 * What the database says of a table, read over the user's own SQL connection.
 *
 * ```js
 * const { readTable } = require('hansock/schema');
 *
 * const schema = await readTable(sql, 'shop', 'item');
 * ```
 *
 * @packageDocumentation
 */

/**
 * A connection or a pool of mysql2 or mariadb, with callbacks or promises, or a function that runs one statement with
 * its parameters and gives the rows as objects.
 */
export type SqlConnection =
  | object
  | ((sql: string, values: readonly unknown[]) => Promise<readonly object[]>);

/**
 * Reads what the database knows of a table: three statements, some milliseconds. The names are case-sensitive, as
 * HandlerSocket takes them. It waits for no lock that ALTER TABLE holds on the table's rows.
 *
 * The user needs `SELECT, TRIGGER` on the whole table; from MariaDB 10.11 on `SELECT, INSERT` will do. Without them
 * information_schema leaves out triggers, columns and keys, and does not say so. Without `PROCESS` nobody knows which foreign
 * keys cascade from an InnoDB table: deletes, and changes of columns in an index, are refused then.
 *
 * @throws HandlerSocketError with the code `ERR_HS_SCHEMA` where there is no such table, a privilege is missing that
 *   would hide something (the message has the GRANT), a TEMPORARY table hides the table, or the database cannot be asked
 *   (its error is the `cause`).
 * @throws TypeError where an argument is wrong.
 */
export function readTable(
  sql: SqlConnection,
  database: string,
  table: string,
): Promise<TableSchema>;

/**
 * A table as the database describes it: plain data, the same after JSON. What is false or does not apply is left out.
 */
export interface TableSchema {
  readonly database: string;
  readonly table: string;
  /** `'BASE TABLE'`, `'VIEW'`, `'SEQUENCE'`, `'SYSTEM VERSIONED'`, or what else information_schema says. */
  readonly kind: string;
  /** As information_schema writes it: `'InnoDB'`. A view has none. */
  readonly engine?: string;
  readonly partitioned?: boolean;
  /** In the order of the table. */
  readonly columns: readonly ColumnSchema[];
  /** In the order of the table, PRIMARY first. */
  readonly indexes: readonly IndexSchema[];
  /** CHECK constraints, without those that make a column JSON. A period counts as one. */
  readonly checks: readonly CheckSchema[];
  readonly triggers: readonly TriggerSchema[];
  /**
   * Foreign keys that lead to the table and change other rows with its own. Left out where there are none; `'hidden'`
   * where the user may not see them, for want of `PROCESS`.
   */
  readonly cascades?: readonly CascadeSchema[] | 'hidden';
  readonly server: ServerSchema;
}

/** A column of a {@link TableSchema}. */
export interface ColumnSchema {
  readonly name: string;
  /**
   * The type without its bounds, in lower case: `'int'`, `'varchar'`. `'boolean'` for TINYINT(1), `'json'` for columns
   * declared as JSON.
   */
  readonly type: string;
  /** The type as the database writes it: `'int(10) unsigned'`. */
  readonly declared: string;
  readonly nullable: boolean;
  readonly unsigned?: boolean;
  /**
   * Of CHAR and VARCHAR in characters, of TEXT, BLOB and BINARY kinds in octets, of BIT in bits, of VECTOR in
   * dimensions.
   */
  readonly length?: number;
  /** All digits of DECIMAL, and of FLOAT(m,d) and DOUBLE(m,d). */
  readonly precision?: number;
  /** Those of them after the point. */
  readonly scale?: number;
  /** Digits of a second's fraction: of TIME, DATETIME and TIMESTAMP. */
  readonly decimals?: number;
  readonly charset?: string;
  readonly collation?: string;
  /** Of ENUM and SET. */
  readonly members?: readonly string[];
  /** Left out where an insert has to name the column. */
  readonly default?: ColumnDefault;
  readonly autoIncrement?: boolean;
  /** ON UPDATE CURRENT_TIMESTAMP. */
  readonly onUpdate?: boolean;
  readonly invisible?: boolean;
  readonly generated?: {
    readonly kind: 'virtual' | 'stored';
    readonly expression: string;
    /** The columns that the expression names. */
    readonly columns: readonly string[];
  };
}

/** A constant as text, or as bytes in hexadecimal digits, or what the database computes at each insert. */
export type ColumnDefault =
  | { readonly value: string | null }
  | { readonly hex: string }
  | { readonly expression: string };

/** An index of a {@link TableSchema}. */
export interface IndexSchema {
  readonly name: string;
  readonly unique: boolean;
  /** `'BTREE'`, `'HASH'`, `'FULLTEXT'`, `'SPATIAL'`, `'VECTOR'`. */
  readonly algorithm: string;
  /** The last part of the key is a period WITHOUT OVERLAPS; its two columns come last. */
  readonly withoutOverlaps?: boolean;
  readonly columns: readonly {
    readonly name: string;
    /** How many characters, or octets, of the column are in the index, where not all are. */
    readonly prefix?: number;
    readonly descending?: boolean;
  }[];
}

/** A CHECK constraint. */
export interface CheckSchema {
  /** That of the column where it belongs to one. */
  readonly name: string;
  readonly clause: string;
  /** The columns that it names. */
  readonly columns: readonly string[];
}

/** A trigger. */
export interface TriggerSchema {
  readonly name: string;
  readonly event: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly timing: 'BEFORE' | 'AFTER';
}

/** A foreign key ON DELETE or ON UPDATE CASCADE or SET NULL, which another table, or the table itself, has. */
export interface CascadeSchema {
  readonly name: string;
  /** Those of the table that has it. */
  readonly database: string;
  readonly table: string;
  /** The columns of this table that it refers to. */
  readonly columns: readonly string[];
  readonly onDelete?: boolean;
  readonly onUpdate?: boolean;
  /**
   * HandlerSocket crashes the server at it: that table, or one that it cascades to, has an index on a virtual column or a
   * `UNIQUE` key `USING HASH`.
   */
  readonly crashes?: boolean;
}

/** What of the server matters for its tables. */
export interface ServerSchema {
  readonly version: string;
  /** `@@system_time_zone`, which TIMESTAMP columns are read and written in. */
  readonly timeZone: string;
  /** That zone is UTC the year round: London calls its winter time GMT, too. */
  readonly isUtc?: boolean;
  readonly binaryLog?: boolean;
  readonly galera?: boolean;
}
