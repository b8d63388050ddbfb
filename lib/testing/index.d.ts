/// <reference types="node" />

/** Options of {@link startServer}. */
export interface StartServerOptions {
  /**
   * HandlerSocket's secret for the read port, and for the write port too unless `writeSecret` is
   * given. With the empty string the server needs no secret. Characters below U+0010 are a
   * TypeError, since the server could never match them.
   *
   * @default 32 random hexadecimal digits
   */
  secret?: string | undefined;
  /**
   * HandlerSocket's secret for the write port, if it differs. With the empty string the server
   * needs no secret.
   *
   * @default the value of `secret`
   */
  writeSecret?: string | undefined;
  /**
   * Worker threads of the read port (`handlersocket_threads`). The write port has one.
   *
   * @default 2
   */
  threads?: number | undefined;
  /**
   * SQL to run once the server has started, as by {@link TestServer.sql}. The statements of an
   * array run in one session, in order, so that a `USE` applies to those after it. If one fails,
   * startServer rejects.
   *
   * @default none
   */
  sql?: string | readonly string[] | undefined;
  /**
   * Further settings of the server, written under `[mariadbd]` after the defaults, so that they
   * override them: `{ innodb_lock_wait_timeout: 10, sql_mode: '' }`. For settings without a value,
   * such as `skip-networking`, use 1. Settings of InnoDB and Aria and `lower_case_table_names`
   * apply to the making of the data folder, too. Addresses, ports, paths and secrets, which
   * TestServer has as fields, are a TypeError.
   *
   * Among the defaults: `character_set_server=utf8mb4`, `lock_wait_timeout=3`,
   * `innodb_lock_wait_timeout=2` (both in seconds), `performance_schema=OFF`, an 8 MB buffer pool,
   * and no wait for the disk.
   *
   * @default none
   */
  config?: Record<string, string | number> | undefined;
}

/**
 * Starts a throwaway MariaDB with HandlerSocket, on free ports of 127.0.0.1, with all its files in
 * one temporary folder under `os.tmpdir()`. It takes less than a second, most of which makes the
 * data folder; stopping takes some milliseconds. Any number may run at once.
 *
 * ```js
 * const { startServer } = require('hansock/testing');
 *
 * const server = await startServer({
 *   sql: 'CREATE DATABASE shop; CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(50))',
 * });
 * // ... server.port, server.writePort, server.secret ...
 * await server.stop();
 * ```
 *
 * A small shell process beside the server removes everything, even if `stop()` is forgotten or the
 * process is ended by SIGKILL. A running server does not keep the process alive.
 *
 * MariaDB must be installed with its plugin HandlerSocket: on Debian the package `mariadb-server`
 * (tested with 10.11). The programs `mariadbd`, `mariadb-install-db` and `mariadb` are searched on
 * PATH and in `/usr/sbin`, `/usr/local/sbin`, `/usr/bin` and `/bin`.
 *
 * @throws TypeError if an option is invalid.
 * @throws Error if a program is missing (it says what to install), if the data folder is not made
 *   within 60 seconds or the server not ready within 30 (it shows the end of the server's log), if
 *   no folder can be made, or if `sql` fails. Nothing is left behind.
 */
export function startServer(options?: StartServerOptions): Promise<TestServer>;

/** A server started by {@link startServer}. */
export interface TestServer extends AsyncDisposable {
  /** The address of HandlerSocket and SQL: `'127.0.0.1'`. */
  readonly host: string;
  /**
   * HandlerSocket's port for reads. All ports stay the same after `kill()` and `start()`.
   */
  readonly port: number;
  /** HandlerSocket's port for writes. */
  readonly writePort: number;
  /** The port for SQL. The user `root` has all rights there, and no password. */
  readonly sqlPort: number;
  /** The Unix socket for SQL, with the same user. */
  readonly socketPath: string;
  /**
   * The secret of `port`; empty if none is needed. It stays the same after `kill()` and `start()`.
   */
  readonly secret: string;
  /** The secret of `writePort`; empty if none is needed. */
  readonly writeSecret: string;
  /**
   * The process id of mariadbd. It changes with `start()`; while the server is down, it is the last
   * one.
   */
  readonly pid: number;

  /**
   * Runs SQL with MariaDB's client, as `root` in utf8mb4, in a session of its own without a
   * database. Several statements may be given, separated by `;` (or the delimiter of a `DELIMITER`
   * line). The first one that fails is the last to run.
   *
   * Resolves with the rows of all statements, one after the other, each value as text. SQL NULL is
   * the text `'NULL'`, and bytes that are not UTF-8 are U+FFFD. Select `col IS NULL` or `HEX(col)`
   * to distinguish them.
   *
   * @throws Error with the client's message (`ERROR 1146 (42S02) at line 1: ...`) and the
   *   statement; also if the server is not running.
   */
  sql(statement: string): Promise<string[][]>;

  /**
   * Ends the server by SIGKILL, like a crash, and waits until its process has ended. The folder
   * stays, and committed rows are still there after `start()`. Succeeds if the server is not
   * running.
   *
   * @throws Error after `stop()`.
   */
  kill(): Promise<void>;

  /**
   * Restarts a killed or crashed server with the same data, ports and secrets, and waits until it
   * is ready.
   *
   * @throws Error if it is running already, if it does not start (with the end of its log), and
   *   after `stop()`.
   */
  start(): Promise<void>;

  /**
   * Ends the server and removes its folder, after a `kill()` or `start()` in progress. Further
   * calls return the same promise; all other methods reject afterwards.
   */
  stop(): Promise<void>;

  /** The same as `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
