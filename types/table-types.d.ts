/* What rows, keys and values are of a table whose schema is written in the program. */

import type { Bindable } from '../index.js';
import type {
  ColumnForms,
  FullKey,
  GivenType,
  IndexKey,
  OnlyColumns,
  Row,
  Shown,
} from './columns.js';
import type { ColumnDefault, ColumnSchema, TableSchema } from './schema.js';
import type { ShardedIndex, ShardedPlace } from './sharding.js';
import type { Index } from './table-index.js';

/** What a schema has refused, unless `allow` of {@link SchemaTarget} names it. */
export type Allowance =
  | 'triggers'
  | 'checks'
  | 'generated'
  | 'on-update'
  | 'defaults'
  | 'unlogged'
  | 'split-insert';

/** A table by its schema, and which index of it: for {@link Client.openIndex}. */
export interface SchemaTarget<
  S extends TableSchema,
  C extends readonly string[] = SelectedNames<S>,
  F extends readonly string[] = readonly [],
  T = Record<never, never>,
  I extends string = PrimaryName<S>,
> {
  /**
   * What `readTable` gives, or the same written into the program: `as const`, it types rows, keys, values,
   * filters and ids. It says which table is meant, which columns the index has, and what is never NULL.
   */
  schema: S;
  /** @default 'PRIMARY' */
  index?: (I extends IndexName<S> ? I : IndexName<S>) | undefined;
  /** The columns that rows have. @default what `SELECT *` gives: all but the invisible ones */
  columns?: (C extends readonly ColumnName<S>[] ? C : readonly ColumnName<S>[]) | undefined;
  /** The columns that filters may name. */
  filterColumns?: (F extends readonly ColumnName<S>[] ? F : readonly ColumnName<S>[]) | undefined;
  /** What columns' text becomes, where it is not what the schema says. */
  types?: (T & OnlyColumns<C, T>) | undefined;
  /**
   * Which differences from SQL are accepted in writes, that pass in silence: `docs/schema.md` tells what
   * each stands for. @default none
   */
  allow?: readonly Allowance[] | undefined;
}

/** As {@link SchemaTarget}, for {@link ShardedClient.openIndex}. */
export type ShardedSchemaTarget<
  S extends TableSchema,
  C extends readonly string[] = SelectedNames<S>,
  F extends readonly string[] = readonly [],
  T = Record<never, never>,
  I extends string = PrimaryName<S>,
> = SchemaTarget<S, C, F, T, I> & ShardedPlace<C[number]>;

/**
 * An {@link Index} of a table by its schema. `insert` takes all columns of the table, whichever `columns` there
 * are, and wants those that take no NULL and have no default. `get`, `getMany` and `getManySettled` want a unique
 * index and all parts of its key.
 */
export type TypedIndex<
  S extends TableSchema,
  C extends readonly string[] = SelectedNames<S>,
  F extends readonly string[] = readonly [],
  T = Record<never, never>,
  I extends string = PrimaryName<S>,
> = Index<
  C,
  FormsOf<S, T, C>,
  F,
  NotNullName<S>,
  KeyNames<S, I>,
  AutoIncrementId<S, T>,
  UniqueKey<S, T, I>,
  Inserted<S, T, C>
>;

/** As {@link TypedIndex}, over several servers. */
export type TypedShardedIndex<
  S extends TableSchema,
  C extends readonly string[] = SelectedNames<S>,
  F extends readonly string[] = readonly [],
  T = Record<never, never>,
  I extends string = PrimaryName<S>,
> = ShardedIndex<
  C,
  FormsOf<S, T, C>,
  F,
  NotNullName<S>,
  KeyNames<S, I>,
  AutoIncrementId<S, T>,
  UniqueKey<S, T, I>,
  Inserted<S, T, C>
>;

/** A row of a table, as `SELECT *` has it. */
export type TableRow<S extends TableSchema, T = Record<never, never>> = Row<
  SelectedNames<S>,
  FormsOf<S, T>,
  NotNullName<S>
>;

// ── Names ────────────────────────────────────────────────────────────────────────────────────────

/** Of a schema that is read at run time, any. */
export type ColumnName<S extends TableSchema> = S['columns'][number]['name'];

/** Of a schema that is read at run time, any. */
export type IndexName<S extends TableSchema> = S['indexes'][number]['name'];

/** The default of `index`. */
export type PrimaryName<S extends TableSchema> = Extract<IndexName<S>, 'PRIMARY'>;

/** The columns of `SELECT *`. Where there are invisible ones among all, their order is not told. */
export type SelectedNames<S extends TableSchema> =
  Extract<S['columns'][number], Invisible> extends never
    ? NamesOf<S['columns']>
    : readonly Exclude<S['columns'][number], Invisible>['name'][];

/** The columns that are never NULL. */
export type NotNullName<S extends TableSchema> = Extract<
  S['columns'][number],
  { readonly nullable: false }
>['name'];

/** The columns of an index, in its order. */
export type KeyNames<S extends TableSchema, I extends string> = [IndexOf<S, I>] extends [never]
  ? readonly string[]
  : NamesOf<IndexOf<S, I>['columns']>;

/** Never where it is not known. */
type IndexOf<S extends TableSchema, I extends string> = Extract<
  S['indexes'][number],
  { readonly name: I }
>;

/** (TypeScript 5.0 does not see that the mapped type has texts only.) */
type NamesOf<Named extends readonly { readonly name: string }[]> = Extract<
  { readonly [Position in keyof Named]: Named[Position]['name'] },
  readonly string[]
>;

type Invisible = { readonly invisible: true };

/** Whether a schema is written in the program. One that is read at run time has any names. */
type IsWritten<S extends TableSchema> = string extends ColumnName<S> ? false : true;

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

/** What each column gives and takes: what `types` declares, else what its type in the database says. */
export type FormsOf<S extends TableSchema, T, C extends readonly string[] = readonly string[]> =
  IsWritten<S> extends true
    ? {
        [Name in ColumnName<S>]: FormOf<Extract<S['columns'][number], { readonly name: Name }>, T>;
      }
    : { [Name in C[number]]: Name extends keyof T ? T[Name] : ColumnForms };

type FormOf<Column extends ColumnSchema, T> = Column['name'] extends keyof T
  ? T[Column['name']]
  : ColumnForm<Column>;

/** What a column gives and takes. */
export interface ColumnForm<Column extends ColumnSchema> extends ColumnForms {
  read: ReadForm<Column>;
  given: GivenForm<Column>;
  /** The server compares TEXT, BLOB and JSON with NULL only. */
  filter:
    | (Column['type'] extends Uncomparable ? never : GivenForm<Column>)
    | (Column['nullable'] extends false ? never : null);
  /** Columns of other types would be rounded, or read as numbers. */
  amount: Column['type'] extends Whole ? number | bigint : never;
}

/** As a row has it. */
type ReadForm<Column extends ColumnSchema> = Column['type'] extends 'enum'
  ? MemberOf<Column>
  : Column['type'] extends 'timestamp'
    ? Column['decimals'] extends 4 | 5 | 6
      ? string
      : Date
    : Column['type'] extends keyof ReadForms
      ? ReadForms[Column['type']]
      : string;

/** As a value, a part of a key or a filter's value has it. */
type GivenForm<Column extends ColumnSchema> = Column['type'] extends 'enum'
  ? MemberOf<Column>
  : Column['type'] extends keyof GivenForms
    ? GivenForms[Column['type']]
    : Exclude<Bindable, null>;

type MemberOf<Column extends ColumnSchema> = Column extends {
  readonly members: readonly (infer Member)[];
}
  ? Member
  : string;

type Whole = 'tinyint' | 'smallint' | 'mediumint' | 'int' | 'bigint';
type Text = 'char' | 'varchar' | LongText;
type LongText = 'tinytext' | 'text' | 'mediumtext' | 'longtext';
type Bytes = 'binary' | 'varbinary' | Blob;
type Blob = 'tinyblob' | 'blob' | 'mediumblob' | 'longblob';
type Address = 'uuid' | 'inet4' | 'inet6';
type Uncomparable = LongText | Blob | 'json';
type Shape =
  | 'geometry'
  | 'point'
  | 'linestring'
  | 'polygon'
  | 'multipoint'
  | 'multilinestring'
  | 'multipolygon'
  | 'geometrycollection';

/** By type; what is not here is text. */
type ReadForms = {
  [Type in Exclude<Whole, 'bigint' | 'boolean'> | 'year' | 'float' | 'double']: number;
} & { [Type in Bytes | Shape]: Buffer } & {
  bigint: bigint;
  bit: bigint;
  boolean: boolean;
  json: unknown;
  vector: Float32Array;
};

/** By type. What a row gives is taken, and what the server wants. */
type GivenForms = {
  [Type in Exclude<Whole, 'boolean'> | 'year']: number | bigint;
} & { [Type in Text | Address]: string | Uint8Array } & { [Type in Bytes | Shape]: Uint8Array } & {
  boolean: boolean;
  decimal: string | number | bigint;
  float: number;
  double: number;
  bit: bigint | number | boolean | Uint8Array;
  date: string | Date;
  time: string;
  datetime: Date | string;
  timestamp: Date | string;
  set: string;
  json: unknown;
  vector: Float32Array;
};

// ── Inserts ──────────────────────────────────────────────────────────────────────────────────────

/** Values of an insert, by column or in the order of the index's columns. */
export type Inserted<S extends TableSchema, T, C extends readonly string[]> =
  IsWritten<S> extends true
    ? InsertValues<S, T> | PositionalInsert<S, T, C>
    : Record<string, unknown> | readonly unknown[];

/** Those without a default have to be there. */
export type InsertValues<S extends TableSchema, T = Record<never, never>> = Shown<
  {
    [Column in Exclude<S['columns'][number], Omissible> as Column['name']]: InsertValue<Column, T>;
  } & {
    [Column in Exclude<Extract<S['columns'][number], Omissible>, Virtual> as Column['name']]?:
      | InsertValue<Column, T>
      | undefined;
  }
>;

/** What is undefined gets its default. */
type PositionalInsert<S extends TableSchema, T, C extends readonly string[]> = {
  readonly [Position in keyof C]:
    | InsertValue<Extract<S['columns'][number], { readonly name: C[Position] }>, T>
    | undefined;
};

type Omissible =
  | { readonly default: ColumnDefault }
  | { readonly autoIncrement: true }
  | { readonly generated: object };
type Virtual = { readonly generated: { readonly kind: 'virtual' } };

/** An AUTO_INCREMENT column takes null, too: the server counts on. */
type InsertValue<Column extends ColumnSchema, T> = [Column] extends [
  { readonly nullable: true } | { readonly autoIncrement: true },
]
  ? GivenType<FormOf<Column, T>> | null
  : GivenType<FormOf<Column, T>>;

/** The type of the ids that the server makes: never where the table has none. */
export type AutoIncrementId<S extends TableSchema, T> =
  IsWritten<S> extends false
    ? number | bigint
    : IdOf<Extract<S['columns'][number], { readonly autoIncrement: true }>, T>;

type IdOf<Column extends ColumnSchema, T> = Column extends ColumnSchema
  ? Column['name'] extends keyof T
    ? T[Column['name']] extends 'number'
      ? number
      : T[Column['name']] extends 'bigint'
        ? bigint
        : IdForm<Column>
    : IdForm<Column>
  : never;

type IdForm<Column extends ColumnSchema> = Column['type'] extends 'bigint' ? bigint : number;

// ── Keys ─────────────────────────────────────────────────────────────────────────────────────────

/** The key of one row. Of an index that is not unique it is what a compiler's error says. */
export type UniqueKey<S extends TableSchema, T, I extends string> = [IndexOf<S, I>] extends [never]
  ? IndexKey<Record<string, ColumnForms>>
  : IndexOf<S, I> extends NotUnique
    ? NotUniqueMessage
    : FullKey<FormsOf<S, T>, KeyNames<S, I>>;

type NotUnique = { readonly unique: false } | { readonly withoutOverlaps: true };
type NotUniqueMessage = 'This index is not unique: use find, or findMany for several keys';
