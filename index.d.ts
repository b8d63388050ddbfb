/// <reference types="node" />

/**
 * MariaDB's HandlerSocket from Node.js: rows by key, without SQL.
 *
 * Commands are written into a {@link Batch}, an {@link Executor} pairs each batch with a
 * {@link Connection} and runs them all at once within one deadline, and the batches then hold the
 * {@link Reply | replies}. A {@link Ketama} ring says which of several servers a key belongs to.
 *
 * ```js
 * const { Batch, Connection, Executor } = require('hansock');
 *
 * const connection = new Connection('127.0.0.1:9998', { secret: 'open sesame' });
 * const batch = new Batch()
 *   .openIndex(0, { database: 'shop', table: 'item', columns: ['id', 'name', 'price'] })
 *   .find(0, '=', [42]);
 *
 * const [[opened, found]] = await new Executor().add(connection, batch).execute();
 * console.log(found.rows); // [ [ '42', 'Tea', '3.50' ] ]
 * ```
 *
 * HandlerSocket is not SQL. What surprises everyone:
 *
 * - **Opening a view crashes the whole server** ({@link IndexTarget}).
 * - **Writes do not reach the binary log**: they are not replicated, and a point-in-time recovery
 *   does not bring them back ({@link Batch.insert}).
 * - **MariaDB makes up a new secret at each start** unless one is configured
 *   ({@link ConnectionOptions.secret}).
 * - **A find gives one row** unless a limit is given ({@link FindOptions.limit}).
 * - **Nothing is converted or checked**: neither character sets, nor lengths and ranges
 *   ({@link Bindable}).
 *
 * Wrong arguments throw where they are given, a TypeError or a RangeError that names the argument;
 * nothing has been sent then. What fails later is a {@link HandlerSocketError}.
 *
 * @packageDocumentation
 */

import type { CallOptions } from './types/client.js';
import type { AbortError, ExecuteError, HandlerSocketError, ServerError } from './types/errors.js';

export * from './types/client.js';
export * from './types/columns.js';
export * from './types/errors.js';
export * from './types/sharding.js';
export * from './types/table-index.js';
export * from './types/table-types.js';

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

/**
 * What may be sent as a part of a key, a column's value or a filter's value.
 *
 * | given                  | sent                                        |
 * | ---------------------- | ------------------------------------------- |
 * | a string               | its UTF-8 bytes                             |
 * | a finite number        | as JavaScript writes it: `1.5`, `1e+21`     |
 * | a bigint               | its decimal digits                          |
 * | a boolean              | `1` or `0`                                  |
 * | a Uint8Array (Buffer)  | its bytes                                   |
 * | null                   | SQL NULL                                    |
 *
 * Anything else (`undefined`, a Date, a plain object, NaN, Infinity) is a TypeError that names its
 * position. Every byte from 0x00 to 0xff passes as it is. A value, and a batch, holds at most about
 * 512 MiB (`buffer.constants.MAX_STRING_LENGTH`).
 *
 * The server converts no character sets: the bytes go into the column, and are compared with it, as
 * they are. Strings are right for utf8mb3 and utf8mb4 columns; for others (latin1, utf16, sjis)
 * encode the text yourself and give the bytes. BIT, UUID, INET4 and INET6 columns take raw bytes
 * too: their text form is stored as NULL.
 *
 * Nor is there a strict mode: what does not fit the column is clipped or cut off without an error,
 * also in keys. Looking for `'abcdef'` in a `VARCHAR(3)` finds `'abc'`, and 3.5 in an INT finds 4.
 */
export type Bindable = string | number | bigint | boolean | Uint8Array | null;

/**
 * A column's value as the server sent it: text, or null for SQL NULL. Numbers and dates come as
 * text as well: `'42'`, `'1.50'`, `'2024-02-29'`.
 */
export type Text = string | null;

/**
 * How a find compares the index with the key: it starts at the key, walks the index upwards (`=`,
 * `>`, `>=`) or downwards (`<`, `<=`), and gives the rows in that order.
 *
 * @remarks On an index declared DESC, upwards is what the index calls upwards: `>=` finds smaller
 * values. On partitioned tables all but `=` with the whole primary key crashes the server, or finds
 * wrong rows.
 */
export type FindOperator = '=' | '>' | '>=' | '<' | '<=';

/**
 * How a {@link Filter} compares a column with its value. NULL stands below every other value, so
 * `<` and `<=` match it; `=` and `!=` with null ask for it.
 */
export type FilterOperator = '=' | '!=' | '>' | '>=' | '<' | '<=';

// ── Connection ───────────────────────────────────────────────────────────────────────────────────

/** Where a {@link Connection} goes, and what it says first there. */
export interface ConnectionOptions {
  /**
   * A name, an IPv4 or an IPv6 address (without brackets). Of a name with several addresses the one
   * that worked last is tried first, and another one every 250 ms beside those that do not answer,
   * within the deadline of the execute.
   *
   * @default '127.0.0.1'
   */
  host?: string | undefined;

  /**
   * 1 to 65535. HandlerSocket listens on two ports: one for reads (`handlersocket_port`), and one
   * that writes as well (`handlersocket_port_wr`, by custom 9999). Read on the port for reads: on
   * the other one every find locks the rows it visits, and waits in one line with all writers.
   *
   * @default 9998
   */
  port?: number | undefined;

  /** The path of a Unix socket, in place of `host` and `port`. At most 107 bytes. */
  path?: string | undefined;

  /**
   * Sent as an auth request before anything else on every connect, in the same write as what
   * follows. {@link Batch.auth} says which characters it cannot have.
   *
   * MariaDB from 10.11.19, 11.4.13, 11.8.9 and 12.3.3 on wants a secret **unless it is configured
   * not to**: where `handlersocket_plain_secret` is not set at all, the server makes up a new one
   * at each start. Configure it, or ask for it by SQL: `SHOW VARIABLES LIKE
   * 'handlersocket_plain_secret%'`; any SQL user may, so it keeps nobody out who can log in. Set to
   * the empty string the server wants none, and refuses a connection that gives one. A refusal
   * fails the batch with `ERR_HS_AUTH`.
   *
   * It appears in no error and in no `inspect`. On the wire it is plain text.
   *
   * @default none: no auth request is sent
   */
  secret?: string | undefined;

  /**
   * Commands sent after the secret on every connect, before the batch and in the same write;
   * typically {@link Batch.openIndex} requests, since what a connection has opened is gone when it
   * connects again. Their replies are not the batch's. If one is refused, the batch fails with
   * the code of that {@link ServerError}, which is the `cause`.
   *
   * The commands are copied when the connection is constructed: the batch may serve several
   * connections, and be changed after.
   *
   * @default none
   */
  handshake?: Batch | undefined;

  /**
   * A single reply longer than this many bytes ends the connection and fails the batch with
   * `ERR_HS_PROTOCOL`: a broken or hostile server must not exhaust memory. No more than this is
   * ever held of such a reply. 1 to `buffer.constants.MAX_LENGTH`.
   *
   * @default 268_435_456 (256 MiB)
   */
  maxReplyBytes?: number | undefined;

  /**
   * How many batches may wait for their turn while another one is in flight, where without it they
   * fail with `ERR_HS_BUSY`. Each is sent as soon as the replies before it are there, without the
   * way through JavaScript, so that the server need not wait while those replies are read. Its
   * deadline counts from `execute`. If the batch before it fails, it goes over a new connect.
   * `executeSync` does not wait for a turn. 0 to 1,024.
   *
   * @default 0
   */
  maxQueued?: number | undefined;
  /**
   * For how long replies on an open connection are looked for without a pause before the event loop
   * waits for them, in microseconds: 0 to 1000. It spares being woken, 5 to 50 µs a call, and takes a
   * core meanwhile: for programs that make one call after the other and have cores to spare. It pauses
   * by itself where it does not help. Only on Linux under Node.js.
   * @default 0
   */
  busyPollMicroseconds?: number | undefined;
}

/**
 * One server's address, and the connection to it. It connects when it is first used, and again at
 * the next use after a failure; a connection which the server closed while it was idle (it drops
 * those, after 300 seconds by default) is replaced without the caller noticing. It belongs to no
 * executor, and carries one batch at a time; others wait in line if `maxQueued` says so.
 *
 * Constructing one does no I/O. Idle, it keeps no process from ending.
 *
 * ```js
 * const reads = new Connection('db-1.example:9998', { secret });
 * const writes = new Connection({ host: 'db-1.example', port: 9999, secret });
 * ```
 *
 * @remarks An index that a connection has opened holds a lock in the server for which ALTER, DROP,
 * TRUNCATE and RENAME TABLE wait (by default for a day). The server gives it up only when the
 * worker thread has no connections left at all: close them all before such a statement.
 */
export class Connection {
  /**
   * @param address `'host'`, `'host:port'`, `'[::1]:9998'` or `'unix:/path'`. The port is 9998
   *   where none is given.
   * @throws TypeError where the address or its port is none, or an option has the wrong type.
   * @throws RangeError where `maxReplyBytes` is out of range.
   */
  constructor(address: string, options?: Omit<ConnectionOptions, 'host' | 'port' | 'path'>);
  /**
   * @throws TypeError where an option has the wrong type, or `path` is given beside `host` or
   *   `port`.
   * @throws RangeError where `port` or `maxReplyBytes` is out of range.
   */
  constructor(options?: ConnectionOptions);

  /** `'host:port'`, `'[ipv6]:port'` or `'unix:/path'`. */
  readonly address: string;

  /**
   * - `closed`: never used, or closed by {@link Connection.close}
   * - `connecting`: the name is being looked up, or the connect is in progress
   * - `connected`: there is a socket, in use or idle
   * - `aborted`: a failure ended the socket; the next use connects again
   *
   * That a server has gone is known only when the connection is used: an idle one stays
   * `connected`.
   */
  readonly state: 'closed' | 'connecting' | 'connected' | 'aborted';

  /**
   * How often it has connected. A number that has grown tells of a reconnect, after which the
   * indexes that no handshake opens are closed.
   */
  readonly generation: number;

  /**
   * Closes the socket at once, also in the middle of an execute, whose batch then fails with
   * `ERR_HS_CLOSED`. The connection may be used again: it reconnects.
   */
  close(): void;

  /** As {@link close}. */
  [Symbol.dispose](): void;
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────

/**
 * Which columns of which table {@link Batch.openIndex} opens, and by which index.
 *
 * **Never open a view: MariaDB crashes at it (the whole server, by a segmentation fault), and nothing
 * in the protocol tells a view from a table.** Nor use system-versioned tables: their history rows are
 * found, and written, too. An insert into a MyISAM table is lost. {@link Client.openIndex} with a
 * schema refuses all of this.
 *
 * Names are case-sensitive and sent as they are. The protocol cannot write some: a name with a
 * control character below U+0010 (a TAB, a line end), or a column's with a comma, is a TypeError.
 */
export interface IndexTarget {
  /** The database. HandlerSocket knows no privileges: the system's own tables open as well. */
  database: string;

  /** The table; not a view. */
  table: string;

  /**
   * The index that finds go by. Those on strings compare by the column's collation, as SQL does. Do
   * not use FULLTEXT, SPATIAL and HASH indexes, and beware of prefix indexes (`KEY (name(3))`): all
   * rows that share the prefix are found.
   *
   * @default 'PRIMARY'
   */
  index?: string | undefined;

  /**
   * The columns that finds give, and that inserts and updates set, in this order. Empty gives no
   * values at all.
   */
  columns: readonly string[];

  /**
   * The columns that {@link Filter | filters} may name, by their positions here.
   *
   * @default none
   */
  filterColumns?: readonly string[] | undefined;
}

/** Which of the rows that a key leads to a find gives. */
export interface FindOptions {
  /**
   * At most this many rows, 1 to 4,294,967,295.
   *
   * **Without it there is one row**, also with `>` and `<`, as in the protocol. 0 is a RangeError,
   * since the server takes it for 1.
   *
   * @default 1, or with `in` the number of its values
   */
  limit?: number | undefined;

  /**
   * Skips this many rows, of those that pass the filters. `limit + offset` past 4,294,967,295 is a
   * RangeError: the server would find nothing.
   *
   * @default 0
   */
  offset?: number | undefined;

  /**
   * An IN list, with the operator `=` only: the part of the key at `position` takes each of these
   * values in turn, and what stands there in `key` is not looked at. Rows come in the order of the
   * values; those for values without a row are left out.
   *
   * **On an index that is not unique the server gives only the first row of each value.** Send a
   * find for each value where there may be more. NULL cannot be asked for (a TypeError), and
   * neither can nothing at all. `limit` and `offset` count the rows of all values together.
   *
   * ```js
   * batch.find(0, '=', [''], { in: { position: 0, values: [3, 5, 8] } }); // up to 3 rows
   * ```
   */
  in?: { position: number; values: readonly Bindable[] } | undefined;

  /**
   * A row is given where it passes all of them. `limit` and `offset` count such rows only: the
   * server reads on until it has found them.
   *
   * @default none
   */
  filters?: readonly Filter[] | undefined;
}

/**
 * A condition on a column that was opened in {@link IndexTarget.filterColumns}. BLOB, TEXT and JSON
 * columns can be compared with NULL only.
 */
export interface Filter {
  /**
   * `'filter'` skips a row that does not match; `'while'` ends the find there.
   *
   * @default 'filter'
   */
  type?: 'filter' | 'while' | undefined;

  /** The position of the column in `filterColumns`, from 0. */
  column: number;

  /** Others than these are a TypeError: the server would match all rows, or none. */
  op: FilterOperator;

  /** What the column is compared with. */
  value: Bindable;
}

/** Which rows a modification changes, and what it answers. */
export interface ModifyOptions extends FindOptions {
  /**
   * Asks for the rows as they were before, in place of their number.
   *
   * @default false
   */
  returning?: boolean | undefined;
}

/**
 * Commands to send, and after the execution the replies to them. Each method appends one command
 * and returns the batch; what is wrong with its arguments throws, and nothing is appended then.
 *
 * A batch runs once; {@link Batch.clear} makes it new. The commands travel together and are
 * answered in their order. The server runs those of a round, of all connections of a worker thread,
 * as one transaction; so a hundred inserts in one batch cost one commit, and finds of one batch on
 * the port for reads see the same state.
 *
 * Index ids are 0 to 65535 and belong to the connection. Keep them small: the server holds an array
 * up to the largest one, and dies of a huge one.
 */
export class Batch implements Iterable<Reply> {
  constructor();

  /**
   * Appends bytes of the protocol as they are, a string as UTF-8. They may end inside a command; a
   * later `write` continues there.
   *
   * ```js
   * new Batch()
   *   .write('P\t0\tshop\titem\tPRIMARY\tname\n')
   *   .write('0\t=\t1\t')
   *   .writeDecimal(42)
   *   .write('\n');
   * ```
   *
   * @throws RangeError where a command begins with `Q` or `/`: no request does, and the server's
   *   listener shuts down at it, for all its clients.
   */
  write(data: string | Uint8Array): this;

  /**
   * Appends the decimal digits of a whole number, as part of a command.
   *
   * @throws RangeError where a number is not a safe integer; give a bigint then.
   */
  writeDecimal(value: number | bigint): this;

  /**
   * An auth request. {@link ConnectionOptions.secret} sends it on every connect, which is simpler.
   *
   * @throws TypeError where the secret has a character below U+0010: the server can match none.
   */
  auth(secret: string): this;

  /**
   * Opens columns of a table under an id of this connection; the same id again replaces what it
   * stood for. There is no request that closes one.
   *
   * ```js
   * const byName = { database: 'shop', table: 'item', index: 'by_name', columns: ['id', 'price'] };
   * batch.openIndex(1, byName);
   * ```
   *
   * **Opening a view crashes the server**: see {@link IndexTarget}.
   */
  openIndex(indexId: number, target: IndexTarget): this;

  /**
   * Finds rows by their key. The reply has the opened columns of each.
   *
   * ```js
   * batch.find(0, '=', [42]); // one row
   * batch.find(0, '>=', ['M'], { limit: 100 }); // a range
   * batch.find(1, '=', ['Tea'], { limit: 10, filters: [{ column: 0, op: '<', value: 5 }] });
   * ```
   *
   * @param key A value for each part of the index, or for its first parts: at least one, and at
   *   most 32. There is no find without a key; begin with the least value instead.
   */
  find(indexId: number, op: FindOperator, key: readonly Bindable[], options?: FindOptions): this;

  /**
   * Inserts a row, on the port for writes. The reply has the AUTO_INCREMENT id that the server
   * made, or `0` where the id was given; for tables without one it has no values.
   *
   * **Rows written through HandlerSocket do not reach the binary log**: replicas never see them,
   * and a point-in-time recovery loses them. That holds for update, increment, decrement and delete
   * as well. Triggers, CHECK constraints, generated columns and ON UPDATE are ignored.
   *
   * A success is not yet a commit: if another command of the same round, which may be another
   * client's, becomes the victim of a deadlock, rows that were answered with success are rolled
   * back.
   *
   * @param values One for each opened column, in their order; fewer leave the last ones out. **Name
   *   every column of the table, and give null**: columns left out become 0 or `''`, whatever their
   *   default (nullable ones too), while NULL for a NOT NULL column gives it its declared default.
   *   The server takes 32 at most.
   */
  insert(indexId: number, values: readonly Bindable[]): this;

  /**
   * Sets columns of the rows found, on the port for writes. The reply has the number of rows found.
   *
   * @param values **One for each opened column, in their order: with fewer the server blanks the
   *   rest** (0 or `''`), and says nothing; a batch does not know how many were opened, and cannot
   *   tell. Open the columns that you set under an id of their own. NULL leaves a NOT NULL column
   *   as it is.
   * @remarks A limit above 1 and values that move rows ahead in the index in use change the same
   *   rows again. Where a row fails in the middle, those before it stay changed, and the reply is
   *   the error.
   */
  update(
    indexId: number,
    op: FindOperator,
    key: readonly Bindable[],
    values: readonly Bindable[],
    options?: ModifyOptions,
  ): this;

  /**
   * Adds to columns of the rows found, on the port for writes. The reply has the number of rows
   * found. Columns that are NULL stay so.
   *
   * @param values Whole numbers, one for each opened column, in their order: the digits up to the
   *   first other character count, so 3.9 adds 3. 0 leaves a whole-number column as it is. The
   *   server saturates at the column's bounds, except that BIGINT wraps; fractions of DECIMAL and
   *   DOUBLE columns are lost.
   */
  increment(
    indexId: number,
    op: FindOperator,
    key: readonly Bindable[],
    values: readonly Bindable[],
    options?: ModifyOptions,
  ): this;

  /**
   * Subtracts from columns of the rows found, as {@link Batch.increment} adds. A row where a value
   * would change its sign is left as it is, and not counted; with `returning` it is given all the
   * same. 0 may be reached, and going below it from there is allowed (an unsigned column stays 0).
   */
  decrement(
    indexId: number,
    op: FindOperator,
    key: readonly Bindable[],
    values: readonly Bindable[],
    options?: ModifyOptions,
  ): this;

  /**
   * Deletes the rows found (one, unless `limit` says more), on the port for writes. The reply has
   * their number.
   */
  delete(
    indexId: number,
    op: FindOperator,
    key: readonly Bindable[],
    options?: ModifyOptions,
  ): this;

  /** Complete commands written so far, counted from the bytes. As many replies will come. */
  readonly commandCount: number;

  /** Bytes written so far. */
  readonly byteLength: number;

  /**
   * The replies received, in the order of the commands: all of them after a success, those that
   * came before it after a failure, and none before the execution.
   */
  readonly replies: readonly Reply[];

  /** Why the batch failed; null if it did not, or has not run. */
  readonly error: HandlerSocketError | null;

  /** The same as {@link Batch.replies}, one by one. */
  [Symbol.iterator](): Iterator<Reply>;

  /**
   * Removes commands, replies and error: the batch is new again. Replies taken from it before stay
   * good.
   *
   * @throws TypeError where the batch waits in an executor, or is running.
   */
  clear(): this;
}

// ── Replies ──────────────────────────────────────────────────────────────────────────────────────

/**
 * The server's answer to one command. Iterating it gives its {@link Reply.values | values}.
 *
 * | command                                  | values                                         |
 * | ---------------------------------------- | ---------------------------------------------- |
 * | auth, openIndex                          | none                                           |
 * | find, and modifications with `returning` | `columnCount` for each row, none for no row    |
 * | insert                                   | the AUTO_INCREMENT id, or none                 |
 * | update, increment, decrement, delete     | the number of rows                             |
 * | anything refused                         | what {@link Reply.error} says                  |
 *
 * The values are cut out of the received text when they are first asked for. A value that a program
 * keeps may keep up to 64 KiB of text around it in memory; a Buffer of {@link Reply.buffers} has
 * memory of its own.
 */
export interface Reply extends Iterable<Text> {
  /** Whether the command succeeded. That no row was found is a success, with no values. */
  readonly ok: boolean;

  /**
   * The server's error code; 0 is success. 1: the command failed as it ran (a duplicate key, a
   * lock, no such table). 2: it is not understood. 3: the connection is not authorised.
   */
  readonly errorCode: number;

  /** How many values make up a row. */
  readonly columnCount: number;

  /** The values, decoded as UTF-8; bytes that are no UTF-8 become U+FFFD. */
  readonly values: readonly Text[];

  /** The same values cut into rows. */
  readonly rows: readonly (readonly Text[])[];

  /**
   * The same values as the bytes that the server sent, for columns that are not UTF-8 text (BLOB,
   * BINARY, BIT, GEOMETRY, other character sets). Parsed again at each access.
   */
  readonly buffers: readonly (Buffer | null)[];

  /**
   * The server's refusal as an Error that says what it means; null after a success. It is data, and
   * thrown by nothing: the other commands of the batch are executed all the same.
   */
  readonly error: ServerError | null;
}

// ── Executor ─────────────────────────────────────────────────────────────────────────────────────

/** Further options of an execute. */
export interface ExecuteOptions {
  /**
   * Ends the execute when it is aborted: batches that are not finished fail with an
   * {@link AbortError}; those that are keep their replies. null and undefined mean none.
   *
   * @default none
   */
  signal?: AbortSignal | null | undefined;
}

/** How one batch of an execute ended. */
export type ExecuteResult =
  | {
      status: 'fulfilled';
      /** One for each command. */
      replies: readonly Reply[];
    }
  | {
      status: 'rejected';
      reason: HandlerSocketError;
      /** Those that came before the failure. */
      replies: readonly Reply[];
    };

/**
 * Runs batches on connections, all at once, within one deadline.
 *
 * ```js
 * const replies = await new Executor()
 *   .add(connectionA, batchA)
 *   .add(connectionB, batchB)
 *   .execute(1000);
 * ```
 *
 * An execute takes the pairs added so far and leaves the executor empty, ready for the next ones.
 * Any number of executes may be in flight; they take up one thread of libuv's pool at most.
 */
export class Executor {
  /**
   * Pairs a batch with the connection that is to carry it.
   *
   * @throws TypeError where the batch ends inside a command, has run or is in an executor already,
   *   or the connection is in this executor already.
   */
  add(connection: Connection, batch: Batch): this;

  /** How many pairs wait for an execute. */
  readonly size: number;

  /**
   * Runs the pairs added so far, and blocks nothing. Resolves with the replies of each batch, in
   * the order in which they were added; they are in the batches too. Without pairs, it resolves
   * with an empty array; an empty batch has no replies, and nothing is connected for it.
   *
   * Where a batch failed it rejects, once all have ended, with an {@link ExecuteError}; where a
   * signal ended it, with an {@link AbortError} that has the `results` of one. That the server
   * refused a command is no failure, but a reply with an {@link Reply.error | error}.
   *
   * A connection that another execute is using fails its batch with `ERR_HS_BUSY`, unless the batch
   * may wait in line ({@link ConnectionOptions.maxQueued}).
   *
   * @param timeoutMs The time for everything, in milliseconds, from this call on: name look-up,
   *   connect, handshake, batch and replies. What is not over by then fails with `ERR_HS_TIMEOUT`.
   *   With 0 nothing is sent: every batch that has commands fails so, `not-sent`. 5000 by default.
   * @throws TypeError, RangeError for wrong arguments, at once and not by way of the promise; the
   *   pairs stay.
   */
  execute(timeoutMs?: number, options?: ExecuteOptions): Promise<(readonly Reply[])[]>;
  /** The same, with the time among the options. */
  execute(options: CallOptions): Promise<(readonly Reply[])[]>;

  /**
   * As {@link Executor.execute}, but never rejects for a batch's sake: what `Promise.allSettled` is
   * to `Promise.all`.
   *
   * ```js
   * for (const result of await executor.executeSettled(1000)) {
   *   if (result.status === 'rejected') console.error(result.reason.code, result.reason.outcome);
   * }
   * ```
   */
  executeSettled(timeoutMs?: number, options?: ExecuteOptions): Promise<ExecuteResult[]>;
  /** The same, with the time among the options. */
  executeSettled(options: CallOptions): Promise<ExecuteResult[]>;

  /**
   * As {@link Executor.execute}, but blocks this thread until all is over. It takes the same
   * connections, and may be mixed freely with the calls above.
   *
   * @throws ExecuteError where a batch failed.
   */
  executeSync(timeoutMs?: number): (readonly Reply[])[];
  /** The same, with the time among the options. */
  executeSync(options: Pick<CallOptions, 'timeoutMs'>): (readonly Reply[])[];
}

// ── Ketama ───────────────────────────────────────────────────────────────────────────────────────

/**
 * Consistent hashing: which of several servers a key belongs to, so that a server more or fewer
 * moves few keys. Point for point the same as libketama and libhansock, where the servers are
 * written the same: the points are hashed from `host:port` as given.
 *
 * ```js
 * const ring = new Ketama([{ host: '10.0.0.1' }, { host: '10.0.0.2', weight: 2 }]);
 * ring.createContinuum();
 * ring.getServer('user:42'); // '10.0.0.2:9998'
 * ```
 */
export class Ketama {
  /**
   * Adds the servers, and leaves the ring open for more: {@link Ketama.createContinuum} fixes it.
   *
   * @param servers Each with its port (9998 where none is given) and weight (1 likewise).
   */
  constructor(
    servers?: readonly { host: string; port?: number | undefined; weight?: number | undefined }[],
  );

  /**
   * Adds a server. Its ordinal is the number of servers before it.
   *
   * @param weight Its share of the keys is its weight's share of all weights. A whole number; 0
   *   gets no keys. 1 by default.
   * @throws TypeError once the ring is fixed.
   * @throws RangeError where the port or the weight is out of range.
   */
  addServer(host: string, port: number, weight?: number): this;

  /**
   * Fixes the ring. A second call changes nothing.
   *
   * @throws TypeError where there are no servers, or all weights are 0.
   */
  createContinuum(): this;

  /**
   * The ordinal of the server that the key belongs to.
   *
   * @param key A string (as UTF-8) or bytes. Numbers are a TypeError: write them as text.
   * @throws TypeError before the ring is fixed.
   */
  getServerOrdinal(key: string | Uint8Array): number;

  /**
   * `'host:port'` of a server.
   *
   * @throws RangeError where there is no such ordinal.
   */
  getServerAddress(ordinal: number): string;

  /**
   * `'host:port'` of the server that the key belongs to.
   *
   * @throws TypeError before the ring is fixed.
   */
  getServer(key: string | Uint8Array): string;

  /**
   * The ordinals of all servers with a weight above 0, in the order in which they follow the key on
   * the ring: the one that it belongs to, then the one that it would belong to if the first were
   * not there, and so on.
   *
   * @throws TypeError before the ring is fixed.
   */
  getServerOrdinals(key: string | Uint8Array): number[];

  /**
   * Which of these keys belong to another server on the ring `other`, from where to where: what has
   * to be moved when this ring is replaced by that one. Adding a server to n equal ones moves about
   * one key in n + 1. Moving the rows is up to you.
   *
   * @throws TypeError before both rings are fixed.
   */
  moved<K extends string | Uint8Array>(
    other: Ketama,
    keys: Iterable<K>,
  ): { key: K; from: string; to: string }[];

  /**
   * How many points the ring has: about 160 for each server.
   *
   * @throws TypeError before the ring is fixed.
   */
  readonly pointCount: number;
}
