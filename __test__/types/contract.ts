/**
 * Checks that the package's types cover the public contract, whose declarations of Client and Index
 * are copied here unchanged.
 */

import type * as hansock from 'hansock';
import type { Bindable, Client, FilterOperator, FindOperator, Index } from 'hansock';
import type { SqlConnection } from 'hansock/schema';
import { exactly } from './exactly.js';

declare namespace contract {
  export interface ClientOptions {
    host?: string | undefined;
    port?: number | undefined;
    writePort?: number | null | undefined;
    path?: string | undefined;
    writePath?: string | undefined;
    secret?: string | (() => string | Promise<string>) | undefined;
    writeSecret?: string | (() => string | Promise<string>) | undefined;
    connections?: number | 'auto' | undefined;
    writeConnections?: number | undefined;
    timeoutMs?: number | undefined;
    maxPending?: number | undefined;
    idleTimeoutMs?: number | undefined;
    sql?: SqlConnection | undefined;
  }

  export type ColumnType =
    | 'string'
    | 'number'
    | 'bigint'
    | 'boolean'
    | 'buffer'
    | 'json'
    | 'datetime';
  export interface ColumnTypes {
    string: string;
    number: number;
    bigint: bigint;
    boolean: boolean;
    buffer: Buffer;
    json: unknown;
    datetime: Date;
  }

  export class Client implements AsyncDisposable {
    constructor(options?: ClientOptions);
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
  }

  export type Row<C extends readonly string[], T> = {
    [K in C[number]]:
      | (K extends keyof T ? (T[K] extends ColumnType ? ColumnTypes[T[K]] : string) : string)
      | null;
  };
  export type Key = Bindable | readonly Bindable[];
  export interface RowFilter {
    type?: 'filter' | 'while' | undefined;
    column: string;
    op: FilterOperator;
    value: Bindable;
  }
  export interface RangeOptions {
    limit?: number | undefined;
    offset?: number | undefined;
    in?: { column: string; values: readonly Bindable[] } | undefined;
    filters?: readonly RowFilter[] | undefined;
    signal?: AbortSignal | null | undefined;
    timeoutMs?: number | undefined;
  }

  export class Index<C extends readonly string[], T> {
    get(key: Key): Promise<Row<C, T> | null>;
    getMany(keys: readonly Key[]): Promise<(Row<C, T> | null)[]>;
    findMany(
      keys: readonly Key[],
      options: { limit: number; filters?: readonly RowFilter[] },
    ): Promise<Row<C, T>[][]>;
    find(
      op: FindOperator,
      key: Key,
      options: RangeOptions & { limit: number },
    ): Promise<Row<C, T>[]>;
    scan(
      op: Exclude<FindOperator, '='>,
      key: Key,
      options?: { pageSize?: number; limit?: number; filters?: readonly RowFilter[] },
    ): AsyncIterable<Row<C, T>>;
    insert(
      values: Partial<Record<C[number], Bindable>>,
    ): Promise<{ insertId: number | bigint | null }>;
    insertMany(
      rows: readonly Partial<Record<C[number], Bindable>>[],
    ): Promise<PromiseSettledResult<{ insertId: number | bigint | null }>[]>;
    update(
      op: FindOperator,
      key: Key,
      values: Partial<Record<C[number], Bindable>>,
      options?: RangeOptions,
    ): Promise<number>;
    increment(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], number | bigint | string>>,
      options?: RangeOptions,
    ): Promise<number>;
    decrement(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], number | bigint | string>>,
      options?: RangeOptions,
    ): Promise<number>;
    delete(op: FindOperator, key: Key, options?: RangeOptions): Promise<number>;
    updateReturning(
      op: FindOperator,
      key: Key,
      values: Partial<Record<C[number], Bindable>>,
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    incrementReturning(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], number | bigint | string>>,
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    decrementReturning(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], number | bigint | string>>,
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    deleteReturning(op: FindOperator, key: Key, options?: RangeOptions): Promise<Row<C, T>[]>;
  }
}

// ── Equal types ──────────────────────────────────────────────────────────────────────────────────

declare const same: {
  options: Omit<hansock.ClientOptions, 'traceValues' | 'busyPollMicroseconds'>;
  columnType: hansock.ColumnType;
  columnTypes: hansock.ColumnTypes;
  key: hansock.Key;
  filter: hansock.RowFilter;
  range: hansock.RangeOptions;
  bindable: Bindable;
  find: FindOperator;
  filters: FilterOperator;
};
exactly<contract.ClientOptions>()(same.options);
exactly<contract.ColumnType>()(same.columnType);
exactly<contract.ColumnTypes>()(same.columnTypes);
exactly<contract.Key>()(same.key);
exactly<contract.RowFilter>()(same.filter);
exactly<contract.RangeOptions>()(same.range);
exactly<string | number | bigint | boolean | Uint8Array | null>()(same.bindable);
exactly<'=' | '>' | '>=' | '<' | '<='>()(same.find);
exactly<'=' | '!=' | '>' | '>=' | '<' | '<='>()(same.filters);

/** Either way: a row of columns of every type. */
export function rows(ours: hansock.Row<Names, Types>, theirs: contract.Row<Names, Types>) {
  ours satisfies contract.Row<Names, Types>;
  theirs satisfies hansock.Row<Names, Types>;
}

// ── Types that accept and return no less ─────────────────────────────────────────────────────────

/** The methods as properties: TypeScript compares the parameters of such strictly. */
type Strict<Instance> = {
  [Name in keyof Instance]: Instance[Name] extends (...args: infer Given) => infer Result
    ? (...args: Given) => Result
    : Instance[Name];
};

/** An index of columns without declared types: with them, values have to be of these. */
export function index(ours: Index<Names>) {
  ours satisfies Strict<contract.Index<Names, Record<never, never>>>;
}
type Names = readonly ['a', 'b', 'c'];
type Types = { readonly a: 'datetime'; readonly b: 'json'; readonly c: hansock.ColumnType };

declare const client: Client;
client satisfies Strict<contract.Client>;

type Constructor = new (...args: ConstructorParameters<typeof contract.Client>) => contract.Client;
export function constructs(ours: typeof Client) {
  ours satisfies Constructor;
}
