import {
  type Batch,
  type Connection,
  type ErrorCode,
  ExecuteError,
  type ExecuteResult,
  Executor,
  HandlerSocketError,
  type Reply,
  ServerError,
  type ServerErrorCode,
  type Text,
} from 'hansock';
import { exactly } from './exactly.js';

declare const connection: Connection;
declare const batch: Batch;

const executor = new Executor().add(connection, batch).add(connection, batch);
exactly<Executor>()(executor);
exactly<number>()(executor.size);

const { signal } = new AbortController();
exactly<Promise<(readonly Reply[])[]>>()(executor.execute());
exactly<Promise<(readonly Reply[])[]>>()(executor.execute(1000, { signal }));
exactly<Promise<ExecuteResult[]>>()(executor.executeSettled(undefined, {}));
exactly<(readonly Reply[])[]>()(executor.executeSync(1000));

// @ts-expect-error: a pair is needed
executor.add(connection);
// @ts-expect-error: the connection comes first
executor.add(batch, connection);
// @ts-expect-error: milliseconds are a number
executor.execute('1s');
executor.execute({ signal });
executor.execute({ timeoutMs: 1000, signal: null });
executor.executeSettled({ timeoutMs: undefined, signal: undefined });
executor.executeSync({ timeoutMs: 1000 });
// @ts-expect-error: no such option
executor.execute({ timeout: 1000 });
// @ts-expect-error: nothing can abort a blocking call
executor.executeSync({ signal });
// @ts-expect-error: an AbortController is not a signal
executor.execute(1000, { signal: new AbortController() });
// @ts-expect-error: nothing can abort a blocking call
executor.executeSync(1000, { signal });

declare const reply: Reply;
exactly<boolean>()(reply.ok);
exactly<number>()(reply.errorCode);
exactly<number>()(reply.columnCount);
exactly<readonly Text[]>()(reply.values);
exactly<readonly (readonly Text[])[]>()(reply.rows);
exactly<readonly (Buffer | null)[]>()(reply.buffers);
exactly<ServerError | null>()(reply.error);
for (const value of reply) exactly<string | null>()(value);
// @ts-expect-error: a value may be NULL
reply.values[0].length;

declare const result: ExecuteResult;
exactly<readonly Reply[]>()(result.replies);
if (result.status === 'rejected') exactly<HandlerSocketError>()(result.reason);
// @ts-expect-error: there may be no reason
result.reason;

declare const thrown: unknown;
if (thrown instanceof ExecuteError) {
  exactly<HandlerSocketError[]>()(thrown.errors);
  exactly<ExecuteResult[]>()(thrown.results);
} else if (thrown instanceof ServerError) {
  exactly<ServerErrorCode>()(thrown.code);
  exactly<number>()(thrown.errorCode);
  exactly<string>()(thrown.serverMessage);
} else if (thrown instanceof HandlerSocketError) {
  exactly<ErrorCode>()(thrown.code);
  // @ts-expect-error: no such code
  if (thrown.code === 'ERR_HS_DUPLICATE') throw thrown;
  exactly<string | undefined>()(thrown.address);
  exactly<'not-sent' | 'unknown' | undefined>()(thrown.outcome);
  exactly<unknown>()(thrown.cause);
  thrown satisfies Error;
}
// @ts-expect-error: only the package creates them
new HandlerSocketError('ERR_HS_LOST', 'made up');

/** A switch over the codes of refusals is exhaustive. */
export function statusOf({ code }: ServerError): number {
  switch (code) {
    case 'ERR_HS_DUPLICATE_KEY':
    case 'ERR_HS_FOREIGN_KEY':
      return 409;
    case 'ERR_HS_LOCK_TIMEOUT':
    case 'ERR_HS_DEADLOCK':
    case 'ERR_HS_READ_ONLY':
      return 503;
    case 'ERR_HS_NOT_OPENED':
    case 'ERR_HS_AUTH':
    case 'ERR_HS_SERVER':
      return 500;
  }
}
