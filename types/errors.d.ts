/* What calls reject with. */

import type { Connection, ExecuteResult, Executor, Reply } from '../index.js';
import type { Client } from './client.js';
import type { ColumnType } from './columns.js';
import type { ShardedIndex, ShardFailure } from './sharding.js';
import type { Index } from './table-index.js';

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
 * |                      | deadlock in the same batch made it roll the transaction back           |
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
