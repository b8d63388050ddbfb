/**
 * The package's types say at least what the public contract says: what that declares of Client and
 * Index stands here as it is there.
 */

import type * as hansock from 'hansock';
import type { Bindable, Client, FilterOperator, FindOperator, Index } from 'hansock';
import { exactly } from './exactly.js';

declare namespace contract {
  export interface ClientOptions {
    host?: string;
    port?: number;
    writePort?: number | null;
    path?: string;
    writePath?: string;
    secret?: string | (() => string | Promise<string>);
    writeSecret?: string | (() => string | Promise<string>);
    connections?: number | 'auto';
    writeConnections?: number;
    timeoutMs?: number;
    maxPending?: number;
    idleTimeoutMs?: number;
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
    openIndex<
      const C extends readonly string[],
      // biome-ignore lint/complexity/noBannedTypes: the contract's words
      const T extends { readonly [K in C[number]]?: ColumnType } = {},
    >(target: {
      database: string;
      table: string;
      index?: string;
      columns: C;
      filterColumns?: readonly string[];
      types?: T;
    }): Index<C, T>;
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
    type?: 'filter' | 'while';
    column: string;
    op: FilterOperator;
    value: Bindable;
  }
  export interface RangeOptions {
    limit?: number;
    offset?: number;
    in?: { column: string; values: readonly Bindable[] };
    filters?: readonly RowFilter[];
    signal?: AbortSignal | null;
    timeoutMs?: number;
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
      values: Partial<Record<C[number], Bindable>> | readonly Bindable[],
    ): Promise<{ insertId: bigint | null }>;
    insertMany(
      rows: readonly (Partial<Record<C[number], Bindable>> | readonly Bindable[])[],
    ): Promise<PromiseSettledResult<{ insertId: bigint | null }>[]>;
    update(
      op: FindOperator,
      key: Key,
      values: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<number>;
    increment(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<number>;
    decrement(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<number>;
    delete(op: FindOperator, key: Key, options?: RangeOptions): Promise<number>;
    updateReturning(
      op: FindOperator,
      key: Key,
      values: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    incrementReturning(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    decrementReturning(
      op: FindOperator,
      key: Key,
      by: Partial<Record<C[number], Bindable>> | readonly Bindable[],
      options?: RangeOptions,
    ): Promise<Row<C, T>[]>;
    deleteReturning(op: FindOperator, key: Key, options?: RangeOptions): Promise<Row<C, T>[]>;
  }
}

// ── What is the same ─────────────────────────────────────────────────────────────────────────────

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

/** Either way: a row of any columns and types. */
export function rows<C extends readonly string[], T>(
  ours: hansock.Row<C, T>,
  theirs: contract.Row<C, T>,
) {
  ours satisfies contract.Row<C, T>;
  theirs satisfies hansock.Row<C, T>;
}

// ── What takes no less, and gives no less ────────────────────────────────────────────────────────

/** The methods as properties: TypeScript compares the parameters of such strictly. */
type Strict<Instance> = {
  [Name in keyof Instance]: Instance[Name] extends (...args: infer Given) => infer Result
    ? (...args: Given) => Result
    : Instance[Name];
};

/** An index of any columns and types. */
export function index<C extends readonly string[], T>(ours: Index<C, T>) {
  ours satisfies Strict<contract.Index<C, T>>;
}

/** And of such as have types of every kind. */
export function typedIndex(ours: Index<Names, Types>) {
  ours satisfies Strict<contract.Index<Names, Types>>;
}
type Names = readonly ['a', 'b', 'c'];
type Types = { readonly a: 'datetime'; readonly b: 'json'; readonly c: hansock.ColumnType };

declare const client: Client;
client satisfies contract.Client;
client satisfies Strict<Omit<contract.Client, 'openIndex'>>;

type Constructor = new (...args: ConstructorParameters<typeof contract.Client>) => contract.Client;
export function constructs(ours: typeof Client) {
  ours satisfies Constructor;
}

// `openIndex` cannot be compared strictly: it is to refuse types for what is no column.
declare const target: {
  database: string;
  table: string;
  index?: string;
  columns: Names;
  filterColumns?: readonly string[];
  types?: Types;
};
exactly<Index<Names, Types>>()(client.openIndex(target));
client.openIndex(target) satisfies Strict<contract.Index<Names, Types>>;
