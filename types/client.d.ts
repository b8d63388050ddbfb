/* The client of one server. */

import type { ConnectionOptions } from '../index.js';
import type { ColumnType, InsertId } from './columns.js';
import type { AbortError, ServerError } from './errors.js';
import type { SqlConnection, TableSchema } from './schema.js';
import type { Index, OpenIndexTarget } from './table-index.js';
import type { SchemaTarget, SelectedNames, TypedIndex } from './table-types.js';

/** What each call may be given of its own. */
export interface CallOptions {
  /**
   * Ends the call when it is aborted: it rejects at once with an {@link AbortError}. What had not
   * been handed to a connection is not sent. Of a call in flight only the caller is detached: its reply
   * is read and dropped, and other calls and the connection continue. null and undefined mean none.
   *
   * @default none
   */
  signal?: AbortSignal | null | undefined;

  /**
   * In milliseconds, in place of the client's own, for the whole call: all repetitions and
   * fail-overs included. Of a scan it is each page's. At most 2,147,483,647.
   *
   * @default the client's
   */
  timeoutMs?: number | undefined;
}

/**
 * A secret, or a function that gives it. The function is asked once for each connect, also where
 * several connects wait for it, and so a server that made up a new secret is found again after its
 * restart. (Where the server has closed an idle connection, its last secret is tried first, and the
 * function asked if that is refused.) If it fails, the calls that wait for the connect reject with `ERR_HS_AUTH`, and what it
 * threw is the `cause`. It runs in the async context in which the client was made.
 */
export type Secret = string | (() => string | Promise<string>);

/** Where a {@link Client} finds its server, and how it uses it. */
export interface ClientOptions {
  /** As {@link ConnectionOptions.host}. @default '127.0.0.1' */
  host?: string | undefined;
  /** The port for reads (`handlersocket_port`). @default 9998 */
  port?: number | undefined;
  /**
   * The port for writes (`handlersocket_port_wr`). null: there is none, and writes are TypeErrors.
   *
   * @default 9999
   */
  writePort?: number | null | undefined;
  /** The path of the Unix socket for reads, in place of `port`. */
  path?: string | undefined;
  /** The path of the Unix socket for writes, in place of `writePort`. */
  writePath?: string | undefined;
  /** {@link ConnectionOptions.secret} tells when a server wants one. @default none */
  secret?: Secret | undefined;
  /** The secret for the write port (`handlersocket_plain_secret_wr`). @default as `secret` */
  writeSecret?: Secret | undefined;
  /**
   * How many connections to the read port, 1 to 1000. `'auto'`: one to a server that is near, as many
   * as are needed for a call to find an idle one, up to 8, to a server that is far: where the wire's
   * round trip takes 0.15 ms or more. Linux tells how long it takes; elsewhere `'auto'` is 1.
   * @default 'auto'
   */
  connections?: number | 'auto' | undefined;
  /**
   * How many connections to the write port, 1 to 1000. More than one seldom helps: the server does
   * all writes one after the other. @default 1
   */
  writeConnections?: number | undefined;
  /**
   * In milliseconds, from a call to its result, waiting and repeating included; at most
   * 2,147,483,647. Past it the call rejects with `ERR_HS_TIMEOUT`. @default 5000
   */
  timeoutMs?: number | undefined;
  /**
   * How many calls may be without a result at a time, reads and writes together. Past it a call
   * rejects at once with `ERR_HS_OVERLOADED`: nothing of it was sent. @default Infinity
   */
  maxPending?: number | undefined;
  /**
   * In milliseconds. A connection that was not used for this long is closed, and opened again at
   * the next call: the server drops idle ones after 300 s by default, and an open index holds a
   * lock that ALTER TABLE and DROP TABLE wait for. @default 60_000
   */
  idleTimeoutMs?: number | undefined;
  /**
   * For how long replies on an open connection are looked for without a pause before the event loop
   * waits for them, in microseconds: 0 to 1000. It spares being woken, 5 to 50 µs a call, and takes a
   * core meanwhile: for programs that make one call after the other and have cores to spare. It pauses
   * by itself where it does not help. Only on Linux under Node.js.
   * @default 0
   */
  busyPollMicroseconds?: number | undefined;
  /**
   * Whether the `operation` tracing channel shows keys and values. They may be private.
   * @default false
   */
  traceValues?: boolean | undefined;
  /**
   * A connection or a pool of mysql2 or mariadb to the same server: {@link Client.verify} asks it, and each index with a
   * schema, before its first write and after each reconnect, whether the table is still what the schema says. Before a
   * table is opened on a new connection, for reads too, it is asked whether that became a view. The client does not close it.
   *
   * @default none
   */
  sql?: SqlConnection | undefined;
}

/** Where a schema and the database differ: of {@link Client.verify}. */
export interface SchemaDifference {
  /** `'database.table'` */
  table: string;
  /** The way to what differs: `'columns.name.length'`. */
  path: string;
  /** What the schema says; undefined where it has nothing. */
  was: unknown;
  /** What the database says; undefined where it has nothing. */
  is: unknown;
}

/** Options of {@link Client.connect}. */
export interface ConnectOptions extends CallOptions {
  /** Whether to connect to the write port, too, and open there what the read port has opened. @default false */
  writes?: boolean | undefined;
}

/** What {@link Client.ping} gives, in milliseconds. */
export interface PingResult {
  readMs: number;
  writeMs: number | null;
}

/** Figures about a {@link Client} since it was constructed. */
export interface ClientStats {
  /** How many connections are open just now. */
  connections: number;
  /** How many of them have a batch in flight. */
  connectionsInUse: number;
  /** How many connects have succeeded. */
  generation: number;
  /** How many calls have no result yet. */
  pending: number;
  /** How many batches were sent. */
  batches: number;
  /** How many commands they held. */
  commands: number;
  /** How many bytes they held: the same as `bytesOut`. */
  bytes: number;
  /** About how many bytes of replies have come. */
  bytesIn: number;
  /** How many bytes of commands were sent. */
  bytesOut: number;
  /** How many commands were sent once more, or for the first time after a failed connect. */
  retries: number;
  /** How many calls failed, by the error's code. A row that `insertMany` tells of is no failed call. */
  errors: Readonly<Record<string, number>>;
  /** Of the last minute, in milliseconds, right to a few per cent; null where there was nothing. */
  latency: {
    /** How long commands waited in the client, from the call until they were handed to a connection. */
    queueMs: Percentiles;
    /** How long batches took from then to their last reply. */
    roundTripMs: Percentiles;
  };
}

/** What half of the times, and what 99 of 100, do not exceed. */
export interface Percentiles {
  p50: number | null;
  p99: number | null;
}

/**
 * One server, its rows by key. Constructing it does no I/O; an idle one keeps no process alive and
 * no thread busy.
 *
 * ```js
 * const { Client } = require('hansock');
 *
 * const client = new Client({ host: 'db1', secret: process.env.HANDLERSOCKET_SECRET });
 * const items = client.openIndex({
 *   database: 'shop',
 *   table: 'item',
 *   columns: ['id', 'name', 'price'],
 *   types: { id: 'number' },
 * });
 *
 * console.log(await items.get(42)); // { id: 42, name: 'Tea', price: '3.50' }
 * await items.update('=', 42, { price: '3.20' });
 * ```
 *
 * **Auto-pipelining.** Calls made in one turn of the event loop travel together, and what arrives
 * while a round trip is in flight makes up the next one. There is nothing to set; `await` a call,
 * or let a thousand wait at once. Calls that were not awaited one after the other may be done in
 * any order.
 *
 * **Reconnecting.** A connection that broke is made again at the next call. Reads are repeated once
 * on a fresh connection; writes only where nothing of them had been sent, or the server says that it
 * has done nothing. A write that may have been done rejects with `outcome` `'unknown'` and is never
 * sent again. `docs/errors.md` has the table.
 *
 * **Tracing.** `diagnostics_channel` tracing channels `hansock:operation` (each call),
 * `hansock:execute` (each batch) and `hansock:connect`; without subscribers they cost nothing. The
 * `attributes` of each message are those that OpenTelemetry's conventions for databases want.
 */
export class Client implements AsyncDisposable {
  /** @throws TypeError or RangeError that names the option; a wrong host or path is one, too. */
  constructor(options?: ClientOptions);

  /**
   * Connects to the read port, shows it the secret, and opens there every index defined so far. With
   * `writes` the same on the write port. It rejects with what failed, and names it. Optional: calls
   * connect by themselves.
   *
   * @remarks An index that is open on the write port holds up FLUSH TABLES WITH READ LOCK and SET
   * GLOBAL read_only: without `writes` a write opens its index there when it is first needed, after
   * the read port has opened it.
   */
  connect(options?: ConnectOptions): Promise<void>;

  /**
   * One empty round trip on each port in use, in milliseconds; `writeMs` is null where the client has
   * not connected to the write port so far.
   */
  ping(options?: CallOptions): Promise<PingResult>;

  /**
   * An index of a table. Does no I/O: the server opens it at the first call, and again after each
   * reconnect. If it cannot be opened, its calls reject with a {@link ServerError} that names
   * database, table, index and columns.
   *
   * @throws TypeError that names what is wrong.
   */
  openIndex<
    const C extends readonly string[],
    const T extends { readonly [Name in C[number]]?: ColumnType } = Record<never, never>,
    const N extends C[number] = never,
    const K extends readonly C[number][] = readonly [],
    const I extends string = 'PRIMARY',
  >(
    target: OpenIndexTarget<C, T, never, N, K, I>,
  ): Index<C, T, readonly [], N, K, InsertId<T, K, I>>;
  /** With columns that filters may name. */
  openIndex<
    const C extends readonly string[],
    const T extends { readonly [Name in C[number]]?: ColumnType } = Record<never, never>,
    const F extends readonly string[] = readonly string[],
    const N extends C[number] = never,
    const K extends readonly C[number][] = readonly [],
    const I extends string = 'PRIMARY',
  >(target: OpenIndexTarget<C, T, F, N, K, I>): Index<C, T, F, N, K, InsertId<T, K, I>>;
  /**
   * An index of a table by its schema, from `hansock/schema`. What would go wrong by HandlerSocket is refused
   * before anything is sent, with the code `ERR_HS_SCHEMA`, or as a TypeError or a RangeError where a value is at fault:
   * `docs/schema.md` has the rules. A schema that is written in the program `as const` types the index.
   *
   * @throws HandlerSocketError with the code `ERR_HS_SCHEMA` where the table or the index cannot even be read.
   * @throws TypeError that names what is wrong.
   *
   * (It takes what the others take, too: of several signatures compilers tell only why the last one does not fit.)
   */
  openIndex<
    const S extends TableSchema = never,
    const C extends readonly string[] = SelectedNames<S>,
    const F extends readonly string[] = readonly [],
    const T extends { readonly [Name in string]?: ColumnType } = Record<never, never>,
    const N extends C[number] = never,
    const K extends readonly C[number][] = readonly [],
    const I extends string = 'PRIMARY',
  >(
    target: SchemaTarget<S, C, F, T, I> | OpenIndexTarget<C, T, F, N, K, I>,
  ): [S] extends [never] ? Index<C, T, F, N, K, InsertId<T, K, I>> : TypedIndex<S, C, F, T, I>;

  /**
   * Compares the schemas in use with the database. Empty where nothing differs.
   *
   * @param sql In place of the client's own.
   * @throws TypeError where there is no SQL connection.
   */
  verify(sql?: SqlConnection): Promise<SchemaDifference[]>;

  /** Figures for monitoring. */
  stats(): ClientStats;

  /**
   * Ends everything now: calls in flight reject with `ERR_HS_CLOSED` and their outcome, and calls
   * after it as well. {@link close} is what lets them end.
   */
  destroy(): void;

  /**
   * Waits for calls in flight, then disconnects. Calls after it reject with `ERR_HS_CLOSED`. May
   * be called more than once.
   */
  close(): Promise<void>;

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
