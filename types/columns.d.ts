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

/** A row: its columns by name, null for SQL NULL where a column is not among the `notNull` ones. */
export type Row<C extends readonly string[], T, N extends string = never> = {
  [K in C[number]]:
    | (K extends keyof T ? (T[K] extends ColumnType ? ColumnTypes[T[K]] : string) : string)
    | (K extends N ? never : null);
};

/** A key, or the leading parts of one. What is no array stands for its first part. */
export type Key = Bindable | readonly Bindable[];

/** A Date, if one of the types is `datetime`. */
export type DateIfDeclared<T> = 'datetime' extends T[keyof T] ? Date : never;

/** What a column of a type takes: any {@link Bindable} if none is declared. */
export type ColumnValue<Type, NullOrNever = null> =
  | (Type extends ColumnType ? GivenTypes[Type] : Exclude<Bindable, null>)
  | NullOrNever;

/** What a column takes, of an index with these types and columns that are never NULL. */
export type ValueOf<T, N, Name> = ColumnValue<
  Name extends keyof T ? T[Name] : undefined,
  Name extends N ? never : null
>;

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
export type Values<C extends readonly string[], T, N extends string = never> = {
  [K in C[number]]?: ValueOf<T, N, K>;
};

/** Values of all columns, in their order. */
export type PositionalValues<C extends readonly string[], T, N extends string = never> = {
  readonly [I in keyof C]: ValueOf<T, N, C[I]>;
};

/** Whole numbers by column, or one for each column, in their order. */
export type Amounts<C extends readonly string[], T> =
  | { [K in C[number]]?: Amount<K extends keyof T ? T[K] : undefined> }
  | { readonly [I in keyof C]: Amount<C[I] extends keyof T ? T[C[I]] : undefined> };

/** What a column may be incremented by: text of a whole number, too, unless it is declared a number. */
export type Amount<Type> = Type extends 'number' | 'bigint'
  ? number | bigint
  : number | bigint | string;

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
