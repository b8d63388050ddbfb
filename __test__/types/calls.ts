/** The options that each call takes, and how a call is ended. */

import {
  AbortError,
  type CallOptions,
  Client,
  type ClientOptions,
  type ClientStats,
  Connection,
  type ExecuteError,
  type ExecuteResult,
  Executor,
  HandlerSocketError,
  ShardedClient,
} from 'hansock';
import { exactly } from './exactly.js';

const place = { database: 'd', table: 't' };
declare const request: { signal: AbortSignal };
const { signal } = request;
const options: CallOptions = { signal, timeoutMs: 100 };

declare const given: CallOptions;
exactly<{ signal?: AbortSignal | null | undefined; timeoutMs?: number | undefined }>()(given);
options satisfies CallOptions;
({ signal: null, timeoutMs: undefined }) satisfies CallOptions;

// ── A client ─────────────────────────────────────────────────────────────────────────────────────

declare const clientOptions: ClientOptions;
exactly<number | 'auto' | undefined>()(clientOptions.connections);
exactly<number | null | undefined>()(clientOptions.writePort);
const client = new Client({ connections: 'auto', writePort: null, secret: process.env.SECRET });
exactly<Promise<void>>()(client.connect());
exactly<Promise<void>>()(client.connect({ writes: true, ...options }));
client.connect({ writes: undefined, signal: null, timeoutMs: undefined });
exactly<Promise<{ readMs: number; writeMs: number | null }>>()(client.ping());
client.ping(options);
exactly<void>()(client.destroy());
// @ts-expect-error: a ping opens nothing
client.ping({ writes: true });
// @ts-expect-error: no such option
client.connect({ timeout: 1 });
// @ts-expect-error: an AbortController is not a signal
client.ping({ signal: new AbortController() });

declare const stats: ClientStats;
exactly<number>()(stats.bytesIn);
exactly<number>()(stats.bytesOut);
exactly<number>()(stats.connectionsInUse);
type Percentiles = { p50: number | null; p99: number | null };
exactly<{ queueMs: Percentiles; roundTripMs: Percentiles }>()(stats.latency);

// ── An index, of one server and of many ──────────────────────────────────────────────────────────

const cluster = new ShardedClient({ servers: [{ writePort: null }] });
cluster.connect({ writes: true, ...options });
cluster.ping(options);
cluster.destroy();
const columns = ['id', 'n'] as const;
for (const index of [
  client.openIndex({ ...place, columns }),
  cluster.openIndex({ ...place, columns, shardBy: ['id'] }),
]) {
  index.get(1, options);
  index.getMany([1], options);
  index.getManySettled([1], options);
  index.findMany([1], { limit: 1, ...options });
  index.find('=', 1, { limit: 1, ...options });
  index.scan('>', 1, options);
  index.scan(options);
  index.insert({ id: 1 }, options);
  index.insertMany([{ id: 1 }], options);
  index.update('=', 1, { n: 1 }, options);
  index.increment('=', 1, { n: 1 }, options);
  index.decrement('=', 1, { n: 1 }, options);
  index.delete('=', 1, options);
  index.updateReturning('=', 1, { n: 1 }, options);
  index.incrementReturning('=', 1, { n: 1 }, options);
  index.decrementReturning('=', 1, { n: 1 }, options);
  index.deleteReturning('=', 1, options);
  // @ts-expect-error: no such option
  index.get(1, { timeout: 1 });
  // @ts-expect-error: a get finds one row
  index.get(1, { limit: 1 });
  // @ts-expect-error: each key has its own rows
  index.findMany([1], { limit: 1, offset: 1 });
  // @ts-expect-error: a timeout is a number
  index.insert({ id: 1 }, { timeoutMs: '1' });
}

// ── What ends it ─────────────────────────────────────────────────────────────────────────────────

export function tell(error: unknown) {
  if (error instanceof AbortError) {
    error satisfies HandlerSocketError & Error;
    exactly<'ABORT_ERR'>()(error.code);
    exactly<'not-sent' | 'unknown' | undefined>()(error.outcome);
    exactly<unknown>()(error.cause);
    exactly<ExecuteResult[] | undefined>()(error.results);
    // @ts-expect-error: an ExecuteError is about batches that failed
    error satisfies ExecuteError;
  } else if (error instanceof HandlerSocketError) {
    exactly<bigint | undefined>()(error.insertId);
    error.name = 'MyError';
    error.message = 'mine';
  }
}
// @ts-expect-error: only this package creates it
new AbortError({ cause: null });

// ── The low level ────────────────────────────────────────────────────────────────────────────────

new Executor().execute(options);
exactly<void>()(new Connection()[Symbol.dispose]());
