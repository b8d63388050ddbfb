/* Columns: their types, and what rows, keys and values are made of. */

import type { Bindable } from '../index.js';

/** How a column's text becomes a value: see {@link ColumnTypes}. */
export type ColumnType =
  | 'string'
  | 'number'
  | 'bigint'
  | 'boolean'
  | 'buffer'
  | 'json'
  | 'datetime';

/**
 * What the column types give. A value that does not fit is an error, code `ERR_HS_VALUE`, that
 * names the column and the value.
 *
 * | type       | the column's text                                                                |
 * | ---------- | -------------------------------------------------------------------------------- |
 * | `string`   | as it is, decoded as UTF-8                                                        |
 * | `number`   | a number that a double holds to its last digit: `9007199254740993` is an error    |
 * | `bigint`   | an integer of at most 4,096 characters, as is the text of a `number`              |
 * | `boolean`  | `0` or `1`; of a BIT(1) column its one byte (write those as a Buffer)              |
 * | `buffer`   | its bytes, in memory of its own                                                   |
 * | `json`     | parsed                                                                            |
 * | `datetime` | a DATE, DATETIME or TIMESTAMP, read as UTC, to the millisecond; not a zero date   |
 */
export interface ColumnTypes {
  string: string;
  number: number;
  bigint: bigint;
  boolean: boolean;
  buffer: Buffer;
  json: unknown;
  datetime: Date;
}

/**
 * What a column takes that is declared to be of a type. What is declared `json` takes whatever JSON
 * can say, and a string as JSON text that is sent as it is; a Date goes as UTC.
 */
export interface GivenTypes {
  string: string;
  number: number | bigint;
  bigint: number | bigint;
  boolean: boolean;
  buffer: Uint8Array;
  json: unknown;
  datetime: Date | string;
}

/**
 * What a column gives and takes, NULL apart, as its schema says: in the place of a {@link ColumnType}. These are
 * those of a column that is known at run time only.
 */
export interface ColumnForms {
  read: unknown;
  given: unknown;
  /** With null, where that is allowed. */
  filter: unknown;
  /** What `increment` adds; never where a column cannot be counted up. */
  amount: number | bigint | string;
}

/** What a row has of a column: text if no type is declared. */
export type ReadType<Type> = [Type] extends [ColumnType]
  ? ColumnTypes[Type]
  : [Type] extends [{ read: unknown }]
    ? Type['read']
    : string;

/** A row: its columns by name, null for SQL NULL where a column is not among the `notNull` ones. */
export type Row<C extends readonly string[], T, N extends string = never> = Shown<{
  [K in C[number]]: (K extends keyof T ? ReadType<T[K]> : string) | (K extends N ? never : null);
}>;

/** The same type, but editors and compilers show its properties, and not the name of what made it. */
export type Shown<Type> = { [Name in keyof Type]: Type[Name] } & {};

/** A key, or the leading parts of one. What is no array stands for its first part. */
export type Key = Bindable | readonly Bindable[];

/** A Date, if one of the types is `datetime`; anything, where the columns are known at run time only. */
export type DateIfDeclared<T> = ColumnForms extends T[keyof T]
  ? unknown
  : 'datetime' extends T[keyof T]
    ? Date
    : never;

/** What a column of a type takes, NULL apart: any {@link Bindable} if none is declared. */
export type GivenType<Type> = [Type] extends [ColumnType]
  ? GivenTypes[Type]
  : [Type] extends [{ given: unknown }]
    ? Type['given']
    : Exclude<Bindable, null>;

/** What a column is compared with in a filter. */
export type FilterValue<Type> = [Type] extends [{ filter: unknown }]
  ? Type['filter']
  : GivenType<Type> | null;

/**
 * What a column takes, of an index with these types and columns that are never NULL. (Its conditions are such
 * that compilers' errors show the type itself, and not the names of these.)
 */
export type ValueOf<T, N, Name> = [Name] extends [N]
  ? GivenType<FormIn<T, Name>>
  : GivenType<FormIn<T, Name>> | null;

type FormIn<T, Name> = Name extends keyof T ? T[Name] : undefined;

/**
 * A key. Where `keyColumns` says of which columns, each part is of its column's type: the first one by
 * itself, or the leading ones in an array. Where it does not, any parts are taken, and a Date if a
 * column is declared `datetime`.
 */
export type IndexKey<
  T,
  N extends string = never,
  K extends readonly string[] = readonly string[],
> = K extends readonly [infer First, ...unknown[]]
  ? ValueOf<T, N, First> | KeyPrefix<T, N, K>
  : Key | DateIfDeclared<T> | readonly (Bindable | DateIfDeclared<T>)[];

/** A key with all parts, none of them NULL. */
export type FullKey<T, K extends readonly string[]> = K extends readonly [infer Only]
  ? GivenType<FormIn<T, Only>> | readonly [GivenType<FormIn<T, Only>>]
  : { readonly [Position in keyof K]: GivenType<FormIn<T, K[Position]>> };

/** The leading parts of a key. */
export type KeyPrefix<
  T,
  N extends string,
  K extends readonly unknown[],
  Before extends readonly unknown[] = readonly [],
> = K extends readonly [infer First, ...infer Rest]
  ?
      | readonly [...Before, ValueOf<T, N, First>]
      | KeyPrefix<T, N, Rest, readonly [...Before, ValueOf<T, N, First>]>
  : never;

/**
 * Values by column: own properties of the object, or accessors of its class, as entities of an ORM
 * have. An own property with another name than a column's is a TypeError.
 */
export type Values<C extends readonly string[], T, N extends string = never> = Shown<{
  [K in C[number]]?: ValueOf<T, N, K>;
}>;

/** Values of all columns, in their order. */
export type PositionalValues<C extends readonly string[], T, N extends string = never> = {
  readonly [I in keyof C]: ValueOf<T, N, C[I]>;
};

/** Whole numbers by column. */
export type Amounts<C extends readonly string[], T> = Shown<{
  [K in Countable<C[number], T>]?: Amount<K extends keyof T ? T[K] : undefined>;
}>;

/** Whole numbers, one for each column, in their order. */
export type PositionalAmounts<C extends readonly string[], T> = {
  readonly [I in keyof C]: Amount<C[I] extends keyof T ? T[C[I]] : undefined>;
};

/** What a column may be incremented by: text of a whole number, too, unless it is declared a number. */
export type Amount<Type> = [Type] extends ['number' | 'bigint']
  ? number | bigint
  : [Type] extends [{ amount: unknown }]
    ? Type['amount']
    : number | bigint | string;

/** The columns that can be counted up: of a schema, whole numbers only. */
export type Countable<Name extends string, T> = Name extends keyof T
  ? [Amount<T[Name]>] extends [never]
    ? never
    : Name
  : Name;

/** Refuses types for what is no column. Of a record that may have any names it is not known. */
export type OnlyColumns<C extends readonly string[], T> = string extends keyof T
  ? unknown
  : { readonly [K in keyof T]: K extends C[number] ? T[K] : never };

/**
 * The type of an AUTO_INCREMENT id: a number of `'PRIMARY'` with one column in `keyColumns` that is
 * declared `number`; else a bigint.
 */
export type InsertId<T, K extends readonly string[], I extends string> = K extends readonly [
  infer A,
]
  ? A extends keyof T
    ? T[A] extends 'number'
      ? string extends I
        ? number | bigint
        : I extends 'PRIMARY'
          ? number
          : bigint
      : bigint
    : bigint
  : number extends K['length']
    ? number | bigint
    : bigint;
