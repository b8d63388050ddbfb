/* Several servers as one. */

import type { Bindable, FindOperator, Ketama } from '../index.js';
import type {
  CallOptions,
  Client,
  ClientOptions,
  ClientStats,
  ConnectOptions,
  PingResult,
  SchemaDifference,
} from './client.js';
import type {
  ColumnType,
  IndexKey,
  InsertId,
  Key,
  PositionalValues,
  Row,
  Values,
} from './columns.js';
import type { FanOutError, HandlerSocketError } from './errors.js';
import type { TableSchema } from './schema.js';
import type { Index, OpenIndexTarget, RangeOptions, ScanOptions } from './table-index.js';
import type { SelectedNames, ShardedSchemaTarget, TypedShardedIndex } from './table-types.js';

/** One server of a {@link ShardedClient}. */
export interface ShardServer
  extends Pick<
    ClientOptions,
    'host' | 'port' | 'writePort' | 'path' | 'writePath' | 'secret' | 'writeSecret' | 'sql'
  > {
  /** Its share of the keys is its weight's share of all weights. 0: none. @default 1 */
  weight?: number | undefined;
  /** Servers that replicate this one, and may take reads: see {@link ShardedClientOptions.reads}. */
  replicas?: readonly Pick<ClientOptions, 'host' | 'port' | 'path' | 'secret'>[] | undefined;
}

/** The servers, how they are used, and the options of each one's {@link Client}. */
export interface ShardedClientOptions
  extends Omit<ClientOptions, 'host' | 'port' | 'writePort' | 'path' | 'writePath' | 'sql'> {
  /** At least one. `host` and `port` are what the ring hashes: keep them as they are. */
  servers: readonly ShardServer[];
  /**
   * Who takes the reads: the primary, a replica, or any of both, in turn. A replica that cannot be
   * reached is left alone, and tried again at growing intervals; the read goes to another one within
   * the same deadline, which the candidates share equally. Writes go to the primary alone.
   *
   * Writes through HandlerSocket do not reach the binary log: **a replica shows only what was written
   * through SQL.**
   *
   * @default 'primary'
   */
  reads?: 'primary' | 'any' | 'replica' | undefined;
  /**
   * What becomes of a call whose server cannot be reached.
   *
   * - `'error'`: it rejects. Nothing is ever sent to a server that the ring does not name.
   * - `'next'`, for tables used as a cache: it goes to the next server on the ring (a write only
   *   where nothing of it had been sent; of an `insertMany` each row by itself), as do the calls after
   *   it, until the server answers again. The keys of other servers stay where they are. Replicas and
   *   next servers share the call's time equally, and the last has all that is left.
   *
   * @default 'error'
   */
  onServerDown?: 'error' | 'next' | undefined;
}

/** Which index, and what says on which server a row is: for {@link ShardedClient.openIndex}. */
export type ShardedIndexTarget<
  C extends readonly string[],
  T,
  F extends readonly string[] = readonly string[],
  N extends string = never,
  K extends readonly string[] = readonly C[number][],
  I extends string = string,
> = OpenIndexTarget<C, T, F, N, K, I> & ShardedPlace<C[number]>;

/** What says on which server a row is. */
export interface ShardedPlace<Name extends string> {
  /**
   * The leading columns of the index by whose values the ring is asked. One column is hashed as its
   * plain text, so that data laid out by libhansock or another libketama client is found: `5` and
   * `'5'` are the same, `'05'` and text in other letters (`'A'`, `'a'`) are not, whatever the
   * server's collation says. Several are hashed as the protocol writes them: each with its bytes
   * below 0x10 escaped (0x01 and the byte plus 0x40), and TABs between them.
   */
  shardBy: readonly Name[];
  /** What to hash instead, given the values of `shardBy`. */
  shardKey?: ((parts: readonly (Bindable | Date)[]) => string | Uint8Array) | undefined;
}

/** What failed of a call to several servers at one of them. */
export interface ShardFailure {
  /** `'host:port'` */
  address: string;
  /** Of the keys that it had, among all; none where all servers were asked. */
  positions: number[];
  error: HandlerSocketError;
}

/** What {@link ShardedClient.ping} gives of one server. */
export interface ShardPing {
  /** `'host:port'` */
  address: string;
  primary: PingResult;
  replicas: PingResult[];
}

/** Where a schema and one server's database differ: of {@link ShardedClient.verify}. */
export interface ShardDifference extends SchemaDifference {
  /** `'host:port'` */
  address: string;
}

/** Figures of one server of a {@link ShardedClient}. */
export interface ShardStats {
  /** `'host:port'` */
  address: string;
  primary: ClientStats;
  replicas: ClientStats[];
}

/**
 * Several servers as one: each row is on the server that a {@link Ketama} ring names for it.
 *
 * ```js
 * const cluster = new ShardedClient({
 *   servers: [
 *     { host: 'db1', secret, weight: 2, replicas: [{ host: 'db1r', secret }] },
 *     { host: 'db2', secret },
 *   ],
 *   reads: 'any',
 * });
 * const users = cluster.openIndex({ ...place, columns: ['id', 'name'], shardBy: ['id'] });
 * await users.getMany([1, 2, 3]); // one round trip to each server that has any of them
 * ```
 *
 * There is no transaction over several servers, and nothing moves rows when the ring changes:
 * {@link Ketama.moved} says which have to be. `docs/sharding.md` tells the rest.
 */
export class ShardedClient implements AsyncDisposable {
  /** @throws TypeError or RangeError that names the option. */
  constructor(options: ShardedClientOptions);

  /** As {@link Client.openIndex}. */
  openIndex<
    const C extends readonly string[],
    const T extends { readonly [Name in C[number]]?: ColumnType } = Record<never, never>,
    const F extends readonly string[] = readonly [],
    const N extends C[number] = never,
    const K extends readonly C[number][] = readonly [],
    const I extends string = 'PRIMARY',
  >(target: ShardedIndexTarget<C, T, F, N, K, I>): ShardedIndex<C, T, F, N, K, InsertId<T, K, I>>;
  /** With a schema. (It takes what the other takes as well: see {@link Client.openIndex}.) */
  openIndex<
    const S extends TableSchema = never,
    const C extends readonly string[] = SelectedNames<S>,
    const F extends readonly string[] = readonly [],
    const T extends { readonly [Name in string]?: ColumnType } = Record<never, never>,
    const N extends C[number] = never,
    const K extends readonly C[number][] = readonly [],
    const I extends string = 'PRIMARY',
  >(
    target: ShardedSchemaTarget<S, C, F, T, I> | ShardedIndexTarget<C, T, F, N, K, I>,
  ): [S] extends [never]
    ? ShardedIndex<C, T, F, N, K, InsertId<T, K, I>>
    : TypedShardedIndex<S, C, F, T, I>;

  /**
   * `'host:port'` of the server that a key belongs to, given the values of `shardBy`. It knows of no
   * `shardKey`: {@link ShardedIndex.getServer} does.
   */
  getServer(key: Key): string;

  /** As {@link Client.connect}, of all servers and their replicas. */
  connect(options?: ConnectOptions): Promise<void>;

  /** As {@link Client.ping}, of all servers and their replicas. */
  ping(options?: CallOptions): Promise<ShardPing[]>;

  /** As {@link Client.verify}, of every server by its own `sql`. */
  verify(): Promise<ShardDifference[]>;

  /** Figures for monitoring, of each server. */
  stats(): ShardStats[];

  /** As {@link Client.destroy}, of all servers. */
  destroy(): void;

  /** As {@link Client.close}, of all servers. */
  close(): Promise<void>;

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An index of a table that is spread over several servers. It has the methods of {@link Index}.
 *
 * What names one row by its key, or inserts one, goes to one server. What names several goes to all
 * that have any of them, at once: if some fail, `getMany` and `findMany` reject with a
 * {@link FanOutError}, while `getManySettled` and `insertMany` tell it of each key or row. A range
 * (`op` other than `'='`) or a key without all `shardBy` columns is a TypeError, unless all servers
 * are asked: `{ servers: 'all' }`. So is a change of a `shardBy` column: an `update` to a value that
 * belongs elsewhere, an `increment` or a `decrement` at all.
 */
export class ShardedIndex<
  C extends readonly string[],
  T = Record<never, never>,
  F extends readonly string[] = readonly string[],
  N extends string = never,
  K extends readonly string[] = readonly string[],
  Id extends number | bigint = number | bigint,
  UniqueKey = IndexKey<T, N, K>,
  InsertValues = Values<C, T, N> | PositionalValues<C, T, N>,
> extends Index<C, T, F, N, K, Id, UniqueKey, InsertValues> {
  /**
   * `'host:port'` of the server that a key belongs to, hashed as the index hashes it: by its `shardKey`,
   * where there is one.
   *
   * @throws TypeError where the key has not all parts of `shardBy`.
   */
  getServer(key: IndexKey<T, never, K>): string;

  /** With `servers: 'all'`, each server's rows, one server after the other, up to `limit` of each. */
  find(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    options: RangeOptions<F[number], T, K> & { limit: number; servers?: 'all' | undefined },
  ): Promise<Row<C, T, N>[]>;

  /**
   * With `servers: 'all'`, the rows of all servers in the order of the index, holding a page of each.
   * They are merged by the index's columns, which have to be among `columns`: numbers, dates and
   * bytes as such; text of a column without a declared type as numbers where it is such, and
   * otherwise by its bytes. Where the server's collation orders text otherwise, each server's rows
   * keep their order among themselves, and only that is promised.
   */
  scan(
    op: Exclude<FindOperator, '='>,
    key: IndexKey<T, never, K>,
    options?: ScanOptions<F[number], T> & { servers?: 'all' | undefined },
  ): AsyncIterable<Row<C, T, N>>;
  /** The whole index, of all servers: `servers: 'all'` has to be given. */
  scan(
    options?: ScanOptions<F[number], T> & { servers?: 'all' | undefined },
  ): AsyncIterable<Row<C, T, N>>;
}
