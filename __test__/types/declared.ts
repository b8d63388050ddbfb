/** Values, keys, filters and ids of inserts are typed by the declarations of an index. */

import { Client, type Row, type RowFilter, ShardedClient } from 'hansock';
import { exactly } from './exactly.js';

// Under exactOptionalPropertyTypes, as README has it.
const client = new Client({
  host: '127.0.0.1',
  secret: process.env.HANDLERSOCKET_SECRET,
  timeoutMs: undefined,
  writePort: null,
});
const place = { database: 'shop', table: 'users' };
client.openIndex({ ...place, index: undefined, columns: ['id'], notNull: undefined });

const users = client.openIndex({
  ...place,
  columns: ['id', 'name', 'logins', 'big', 'ok', 'raw', 'doc', 'seen', 'plain'],
  types: {
    id: 'number',
    name: 'string',
    logins: 'number',
    big: 'bigint',
    ok: 'boolean',
    raw: 'buffer',
    doc: 'json',
    seen: 'datetime',
  },
  notNull: ['id', 'name'],
  keyColumns: ['id'],
  filterColumns: ['logins', 'seen', 'plain', 'elsewhere'],
});

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────────

type User = {
  id: number;
  name: string;
  logins: number | null;
  big: bigint | null;
  ok: boolean | null;
  raw: Buffer | null;
  doc: unknown;
  seen: Date | null;
  plain: string | null;
};
exactly<Promise<User | null>>()(users.get(1));
exactly<AsyncIterable<User>>()(users.scan());
exactly<{ a: string; b: string | null }>()({} as Row<['a', 'b'], Record<never, never>, 'a'>);

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

users.update('=', 42, { logins: 1 });
users.update('=', 42, { logins: 1n, big: 1, ok: true, raw: Buffer.of(1), doc: [1], seen: 'x' });
users.update('=', 42, { seen: new Date(), logins: null, plain: true });
users.insert({ name: 'Ada', logins: 0 });
users.insertMany([{ name: 'Ada' }]);
users.increment('=', 42, { logins: 1n, plain: '5' });
// @ts-expect-error: logins is declared as a number
users.update('=', 42, { logins: 'x' });
// @ts-expect-error: name is text
users.update('=', 42, { name: 1 });
// @ts-expect-error: name is never NULL
users.update('=', 42, { name: null });
// @ts-expect-error: big takes a number or a bigint
users.insert({ name: 'Ada', big: '1' });
// @ts-expect-error: ok is true or false
users.insert({ name: 'Ada', ok: 1 });
// @ts-expect-error: raw is bytes
users.insert({ name: 'Ada', raw: 'text' });
// @ts-expect-error: seen is a Date, or its text
users.insert({ name: 'Ada', seen: 5 });
// @ts-expect-error: logins is incremented by a number
users.increment('=', 42, { logins: '1' });
// @ts-expect-error: a list needs a value for each column
users.insert([1, 'Ada']);
users.insert([1, 'Ada', 0, 0n, true, Buffer.of(), {}, new Date(), 'x']);
// @ts-expect-error: the third is a number
users.insert([1, 'Ada', '0', 0n, true, Buffer.of(), {}, new Date(), 'x']);

// ── Keys ─────────────────────────────────────────────────────────────────────────────────────────

users.get([42]);
users.get(42n);
users.getMany([1, [2], 3n]);
// @ts-expect-error: id is a number
users.get('42');
// @ts-expect-error: the index has one column
users.get([1, 2]);
// @ts-expect-error: id is never NULL
users.get(null);
// @ts-expect-error: id is a number
users.find('>=', 'x', { limit: 1 });
users.find('=', null, { limit: 3, in: { column: 'id', values: [1, 2n] } });
// @ts-expect-error: name is not a column of the index
users.find('=', null, { limit: 3, in: { column: 'name', values: ['x'] } });
// @ts-expect-error: id is a number
users.find('=', null, { limit: 3, in: { column: 'id', values: ['x'] } });

const visits = client.openIndex({
  ...place,
  index: 'by_user_day',
  columns: ['user', 'day', 'n'],
  types: { user: 'number', day: 'datetime' },
  keyColumns: ['user', 'day'],
});
visits.get(1);
visits.find('>=', [1], { limit: 1 });
visits.find('>=', [1, new Date()], { limit: 1 });
visits.find('=', [null, '2024-02-29'], { limit: 2, in: { column: 'user', values: [1, 2] } });
// @ts-expect-error: user is a number
visits.get(new Date());
// @ts-expect-error: day is a date
visits.get([1, 5]);

// ── Filters ──────────────────────────────────────────────────────────────────────────────────────

users.find('>', 0, { limit: 1, filters: [{ column: 'logins', op: '>', value: 5 }] });
users.find('>', 0, { limit: 1, filters: [{ column: 'logins', op: '=', value: null }] });
users.find('>', 0, { limit: 1, filters: [{ column: 'seen', op: '>', value: new Date() }] });
users.find('>', 0, { limit: 1, filters: [{ column: 'elsewhere', op: '>', value: 'x' }] });
// @ts-expect-error: logins is a number
users.find('>', 0, { limit: 1, filters: [{ column: 'logins', op: '>', value: 'x' }] });
exactly<number | bigint | null>()({} as RowFilter<'n', { n: 'number' }>['value']);

// ── Ids ──────────────────────────────────────────────────────────────────────────────────────────

exactly<Promise<{ insertId: number | null }>>()(users.insert({ name: 'Ada' }));
exactly<Promise<{ insertId: bigint | null }>>()(visits.insert({ user: 1 }));
const undeclared = client.openIndex({ ...place, columns: ['id'], keyColumns: ['id'] });
exactly<Promise<{ insertId: bigint | null }>>()(undeclared.insert({ id: 1 }));
declare const index: string;
const dynamic = client.openIndex({
  ...place,
  index,
  columns: ['id'],
  types: { id: 'number' },
  keyColumns: ['id'],
});
exactly<Promise<{ insertId: number | bigint | null }>>()(dynamic.insert({ id: 1 }));

// @ts-expect-error: 'nmae' is not a column
client.openIndex({ ...place, columns: ['id', 'name'], notNull: ['nmae'] });

// ── Many servers ─────────────────────────────────────────────────────────────────────────────────

const cluster = new ShardedClient({ servers: [{ secret: process.env.S }], reads: undefined });
const sharded = cluster.openIndex({
  ...place,
  columns: ['id', 'name'],
  types: { id: 'number' },
  keyColumns: ['id'],
  notNull: ['id'],
  shardBy: ['id'],
});
exactly<Promise<{ id: number; name: string | null } | null>>()(sharded.get(1));
exactly<Promise<{ insertId: number | null }>>()(sharded.insert({ id: 1 }));
// @ts-expect-error: id is a number
sharded.get('1');
exactly<string>()(sharded.getServer(1));
sharded.find('=', 1, { limit: 1, servers: undefined });
sharded.scan('>', 1, { servers: undefined });
// @ts-expect-error: id is a number
sharded.getServer('1');
