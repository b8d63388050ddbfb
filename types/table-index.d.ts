/* An index of a table: how it is opened, and what can be done with its rows. */

import type { Bindable, Filter, FilterOperator, FindOperator, FindOptions } from '../index.js';
import type { CallOptions, Client } from './client.js';
import type {
  Amounts,
  DateIfDeclared,
  FilterValue,
  GivenType,
  IndexKey,
  OnlyColumns,
  PositionalAmounts,
  PositionalValues,
  Row,
  Values,
} from './columns.js';
import type { HandlerSocketError, ServerError } from './errors.js';

/**
 * As {@link Filter}, with the column's name: one of the index's `filterColumns`. The value is of the
 * column's type, where that is declared; null always is a value.
 */
export type RowFilter<Name extends string = string, T = Record<never, never>> = {
  [Column in Name]: {
    /** @default 'filter' */
    type?: 'filter' | 'while' | undefined;
    column: Column;
    op: FilterOperator;
    value: Column extends keyof T ? FilterValue<T[Column]> : Bindable | DateIfDeclared<T>;
  };
}[Name];

/** An IN list of an {@link Index}: the column of the key, and its values. */
export type ColumnList<T, K extends readonly string[] = readonly string[]> = K extends readonly [
  string,
  ...unknown[],
]
  ? {
      [Name in K[number]]: {
        column: Name;
        values: readonly GivenType<Name extends keyof T ? T[Name] : undefined>[];
      };
    }[K[number]]
  : { column: string; values: readonly (Bindable | DateIfDeclared<T>)[] };

/** Which of the rows that the key finds: as {@link FindOptions}. */
export interface RangeOptions<
  Name extends string = string,
  T = Record<never, never>,
  K extends readonly string[] = readonly string[],
> extends CallOptions {
  /**
   * At most so many rows. Of update, increment, decrement, delete and their Returning forms it may be
   * left out where the key says how many there are: 1 for `=` on a unique index with all its parts,
   * none of them null, and with `in` on such a key the number of values. That an index is unique and
   * how many parts it has is known of `'PRIMARY'` with `keyColumns`; without them one part of it counts
   * as all. Elsewhere it is a TypeError to leave it out.
   */
  limit?: number | undefined;
  /** Skips so many rows first. @default 0 */
  offset?: number | undefined;
  /**
   * An IN list, with the operator `=` only: the part of the key that is `column` takes each of these
   * values in turn. Give null in its place in the key; it is neither checked nor sent. A key of several
   * parts wants `keyColumns`. The rest is as in {@link FindOptions.in}.
   *
   * ```js
   * await index.find('=', null, { in: { column: 'id', values: [3, 5, 8] }, limit: 3 });
   * ```
   */
  in?: ColumnList<T, K> | undefined;
  filters?: readonly RowFilter<Name, T>[] | undefined;
}

/** Of {@link Index.scan}. */
export interface ScanOptions<Name extends string = string, T = Record<never, never>>
  extends CallOptions {
  /** Rows a round trip. @default 1000 */
  pageSize?: number | undefined;
  /** At most so many rows in all. @default Infinity */
  limit?: number | undefined;
  filters?: readonly RowFilter<Name, T>[] | undefined;
}

/** Which index, and what of its rows: for {@link Client.openIndex}. */
export interface OpenIndexTarget<
  C extends readonly string[],
  T,
  F extends readonly string[] = readonly string[],
  N extends string = never,
  K extends readonly string[] = readonly C[number][],
  I extends string = string,
> {
  /** A {@link SchemaTarget} has one. */
  schema?: undefined;
  database: string;
  /**
   * A table's name, not a view's: **opening a view crashes the server**.
   */
  table: string;
  /** @default 'PRIMARY' */
  index?: I | (string & {}) | undefined;
  /** The columns that rows have, and that values are written to; different ones, at least one. */
  columns: C;
  /** The columns that filters may name. */
  filterColumns?: F | undefined;
  /** What the columns' text becomes. @default every column is a `string` */
  types?: (T & OnlyColumns<C, T>) | undefined;
  /**
   * Columns that are never NULL: their row type has no `| null`, and a NULL that comes all the same is
   * an error, `ERR_HS_VALUE`. An `update` of one to null is a TypeError: the server would leave it as
   * it is.
   */
  notNull?: readonly N[] | undefined;
  /**
   * The columns that the index consists of, in its order. They have to be among `columns`. With them
   * {@link Index.scan} pages by key, and {@link Index.getMany} takes the server less time: it asks
   * for lists of keys, and tells by the first of them which row belongs to which key. (Where a text
   * can find the row of another text, as in UUID and rounded FLOAT columns, two such keys in one list
   * may get each other's row: there do without.)
   */
  keyColumns?: K | undefined;
}

/**
 * An index of a table, as {@link Client.openIndex} gives it.
 *
 * Every method gives a promise. It rejects with a TypeError or a RangeError if an argument is
 * wrong (nothing was sent then), with a {@link ServerError} if the server refused the request, and
 * otherwise with a {@link HandlerSocketError} whose `outcome` says whether a write may have been
 * done. `docs/errors.md` lists the codes.
 *
 * Keys and values are {@link Bindable}: read there what the server does not check.
 */
export class Index<
  C extends readonly string[],
  T = Record<never, never>,
  F extends readonly string[] = readonly string[],
  N extends string = never,
  K extends readonly string[] = readonly string[],
  Id extends number | bigint = number | bigint,
  UniqueKey = IndexKey<T, N, K>,
  InsertValues = Values<C, T, N> | PositionalValues<C, T, N>,
> {
  /** Made by {@link Client.openIndex} only. */
  protected constructor();

  /**
   * Whether the rows of several servers, merged by this index, come in exactly its order. Without a schema
   * that is not known, and false.
   */
  readonly mergeIsExact: boolean;

  /** The first row whose key equals `key`, or null. */
  get(key: UniqueKey, options?: CallOptions): Promise<Row<C, T, N> | null>;

  /**
   * One row or null for each key, in the keys' order, in one round trip. (In two where `keyColumns`
   * was given and a key has another text than its row: `'05'` for 5, `'A'` for `'a'`; `timeoutMs` is
   * for both.)
   */
  getMany(keys: readonly UniqueKey[], options?: CallOptions): Promise<(Row<C, T, N> | null)[]>;

  /**
   * As {@link getMany}, and what fails is told of each key by itself, whatever ends the call: a row
   * that had come is given.
   */
  getManySettled(
    keys: readonly UniqueKey[],
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Row<C, T, N> | null>[]>;

  /**
   * For each key the rows that equal it, up to `limit` each, in one round trip: what `in` does not
   * do on a non-unique index.
   */
  findMany(
    keys: readonly IndexKey<T, N, K>[],
    options: CallOptions & {
      limit: number;
      filters?: readonly RowFilter<F[number], T>[] | undefined;
    },
  ): Promise<Row<C, T, N>[][]>;

  /**
   * Rows in the order of the index, from `key` on. `limit` has to be given: the protocol's silent
   * default of 1 is a trap. All rows come in one reply; {@link scan} walks a large range in pages.
   */
  find(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    options: RangeOptions<F[number], T, K> & { limit: number },
  ): Promise<Row<C, T, N>[]>;

  /**
   * Walks the index from `key`, in its order, a page at a time, and never holds more than two
   * pages. The next page is asked for before the rows of the last one are given, so that it is on
   * its way meanwhile; the second one when half of the first is given, since many walks end there.
   *
   * **How it pages.** Where the columns of the index are known, the next page is what follows the
   * key of the last row given; rows of a non-unique index that share that key are counted within
   * their group, so that none is skipped or given twice. They are known if `keyColumns` was given
   * to `openIndex`. Without it, a unique index's columns are looked for: the first `columns`
   * together, or a single one of them, by whether rows of the first page are found again by them
   * (once for an index). Where they are not known, or the text of a key does not find its row (UUID
   * and rounded FLOAT columns), pages are counted off from the start (`offset`), which gets slower
   * with every page: the server walks over what it skips.
   *
   * **While rows change.** Each page is a consistent snapshot, the walk as a whole is none. Where
   * the index is unique and its columns are known, a row that stays where it is in the index is
   * given exactly once, whatever happens to others. A row inserted or moved behind the walk is not
   * seen; before it, it is, unless it falls into the page at hand or the one on its way, which show
   * what was there when they were read. On a non-unique index, rows deleted from the group of equal keys that
   * the walk is in can make it skip others of that group. Paging by `offset` skips and repeats
   * wherever rows are inserted or deleted. To delete while walking, walk a unique index and give
   * its `keyColumns`.
   *
   * @throws TypeError or RangeError at once; errors of the server come from the iteration.
   */
  scan(
    op: Exclude<FindOperator, '='>,
    key: IndexKey<T, never, K>,
    options?: ScanOptions<F[number], T>,
  ): AsyncIterable<Row<C, T, N>>;

  /**
   * Walks the whole index, whatever is in it: each row comes once. No key is the least of every type,
   * so the rows below `''` (in the server's eyes: NULLs, negative numbers, text that begins below a
   * space) come first, and then the others in the order of the index. Where the first fit one page, they
   * are in that order, too; where they do not, they come downwards.
   */
  scan(options?: ScanOptions<F[number], T>): AsyncIterable<Row<C, T, N>>;

  /**
   * Inserts a row. Every opened column is sent, NULL for those not named: the server gives a NOT
   * NULL column its declared default then, if that is a constant. An array gives all columns in
   * their order. Columns that were not opened get what the server makes of them, which is not what
   * SQL would (zero or `''`). The server takes 32 columns at most.
   *
   * `insertId` is the AUTO_INCREMENT id that the server made up, and null where it made up none. It
   * is a number where the index is `'PRIMARY'` and `keyColumns` names one column that is declared
   * `number`. One above 2^53 - 1 then rejects with `ERR_HS_VALUE` and the outcome `'unknown'`, and the
   * bigint is the error's `insertId`.
   */
  insert(values: InsertValues, options?: CallOptions): Promise<{ insertId: Id | null }>;

  /**
   * Inserts rows in one round trip. Each has a result of its own, with a true `outcome`, whatever
   * ends the call: one row may be there already, or the connection may break between two of them.
   */
  insertMany(
    rows: readonly InsertValues[],
    options?: CallOptions,
  ): Promise<PromiseSettledResult<{ insertId: Id | null }>[]>;

  /**
   * Changes the named columns, or with an array all of them, of at most `limit` rows, and gives
   * the number of rows found. `limit` may be left out where the key finds one row at most: see
   * {@link RangeOptions.limit}.
   *
   * @remarks NULL written to a NOT NULL column leaves it as it is.
   */
  update(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    values: Values<C, T, N> | PositionalValues<C, T, N>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<number>;

  /**
   * Adds whole numbers to the named columns. The server counts with integers: it rounds DECIMAL
   * and DOUBLE columns, stops at the end of the range of smaller columns, and wraps BIGINT around.
   */
  increment(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T> | PositionalAmounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<number>;

  /**
   * Takes whole numbers from the named columns. A row in which a column would change its sign is
   * left as it is, and not counted.
   */
  decrement(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T> | PositionalAmounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<number>;

  /** Deletes at most `limit` rows, and gives their number. */
  delete(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<number>;

  /**
   * As {@link update}, and gives the rows as they were before.
   *
   * @remarks The protocol returns only the columns that it changes. Where fewer than all are
   * named, a find that locks the rows goes before, in the same batch; `ERR_HS_CHANGED` says that
   * another writer came between the two, which the server all but rules out.
   */
  updateReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    values: Values<C, T, N> | PositionalValues<C, T, N>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;

  /** As {@link increment}, and gives the rows as they were before: see {@link updateReturning}. */
  incrementReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T> | PositionalAmounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;

  /**
   * As {@link decrement}, and gives the rows as they were before: see {@link updateReturning}. It
   * gives a row too that was left as it is since a column would have changed its sign.
   */
  decrementReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T> | PositionalAmounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;

  /** As {@link delete}, and gives the rows as they were before. */
  deleteReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;
}
