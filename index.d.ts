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
 * values. On HASH partitions `<=` gives the right rows in a wrong order.
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
   * How many batches may wait for their turn while another one is under way, where without it they
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
   * - `connecting`: the name is being looked up, or the connect is under way
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
   * `ERR_HS_CLOSED`. The connection may be used again: it connects anew.
   */
  close(): void;

  /** As {@link close}. */
  [Symbol.dispose](): void;
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────

/**
 * Which columns of which table {@link Batch.openIndex} opens, and by which index.
 *
 * **Never open a view: MariaDB crashes at it (the whole server, by a segmentation fault), and no
 * client can tell a view from a table.** Nor use system-versioned tables: their history rows are
 * found, and written, too.
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
 * and gives the batch back; what is wrong with its arguments throws, and nothing is appended then.
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
   * later `write` goes on there.
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
   * as well. Triggers, CHECK constraints, generated columns and ON UPDATE are passed over.
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
   * BINARY, BIT, GEOMETRY, other character sets). Cut anew at each access.
   */
  readonly buffers: readonly (Buffer | null)[];

  /**
   * The server's refusal as an Error that says what it means; null after a success. It is data, and
   * thrown by nothing: the other commands of the batch go on.
   */
  readonly error: ServerError | null;
}

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────

/** What each call may be given of its own. */
export interface CallOptions {
  /**
   * Ends the call when it is aborted: it rejects at once with an {@link AbortError}. What had not
   * been handed to a connection is not sent. Of a call in flight only the caller is let go: its reply
   * is read and dropped, and other calls and the connection go on. null and undefined mean none.
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
 * Any number of executes may be under way; they take up one thread of libuv's pool at most.
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

// ── Client and Index ─────────────────────────────────────────────────────────────────────────────

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
}

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
    value: Column extends keyof T ? ColumnValue<T[Column]> : Bindable | DateIfDeclared<T>;
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
        values: readonly ColumnValue<Name extends keyof T ? T[Name] : undefined, never>[];
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
  /** Passes over so many rows first. @default 0 */
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

/** Which index, and what of its rows: for {@link Client.openIndex}. */
export interface OpenIndexTarget<
  C extends readonly string[],
  T,
  F extends readonly string[] = readonly string[],
  N extends string = never,
  K extends readonly string[] = readonly C[number][],
  I extends string = string,
> {
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
 * while a round trip is under way makes up the next one. There is nothing to set; `await` a call,
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

  /** Figures for monitoring. */
  stats(): ClientStats;

  /**
   * Ends everything now: calls in flight reject with `ERR_HS_CLOSED` and their outcome, and calls
   * after it as well. {@link close} is what lets them end.
   */
  destroy(): void;

  /**
   * Lets what is under way end, then disconnects. Calls after it reject with `ERR_HS_CLOSED`. May
   * be called more than once.
   */
  close(): Promise<void>;

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void>;
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
> {
  /** Made by {@link Client.openIndex} only. */
  protected constructor();

  /** The first row whose key equals `key`, or null. */
  get(key: IndexKey<T, N, K>, options?: CallOptions): Promise<Row<C, T, N> | null>;

  /**
   * One row or null for each key, in the keys' order, in one round trip. (In two where `keyColumns`
   * was given and a key has another text than its row: `'05'` for 5, `'A'` for `'a'`; `timeoutMs` is
   * for both.)
   */
  getMany(
    keys: readonly IndexKey<T, N, K>[],
    options?: CallOptions,
  ): Promise<(Row<C, T, N> | null)[]>;

  /**
   * As {@link getMany}, and what fails is told of each key by itself, whatever ends the call: a row
   * that had come is given.
   */
  getManySettled(
    keys: readonly IndexKey<T, N, K>[],
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
  insert(
    values: Values<C, T, N> | PositionalValues<C, T, N>,
    options?: CallOptions,
  ): Promise<{ insertId: Id | null }>;

  /**
   * Inserts rows in one round trip. Each has a result of its own, with a true `outcome`, whatever
   * ends the call: one row may be there already, or the connection may break between two of them.
   */
  insertMany(
    rows: readonly (Values<C, T, N> | PositionalValues<C, T, N>)[],
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
    by: Amounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<number>;

  /**
   * Takes whole numbers from the named columns. A row in which a column would change its sign is
   * left as it is, and not counted.
   */
  decrement(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T>,
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
   * @remarks The protocol gives back only the columns that it changes. Where fewer than all are
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
    by: Amounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;

  /**
   * As {@link decrement}, and gives the rows as they were before: see {@link updateReturning}. It
   * gives a row too that was left as it is since a column would have changed its sign.
   */
  decrementReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    by: Amounts<C, T>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;

  /** As {@link delete}, and gives the rows as they were before. */
  deleteReturning(
    op: FindOperator,
    key: IndexKey<T, never, K>,
    options?: RangeOptions<F[number], T, K>,
  ): Promise<Row<C, T, N>[]>;
}

// ── Many servers ─────────────────────────────────────────────────────────────────────────────────

/** One server of a {@link ShardedClient}. */
export interface ShardServer
  extends Pick<
    ClientOptions,
    'host' | 'port' | 'writePort' | 'path' | 'writePath' | 'secret' | 'writeSecret'
  > {
  /** Its share of the keys is its weight's share of all weights. 0: none. @default 1 */
  weight?: number | undefined;
  /** Servers that replicate this one, and may take reads: see {@link ShardedClientOptions.reads}. */
  replicas?: readonly Pick<ClientOptions, 'host' | 'port' | 'path' | 'secret'>[] | undefined;
}

/** The servers, how they are used, and the options of each one's {@link Client}. */
export interface ShardedClientOptions
  extends Omit<ClientOptions, 'host' | 'port' | 'writePort' | 'path' | 'writePath'> {
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
> = OpenIndexTarget<C, T, F, N, K, I> & {
  /**
   * The leading columns of the index by whose values the ring is asked. One column is hashed as its
   * plain text, so that data laid out by libhansock or another libketama client is found: `5` and
   * `'5'` are the same, `'05'` and text in other letters (`'A'`, `'a'`) are not, whatever the
   * server's collation says. Several are hashed as the protocol writes them: each with its bytes
   * below 0x10 escaped (0x01 and the byte plus 0x40), and TABs between them.
   */
  shardBy: readonly C[number][];
  /** What to hash instead, given the values of `shardBy`. */
  shardKey?: ((parts: readonly (Bindable | Date)[]) => string | Uint8Array) | undefined;
};

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

  /**
   * `'host:port'` of the server that a key belongs to, given the values of `shardBy`. It knows of no
   * `shardKey`: {@link ShardedIndex.getServer} does.
   */
  getServer(key: Key): string;

  /** As {@link Client.connect}, of all servers and their replicas. */
  connect(options?: ConnectOptions): Promise<void>;

  /** As {@link Client.ping}, of all servers and their replicas. */
  ping(options?: CallOptions): Promise<ShardPing[]>;

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
> extends Index<C, T, F, N, K, Id> {
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
    options: RangeOptions<F[number], T, K> & { limit: number; servers?: 'all' },
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
    options?: ScanOptions<F[number], T> & { servers?: 'all' },
  ): AsyncIterable<Row<C, T, N>>;
  /** The whole index, of all servers: `servers: 'all'` has to be given. */
  scan(options?: ScanOptions<F[number], T> & { servers?: 'all' }): AsyncIterable<Row<C, T, N>>;
}

// ── Errors ───────────────────────────────────────────────────────────────────────────────────────

/**
 * The codes of the server's refusals, for what programs act upon.
 *
 * | code                   | the server said                                                      |
 * | ---------------------- | -------------------------------------------------------------------- |
 * | `ERR_HS_DUPLICATE_KEY` | `121`: a row with this key is there already                          |
 * | `ERR_HS_FOREIGN_KEY`   | `151`, `152`: no parent row, or a row of another table refers to it  |
 * | `ERR_HS_LOCK_TIMEOUT`  | `146`: the wait for a row lock timed out                             |
 * | `ERR_HS_DEADLOCK`      | `149`, `200`: rolled back because of a deadlock                      |
 * | `ERR_HS_READ_ONLY`     | `readonly`, `lock_tables`: the port for reads, or a server that      |
 * |                        | is read-only or shutting down, or a session holds the write lock     |
 * | `ERR_HS_NOT_OPENED`    | `open_table`, `idxnum`, `fld`, `stmtnum`: no such table, index or    |
 * |                        | column, or it could not be opened                                    |
 * | `ERR_HS_AUTH`          | `unauth`, `authtype`: the connection is not authorised               |
 * | `ERR_HS_SERVER`        | the rest                                                             |
 */
export type ServerErrorCode =
  | 'ERR_HS_DUPLICATE_KEY'
  | 'ERR_HS_FOREIGN_KEY'
  | 'ERR_HS_LOCK_TIMEOUT'
  | 'ERR_HS_DEADLOCK'
  | 'ERR_HS_READ_ONLY'
  | 'ERR_HS_NOT_OPENED'
  | 'ERR_HS_AUTH'
  | 'ERR_HS_SERVER';

/**
 * All codes of a {@link HandlerSocketError}: those of {@link ServerErrorCode}, and
 *
 * | code                 | what happened                                                          |
 * | -------------------- | ---------------------------------------------------------------------- |
 * | `ERR_HS_CONNECT`     | the name did not resolve, or no address could be connected to; what    |
 * |                      | the system said is the `cause`                                         |
 * | `ERR_HS_AUTH`        | the server refused the secret, or wants one and every command of the   |
 * |                      | batch was refused for it                                               |
 * | `ERR_HS_TIMEOUT`     | the deadline passed                                                    |
 * | `ERR_HS_LOST`        | the connection broke before the last reply                             |
 * | `ERR_HS_PROTOCOL`    | what came is not the protocol or cannot be an answer to its command,   |
 * |                      | nobody asked for it, it is longer than `maxReplyBytes`, or its rows    |
 * |                      | have more than 4,096 columns                                           |
 * | `ERR_HS_CLOSED`      | `close()` or `destroy()` ended it                                      |
 * | `ERR_HS_BUSY`        | another execute is using the connection                                |
 * | `ERR_HS_EXECUTE`     | at least one batch failed: an {@link ExecuteError}; or at least one    |
 * |                      | server: a {@link FanOutError}                                          |
 * | `ERR_HS_OVERLOADED`  | a {@link Client} has `maxPending` calls without a result already       |
 * | `ERR_HS_ROLLED_BACK` | a Client's write: the server had answered it with success, and then a  |
 * |                      | deadlock in the same batch made it take the transaction back           |
 * | `ERR_HS_VALUE`       | a value does not fit its column's declared {@link ColumnType}          |
 * | `ERR_HS_CHANGED`     | {@link Index.updateReturning}: the rows changed under it               |
 * | `ERR_HS_SCHEMA`      | `hansock/schema`: the table could not be read by SQL, or a call would  |
 * |                      | do something else than SQL would; nothing was sent                     |
 * | `ERR_HS_NO_ADDON`    | loading the package: there is no addon for the platform, or it cannot  |
 * |                      | be loaded; the loader's error is the `cause`                           |
 * | `ABORT_ERR`          | an AbortSignal ended it: an {@link AbortError}                         |
 */
export type ErrorCode =
  | ServerErrorCode
  | 'ERR_HS_CONNECT'
  | 'ERR_HS_TIMEOUT'
  | 'ERR_HS_LOST'
  | 'ERR_HS_PROTOCOL'
  | 'ERR_HS_CLOSED'
  | 'ERR_HS_BUSY'
  | 'ERR_HS_EXECUTE'
  | 'ERR_HS_OVERLOADED'
  | 'ERR_HS_ROLLED_BACK'
  | 'ERR_HS_VALUE'
  | 'ERR_HS_CHANGED'
  | 'ERR_HS_SCHEMA'
  | 'ERR_HS_NO_ADDON'
  | 'ABORT_ERR';

/**
 * Base of all errors of this package that are not the caller's mistake (those are TypeErrors and
 * RangeErrors). Each call of a {@link Client} rejects with an Error of its own, in whose stack is
 * the `async` function that awaits the call; what several calls failed of is its `cause`.
 */
export class HandlerSocketError extends Error {
  /** Made by this package only. */
  protected constructor(code: ErrorCode, message: string);

  /** Stable, and meant for programs. */
  readonly code: ErrorCode;

  /** The server's, as {@link Connection.address} writes it. */
  readonly address?: string | undefined;

  /**
   * Of a failed batch or call: whether the server can have acted on it.
   *
   * - `not-sent`: it cannot have. No byte of it had been sent, and none will be, or the server
   *   refused every command of the batch for want of the secret (`ERR_HS_AUTH`). Sending it again is
   *   safe. A call with many requests says so only if it is true of each of them.
   * - `unknown`: it may have acted on any part of it. A write whose outcome is unknown is never
   *   sent again by this package.
   */
  readonly outcome?: 'not-sent' | 'unknown' | undefined;

  /** Of `ERR_HS_VALUE`: the AUTO_INCREMENT id of a row that was inserted, and that no number can say. */
  readonly insertId?: bigint | undefined;

  /** What lay behind it, if something did: the system's error, the server's, a signal's reason. */
  readonly cause?: unknown;
}

/**
 * The server's refusal of a command: the `error` of a {@link Reply}, what a call rejects with, or
 * the `cause` of an error about a handshake. Its message says what the server's short words mean.
 *
 * ```js
 * if (error.code === 'ERR_HS_DUPLICATE_KEY') console.log('a row with this key already exists');
 * ```
 */
export class ServerError extends HandlerSocketError {
  /** Made by this package only. */
  protected constructor(errorCode: number, serverMessage: string);

  readonly code: ServerErrorCode;

  /** As {@link Reply.errorCode}. */
  readonly errorCode: number;

  /**
   * What the server said: a word such as `open_table`, or the number of a storage engine's error
   * (121: a duplicate key, 146: the wait for a lock timed out, 149: a deadlock). The program
   * `perror` knows the numbers. As it came, while the error's message quotes only what servers are
   * known to say: one may send back what it was sent, a secret too. Not enumerable.
   */
  readonly serverMessage: string;
}

/** An AbortSignal ended the call; named as Node.js names its own. `cause` is the signal's reason. */
export class AbortError extends HandlerSocketError {
  /** Made by this package only. */
  protected constructor(details: { cause: unknown });

  readonly code: 'ABORT_ERR';

  /** Of an {@link Executor.execute}: as those of an {@link ExecuteError}. */
  readonly results?: ExecuteResult[] | undefined;
}

/** At least one batch of an execute failed. It has the shape of an AggregateError. */
export class ExecuteError extends HandlerSocketError {
  /** Made by this package only. */
  protected constructor(results: ExecuteResult[]);

  /** One for each batch that failed, in the order in which they were added. */
  readonly errors: HandlerSocketError[];

  /** One for each batch, as {@link Executor.executeSettled} gives them. */
  readonly results: ExecuteResult[];
}

/**
 * A call of a {@link ShardedIndex} failed at least at one of its servers. It has the shape of an
 * AggregateError.
 */
export class FanOutError extends HandlerSocketError {
  /** Made by this package only. */
  protected constructor(operation: string, failures: ShardFailure[], rows: unknown[]);

  /** The errors of {@link failures}, in the same order. */
  readonly errors: HandlerSocketError[];

  /** One for each server that failed. */
  readonly failures: ShardFailure[];

  /**
   * What the call would have given, with undefined in place of what the failed servers had; of all
   * servers, the rows of the others.
   */
  readonly rows: unknown[];
}
