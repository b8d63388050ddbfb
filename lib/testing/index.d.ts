/// <reference types="node" />

/** How {@link startServer} sets up the server. */
export interface StartServerOptions {
  /**
   * HandlerSocket's secret for the read port, and for the write port too unless `writeSecret` is
   * given. The empty string: no secret is asked for. Characters below U+0010 are a TypeError, as
   * the server could never match them.
   *
   * @default 32 random hexadecimal digits
   */
  secret?: string | undefined;
  /**
   * HandlerSocket's secret for the write port, where it differs. The empty string: no secret is
   * asked for.
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
   * SQL to run once the server has started, as {@link TestServer.sql} would. The statements of an
   * array run in one session, in order, so that a `USE` holds for those after it. Where one fails,
   * startServer rejects.
   *
   * @default none
   */
  sql?: string | readonly string[] | undefined;
  /**
   * Further settings for the server, written under `[mariadbd]` after those made here, so that they
   * win: `{ innodb_lock_wait_timeout: 10, sql_mode: '' }`. For settings without a value, such as
   * `skip-networking`, say 1. Settings of InnoDB and Aria and `lower_case_table_names` hold for the
   * making of the data folder too. A TypeError for what TestServer's own fields tell: addresses,
   * ports, paths and secrets.
   *
   * Among those made here: `character_set_server=utf8mb4`, `lock_wait_timeout=3`,
   * `innodb_lock_wait_timeout=2` (both in seconds), `performance_schema=OFF`, an 8 MB buffer pool,
   * and no waiting for the disk.
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
 * Nothing is left behind, also where `stop()` is forgotten or the process is ended by SIGKILL: a
 * small shell process beside the server sees to it. A server that is not stopped keeps no process
 * from ending.
 *
 * MariaDB has to be installed, with its plugin HandlerSocket: on Debian the package
 * `mariadb-server` (10.11 is what this is tested with). The programs `mariadbd`,
 * `mariadb-install-db` and `mariadb` are looked for on PATH and in `/usr/sbin`, `/usr/local/sbin`,
 * `/usr/bin` and `/bin`.
 *
 * @throws TypeError where an option is not what it should be.
 * @throws Error where a program is missing (it says what to install), where the data folder is not
 *   made within 60 seconds, or the server not ready within 30 (it shows the end of the server's
 *   log), where no folder can be made, or where `sql` fails. Whatever the reason, nothing is left
 *   behind.
 */
export function startServer(options?: StartServerOptions): Promise<TestServer>;

/** A server started by {@link startServer}. */
export interface TestServer extends AsyncDisposable {
  /** Where HandlerSocket and SQL listen: `'127.0.0.1'`. */
  readonly host: string;
  /**
   * HandlerSocket's port for reads. It stays the same through `kill()` and `start()`, as the other
   * ports do.
   */
  readonly port: number;
  /** HandlerSocket's port for writes. */
  readonly writePort: number;
  /** The port for SQL. The user `root` has all rights there, and no password. */
  readonly sqlPort: number;
  /** The Unix socket for SQL, with the same user. */
  readonly socketPath: string;
  /**
   * The secret of `port`; empty where none is asked for. It stays the same through `kill()` and
   * `start()`.
   */
  readonly secret: string;
  /** The secret of `writePort`; empty where none is asked for. */
  readonly writeSecret: string;
  /**
   * The process id of mariadbd. Another one after `start()`; the last one when it is not running.
   */
  readonly pid: number;

  /**
   * Runs SQL with the server's own client, as `root` in utf8mb4, in a session of its own, with no
   * database chosen. Several statements may be given, separated by `;` (or what a `DELIMITER` line
   * says); the first that fails is the last to run.
   *
   * Resolves with the rows, those of all statements one after the other, each value as text. SQL
   * NULL comes as the text `'NULL'`, and cannot be told from that text; bytes that are no UTF-8
   * come as U+FFFD. Ask for `col IS NULL` or `HEX(col)` where it matters.
   *
   * @throws Error with the client's message (`ERROR 1146 (42S02) at line 1: ...`) and the
   *   statement; also where the server is not running.
   */
  sql(statement: string): Promise<string[][]>;

  /**
   * Ends the server by SIGKILL, as a crash would; resolves when its process is gone. The folder
   * stays, and what was committed is still there after `start()`. No error where the server is not
   * running already.
   *
   * @throws Error after `stop()`.
   */
  kill(): Promise<void>;

  /**
   * Starts the killed, or crashed, server again: same data, ports and secrets. Resolves when it is
   * ready.
   *
   * @throws Error where it is running already, where it does not start (with the end of its log),
   *   and after `stop()`.
   */
  start(): Promise<void>;

  /**
   * Ends the server and removes its folder, after a `kill()` or `start()` under way. Further calls
   * do the same as the first; all other methods reject from now on.
   */
  stop(): Promise<void>;

  /** The same as `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
