import {
  type ExecuteError,
  FanOutError,
  type HandlerSocketError,
  type Index,
  Ketama,
  type Row,
  ShardedClient,
  type ShardedClientOptions,
  ShardedIndex,
  type ShardedIndexTarget,
  type ShardFailure,
  type ShardServer,
  type ShardStats,
} from 'hansock';
import { exactly } from './exactly.js';

const place = { database: 'd', table: 't' };

// ── A client of many servers, and its options ────────────────────────────────────────────────────

new ShardedClient({ servers: [{}] });
new ShardedClient({
  servers: [
    {
      host: 'db1',
      port: 9998,
      writePort: 9999,
      secret: 's',
      writeSecret: async () => 'w',
      weight: 2,
      replicas: [{ host: 'db1r', port: 9998, secret: () => 's' }, { path: '/run/hs.sock' }],
    },
    { host: 'db2', path: '/run/hs.sock', writePath: '/run/hs-wr.sock' },
  ],
  reads: 'any',
  onServerDown: 'next',
  secret: 's',
  writeSecret: 'w',
  connections: 2,
  writeConnections: 1,
  timeoutMs: 1000,
  maxPending: Number.POSITIVE_INFINITY,
  idleTimeoutMs: 1000,
  traceValues: true,
});
const servers = [{ host: 'db1' }, { host: 'db2', weight: 2 }] as const;
const options: ShardedClientOptions = { servers, reads: 'replica', onServerDown: 'error' };
const cluster = new ShardedClient(options);
// One list of servers does for the ring as well.
new Ketama(servers);
servers satisfies readonly ShardServer[];

exactly<string>()(cluster.getServer(42));
exactly<string>()(cluster.getServer(['a', 1n, Buffer.of(1)]));
exactly<ShardStats[]>()(cluster.stats());
exactly<number>()(cluster.stats()[0].primary.pending);
exactly<number | undefined>()(cluster.stats()[0].replicas.at(0)?.retries);
exactly<Promise<void>>()(cluster.close());
exactly<Promise<void>>()(cluster[Symbol.asyncDispose]());
cluster satisfies AsyncDisposable;

// @ts-expect-error: servers are needed
new ShardedClient();
// @ts-expect-error: servers are needed
new ShardedClient({});
// @ts-expect-error: servers are a list
new ShardedClient({ servers: { host: 'db1' } });
// @ts-expect-error: servers are objects
new ShardedClient({ servers: ['db1:9998'] });
// @ts-expect-error: only a server has a host
new ShardedClient({ servers, host: 'db1' });
// @ts-expect-error: only a server has a port
new ShardedClient({ servers, writePort: 9999 });
// @ts-expect-error: no such option
new ShardedClient({ servers, timeout: 1 });
// @ts-expect-error: no such option of a server
new ShardedClient({ servers: [{ host: 'db1', weigth: 2 }] });
// @ts-expect-error: the timeout is common to all servers
new ShardedClient({ servers: [{ host: 'db1', timeoutMs: 1 }] });
// @ts-expect-error: a weight is a number
new ShardedClient({ servers: [{ host: 'db1', weight: '2' }] });
// @ts-expect-error: replicas are a list
new ShardedClient({ servers: [{ host: 'db1', replicas: { host: 'db1r' } }] });
// @ts-expect-error: a replica takes no writes
new ShardedClient({ servers: [{ host: 'db1', replicas: [{ host: 'db1r', writePort: 9999 }] }] });
// @ts-expect-error: a replica has no share of the keys
new ShardedClient({ servers: [{ host: 'db1', replicas: [{ host: 'db1r', weight: 1 }] }] });
// @ts-expect-error: a replica has no replicas
new ShardedClient({ servers: [{ host: 'db1', replicas: [{ replicas: [] }] }] });
// @ts-expect-error: no such value of reads
new ShardedClient({ servers, reads: 'all' });
// @ts-expect-error: a server that is down cannot be skipped
new ShardedClient({ servers, onServerDown: 'skip' });
// @ts-expect-error: a key is needed
cluster.getServer();
// @ts-expect-error: a key consists of parts, not of names
cluster.getServer({ id: 1 });
// @ts-expect-error: only a client creates indexes
new ShardedIndex();

// ── Opening an index ─────────────────────────────────────────────────────────────────────────────

const columns = ['user', 'day', 'total'] as const;
const types = { user: 'number', day: 'datetime' } as const;
type Visit = { user: number | null; day: Date | null; total: string | null };

const visits = cluster.openIndex({ ...place, columns, types, shardBy: ['user'] });
exactly<ShardedIndex<typeof columns, typeof types, readonly [], never, readonly [], bigint>>()(
  visits,
);
exactly<Promise<Visit | null>>()(visits.get([1, new Date()]));

const inline = cluster.openIndex({
  ...place,
  columns: ['user', 'day', 'total'],
  types: { user: 'number', day: 'datetime' },
  keyColumns: ['user', 'day'],
  filterColumns: ['total'],
  shardBy: ['user', 'day'],
  shardKey: ([user, day]) => `${user}:${day}`,
});
exactly<Promise<Visit | null>>()(inline.get([1, new Date()]));
exactly<Promise<{ a: string | null; b: string | null } | null>>()(
  cluster.openIndex({ ...place, columns: ['a', 'b'], shardBy: ['a'] }).get(1),
);
cluster.openIndex({ ...place, columns, shardBy: ['user'], shardKey: () => Buffer.of(1) });
declare const names: string[];
exactly<Promise<{ [name: string]: string | null } | null>>()(
  cluster.openIndex({ ...place, columns: names, shardBy: names }).get(1),
);

// @ts-expect-error: shardBy or shardKey is needed
cluster.openIndex({ ...place, columns });
// @ts-expect-error: shardBy is a list
cluster.openIndex({ ...place, columns, shardBy: 'user' });
// @ts-expect-error: 'usr' is not a column
cluster.openIndex({ ...place, columns, shardBy: ['usr'] });
// @ts-expect-error: it is not a column beside a valid one either
cluster.openIndex({ ...place, columns: ['user', 'day'], shardBy: ['user', 'dya'] });
// @ts-expect-error: it is not a column with types and filter columns either
cluster.openIndex({ ...place, columns, types, filterColumns: ['x'], shardBy: ['x'] });
// @ts-expect-error: the function must return text or bytes
cluster.openIndex({ ...place, columns, shardBy: ['user'], shardKey: () => 1 });
// @ts-expect-error: the function must not be async
cluster.openIndex({ ...place, columns, shardBy: ['user'], shardKey: async () => 'a' });
// @ts-expect-error: the parts are an array
cluster.openIndex({ ...place, columns, shardBy: ['user'], shardKey: (user: string) => user });
// @ts-expect-error: 'usr' is not a column
cluster.openIndex({ ...place, columns, types: { usr: 'number' }, shardBy: ['user'] });
// @ts-expect-error: a key column must be among the columns
cluster.openIndex({ ...place, columns, keyColumns: ['price'], shardBy: ['user'] });
// @ts-expect-error: no such option
cluster.openIndex({ ...place, columns, shardBy: ['user'], servers: 'all' });

/** Opens the target that it is given. */
function open<const C extends readonly string[]>(
  target: ShardedIndexTarget<C, Record<never, never>>,
) {
  return cluster.openIndex(target);
}
exactly<Promise<{ id: string | null } | null>>()(
  open({ ...place, columns: ['id'], shardBy: ['id'] }).get(1),
);

// ── Methods: those of an index, and servers: 'all' ───────────────────────────────────────────────

const filters = [{ column: 'total', op: '>', value: 1 }] as const;
exactly<Promise<(Visit | null)[]>>()(visits.getMany([1, [2, new Date()]]));
exactly<Promise<Visit[][]>>()(visits.findMany([1, 2], { limit: 5 }));
exactly<Promise<Visit[]>>()(visits.find('=', 1, { limit: 5 }));
exactly<Promise<Visit[]>>()(inline.find('>=', 1, { limit: 5, servers: 'all', filters }));
exactly<AsyncIterable<Visit>>()(visits.scan('>=', [1, new Date(0)]));
exactly<AsyncIterable<Visit>>()(
  inline.scan('<', 1, { pageSize: 10, limit: 100, filters, servers: 'all' }),
);
exactly<Promise<{ insertId: bigint | null }>>()(visits.insert({ user: 1, day: new Date() }));
exactly<Promise<PromiseSettledResult<{ insertId: bigint | null }>[]>>()(
  visits.insertMany([{ user: 1 }, [2, new Date(), null]]),
);
exactly<Promise<number>>()(visits.update('=', 1, { total: 1 }, { limit: 10 }));
exactly<Promise<number>>()(visits.delete('=', [1, new Date()]));
exactly<Promise<Visit[]>>()(visits.incrementReturning('=', 1, { total: 1 }));

const settled = visits.getManySettled([1, 2]);
exactly<Promise<PromiseSettledResult<Visit | null>[]>>()(settled);
export async function results() {
  const [first] = await settled;
  // @ts-expect-error: the result may be a failure
  first.value;
  if (first.status === 'fulfilled') exactly<Visit | null>()(first.value);
  for await (const row of visits.scan('>', 0, { servers: 'all' })) exactly<Visit>()(row);
}

// @ts-expect-error: 'all' is the only value of servers
visits.find('>', 1, { limit: 1, servers: ['db1:9998'] });
// @ts-expect-error: 'all' is the only value of servers
visits.scan('>', 1, { servers: 'any' });
// @ts-expect-error: a limit is needed for all servers too
visits.find('>', 1, { servers: 'all' });
// @ts-expect-error: a scan has no '='
visits.scan('=', 1, { servers: 'all' });
// @ts-expect-error: 'totla' is not a filter column
inline.scan('>', 1, { servers: 'all', filters: [{ column: 'totla', op: '=', value: 1 }] });
// @ts-expect-error: a get reads one server
visits.get(1, { servers: 'all' });
// @ts-expect-error: an update writes to one server
visits.update('=', 1, { total: 1 }, { servers: 'all' });
// @ts-expect-error: a delete writes to one server
visits.delete('>', 1, { limit: 10, servers: 'all' });
// @ts-expect-error: 'totla' is not a column
visits.insert({ totla: 1 });

// A function for any index takes one that is spread over servers.
visits satisfies Index<typeof columns, typeof types>;
declare function nameOf(index: Index<['id', 'name']>): Promise<string | null | undefined>;
nameOf(cluster.openIndex({ ...place, columns: ['id', 'name'], shardBy: ['id'] }));
declare function firstOfEach<C extends readonly string[], T>(
  index: ShardedIndex<C, T>,
): Promise<Row<C, T>[]>;
exactly<Promise<Visit[]>>()(firstOfEach(visits));
declare const unsharded: Index<['id', 'name']>;
// @ts-expect-error: an index of one server has no option servers
unsharded.find('=', 1, { limit: 1, servers: 'all' });

// ── What fails at some of the servers ────────────────────────────────────────────────────────────

export function tell(error: unknown) {
  if (!(error instanceof FanOutError)) return;
  error satisfies HandlerSocketError & Error;
  // @ts-expect-error: an ExecuteError has results of batches
  error satisfies ExecuteError;
  exactly<ShardFailure[]>()(error.failures);
  exactly<unknown[]>()(error.rows);
  exactly<HandlerSocketError[]>()(error.errors);
  for (const { address, positions, error: reason } of error.failures) {
    exactly<string>()(address);
    exactly<number[]>()(positions);
    exactly<HandlerSocketError>()(reason);
    exactly<'not-sent' | 'unknown' | undefined>()(reason.outcome);
  }
  // @ts-expect-error: a row may be anything, or missing
  error.rows[0].id;
  // @ts-expect-error: failures are read-only
  error.failures = [];
}

// @ts-expect-error: only this package creates it
new FanOutError('getMany', [], []);
