/** A schema alone types rows, values, keys, filters and the ids of inserts. */

import { Client, ShardedClient, type TableRow } from 'hansock';
import { readTable, type TableSchema } from 'hansock/schema';
import { exactly } from './exactly.js';
import { item, sample, visit } from './tables.js';

const client = new Client({ sql: undefined });
const items = client.openIndex({ schema: item });
const visits = client.openIndex({ schema: visit, filterColumns: ['count'] });

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────────

/** As SELECT * has it: without the invisible column. */
type Item = {
  id: number;
  name: string;
  state: 'new' | 'sold';
  price: string | null;
  owner: string | null;
  notes: string | null;
  seen: Date;
  short: string | null;
};
exactly<Promise<Item | null>>()(items.get(1));
exactly<Promise<(Item | null)[]>>()(items.getMany([1, 2n]));
exactly<AsyncIterable<Item>>()(items.scan());
exactly<Item>()({} as TableRow<typeof item>);
exactly<boolean>()(items.mergeIsExact);

const some = client.openIndex({ schema: item, columns: ['id', 'hidden'] });
exactly<Promise<{ id: number; hidden: bigint } | null>>()(some.get(1));
// @ts-expect-error: 'nmae' is not a column
client.openIndex({ schema: item, columns: ['id', 'nmae'] });
// @ts-expect-error: the schema names the table
client.openIndex({ schema: item, table: 'other' });
// @ts-expect-error: 'by_name' is not an index
client.openIndex({ schema: item, index: 'by_name' });
// @ts-expect-error: 'trigger' is not a value of allow
client.openIndex({ schema: item, allow: ['trigger'] });
client.openIndex({ schema: item, allow: ['triggers', 'unlogged', 'split-insert'] });
client.openIndex({ schema: item, index: undefined, columns: undefined, types: undefined });
// @ts-expect-error: it is not a schema
client.openIndex({ schema: { database: 'shop', table: 'item' } });

// ── `types` beside it ────────────────────────────────────────────────────────────────────────────

const declared = client.openIndex({
  schema: item,
  columns: ['id', 'price', 'seen'],
  types: { id: 'bigint', price: 'number', seen: 'string' },
  filterColumns: ['price'],
});
exactly<Promise<{ id: bigint; price: number | null; seen: string } | null>>()(declared.get(1n));
exactly<Promise<{ insertId: bigint | null }>>()(declared.insert({ name: 'Tea' }));
declared.update('=', 1, { price: 1.5 });
declared.insert({ name: 'Tea', price: 1.5 });
declared.find('>', 1, { limit: 1, filters: [{ column: 'price', op: '>', value: 1.5 }] });
// @ts-expect-error: price is declared as a number
declared.update('=', 1, { price: '1.50' });
// @ts-expect-error: 'nmae' is not a column
client.openIndex({ schema: item, types: { nmae: 'number' } });
// @ts-expect-error: hidden is not a column of the rows
client.openIndex({ schema: item, types: { hidden: 'number' } });
// @ts-expect-error: 'int' is not a type
client.openIndex({ schema: item, types: { id: 'int' } });
exactly<{ user: number; day: string; count: number }>()(
  {} as TableRow<typeof visit, { user: 'number' }>,
);

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

items.update('=', 1, { state: 'sold', price: null, owner: Buffer.alloc(16), seen: new Date() });
items.update('=', 1, {
  owner: '123e4567-e89b-12d3-a456-426655440000',
  seen: '2024-02-29 00:00:00',
});
items.updateReturning('=', 1, { name: 'Tea' });
// @ts-expect-error: state has no such member
items.update('=', 1, { state: 'old' });
// @ts-expect-error: name takes no NULL
items.update('=', 1, { name: null });
// @ts-expect-error: name is text
items.update('=', 1, { name: 1 });
// @ts-expect-error: 'nmae' is not a column
items.update('=', 1, { nmae: 'Tea' });
// @ts-expect-error: owner is a UUID or its bytes
items.update('=', 1, { owner: 5 });

visits.update('=', [1, '2024-02-29'], [1n, '2024-03-01', 5]);
// @ts-expect-error: the third is a number
visits.update('=', [1, '2024-02-29'], [1n, '2024-03-01', '5']);

visits.increment('=', [1n, '2024-02-29'], { count: 1 });
visits.decrementReturning('=', [1n, '2024-02-29'], { count: 1n });
// @ts-expect-error: a date cannot be incremented
visits.increment('=', [1n, '2024-02-29'], { day: 1 });
// @ts-expect-error: a decimal number would be rounded
items.increment('=', 1, { price: 1 });

// ── Inserts ──────────────────────────────────────────────────────────────────────────────────────

items.insert({ name: 'Tea' });
items.insert({ id: null, name: 'Tea', price: '1.50', hidden: 1n, notes: undefined });
items.insertMany([{ name: 'Tea' }, { id: 5, name: 'Coffee', seen: new Date() }]);
some.insert({ name: 'Tea' });
visits.insert([1, '2024-02-29', undefined]);
// @ts-expect-error: the third is a number
visits.insert([1, '2024-02-29', 'x']);
// @ts-expect-error: name has no default
items.insert({ state: 'new' });
// @ts-expect-error: name is needed even if it is not a column of the rows
some.insert({ id: 5 });
// @ts-expect-error: name takes no NULL
items.insert({ name: null });
// @ts-expect-error: short is virtual
items.insert({ name: 'Tea', short: 'Tea' });
// @ts-expect-error: 'nmae' is not a column
items.insert({ name: 'Tea', nmae: 'Tea' });
// @ts-expect-error: every row needs a name
items.insertMany([{ name: 'Tea' }, {}]);

exactly<Promise<{ insertId: number | null }>>()(items.insert({ name: 'Tea' }));
// The server makes up none.
exactly<Promise<{ insertId: null }>>()(visits.insert({ user: 1, day: '2024-02-29' }));

// ── Keys ─────────────────────────────────────────────────────────────────────────────────────────

items.get([1]);
items.find('>=', 1, { limit: 10 });
items.find('=', null, { limit: 2, in: { column: 'id', values: [1, 2n] } });
// @ts-expect-error: id is a number
items.get('1');
// @ts-expect-error: id is never NULL
items.get(null);
// @ts-expect-error: the index has one column
items.get([1, 2]);
// @ts-expect-error: id is a number
items.find('=', null, { limit: 2, in: { column: 'id', values: ['x'] } });
// @ts-expect-error: name is not a column of the index
items.find('=', null, { limit: 2, in: { column: 'name', values: ['x'] } });

visits.get([1n, '2024-02-29']);
visits.find('>=', 1, { limit: 10 });
visits.find('=', [1, new Date('2024-02-29')], { limit: 10 });
visits.delete('=', [1, '2024-02-29']);
// @ts-expect-error: one part of two does not identify a row
visits.get(1n);
// @ts-expect-error: one part in an array does not either
visits.getMany([[1n]]);
// @ts-expect-error: a day is not a number
visits.get([1n, 5]);

const byOwner = client.openIndex({ schema: item, index: 'by_owner' });
byOwner.get(['123e4567-e89b-12d3-a456-426655440000', 'Te']);
// @ts-expect-error: several rows may have NULL in that column
byOwner.get([null, 'Te']);
byOwner.find('=', [null, 'Te'], { limit: 10 });
byOwner.scan('>=', Buffer.alloc(16));
const byState = client.openIndex({ schema: item, index: 'by_state' });
byState.find('=', 'new', { limit: 10 });
byState.findMany(['new', ['sold', new Date()]], { limit: 10 });
// @ts-expect-error: the index is not unique
byState.get(['new', new Date()]);
// @ts-expect-error: the index is not unique
byState.getManySettled(['new']);
// @ts-expect-error: state has no such member
byState.find('=', 'old', { limit: 10 });

// ── Filters ──────────────────────────────────────────────────────────────────────────────────────

visits.find('>', 1, { limit: 1, filters: [{ column: 'count', op: '>', value: 5 }] });
// @ts-expect-error: count is a number
visits.find('>', 1, { limit: 1, filters: [{ column: 'count', op: '>', value: '5' }] });
// @ts-expect-error: count is never NULL
visits.find('>', 1, { limit: 1, filters: [{ column: 'count', op: '=', value: null }] });
// @ts-expect-error: day is not among filterColumns
visits.find('>', 1, { limit: 1, filters: [{ column: 'day', op: '=', value: '2024-02-29' }] });
// @ts-expect-error: 'nmae' is not a column
client.openIndex({ schema: item, filterColumns: ['nmae'] });
const filtered = client.openIndex({ schema: item, filterColumns: ['notes', 'state'] });
filtered.scan({ filters: [{ column: 'notes', op: '!=', value: null }] });
// @ts-expect-error: the server compares TEXT with NULL only
filtered.scan({ filters: [{ column: 'notes', op: '=', value: 'x' }] });

// ── Every type ───────────────────────────────────────────────────────────────────────────────────

type Sample = TableRow<typeof sample>;
exactly<{
  tinyint: number;
  smallint: number;
  mediumint: number;
  int: number;
  bigint: bigint;
  boolean: boolean;
  decimal: string;
  float: number;
  double: number;
  bit: bigint;
  year: number;
  date: string;
  time: string;
  datetime: string;
  moment: Date;
  exact: string;
  char: string;
  longtext: string;
  binary: Buffer;
  blob: Buffer;
  enum: 'a' | 'b';
  set: string;
  json: unknown;
  uuid: string;
  inet4: string;
  inet6: string;
  point: Buffer;
  vector: Float32Array;
  unknown: string;
}>()({} as Sample);

/** Values that were read can be written; `samples` is never called. */
export function samples(row: Sample) {
  const index = client.openIndex({ schema: sample });
  index.insert(row);
  index.update('=', 1, row);
  index.update('=', 1, { int: 1n, bigint: 1, decimal: 1.5, year: 2024n, exact: new Date() });
  index.update('=', 1, {
    bit: Buffer.of(1),
    date: new Date(),
    datetime: new Date(),
    char: Buffer.of(1),
  });
  index.update('=', 1, {
    bit: true,
    json: { a: [1] },
    uuid: Buffer.alloc(16),
    inet4: Buffer.alloc(4),
  });
  index.increment('=', 1, { tinyint: 1, bigint: 1n });
  // @ts-expect-error: the sum of a boolean could not be read again
  index.increment('=', 1, { boolean: 1 });
  // @ts-expect-error: a double would be rounded
  index.increment('=', 1, { double: 1 });
  // @ts-expect-error: a boolean is true or false
  index.update('=', 1, { boolean: 1 });
  // @ts-expect-error: the value is bytes
  index.update('=', 1, { blob: 'text' });
  // @ts-expect-error: a time is not a Date
  index.update('=', 1, { time: new Date() });
  // @ts-expect-error: the value is a Float32Array
  index.update('=', 1, { vector: [1, 2, 3] });
}

// ── Read at run time ─────────────────────────────────────────────────────────────────────────────

export async function atRunTime() {
  const schema: TableSchema = await readTable(client, 'shop', 'item');
  const index = client.openIndex({ schema, index: 'by_name' });
  exactly<Promise<Record<string, unknown> | null>>()(index.get('Tea'));
  exactly<Promise<{ insertId: number | bigint | null }>>()(index.insert({ name: 'Tea', tags: [] }));
  index.find('>=', [new Date(), new Float32Array(3)], { limit: 1 });
  index.update('=', 1, { anything: [1] });
  index.increment('=', 1, { count: '5' });
  index.scan({ filters: [] });
  const narrow = client.openIndex({ schema, columns: ['id', 'seen'], types: { id: 'number' } });
  exactly<Promise<{ id: number | null; seen: unknown } | null>>()(narrow.get(1));
}

// ── Drift ────────────────────────────────────────────────────────────────────────────────────────

export async function drift(sql: object) {
  const [difference] = await client.verify();
  exactly<string>()(difference.table);
  exactly<string>()(difference.path);
  exactly<unknown>()(difference.was);
  exactly<unknown>()(difference.is);
  await client.verify(sql);
  const [elsewhere] = await cluster.verify();
  exactly<string>()(elsewhere.address);
  // @ts-expect-error: each server has an sql option of its own
  await cluster.verify(sql);
}

// ── Many servers ─────────────────────────────────────────────────────────────────────────────────

declare const pool: object;
const cluster = new ShardedClient({ servers: [{ host: 'db1', sql: pool }, { host: 'db2' }] });
// @ts-expect-error: each server has an sql option of its own
new ShardedClient({ servers: [], sql: pool });
const sharded = cluster.openIndex({ schema: item, shardBy: ['id'] });
exactly<Promise<Item | null>>()(sharded.get(1));
exactly<Promise<{ insertId: number | null }>>()(sharded.insert({ id: 1, name: 'Tea' }));
exactly<boolean>()(sharded.mergeIsExact);
sharded.getServer(1);
sharded.scan({ servers: 'all' });
// @ts-expect-error: id is a number
sharded.get('1');
// @ts-expect-error: 'nmae' is not a column
cluster.openIndex({ schema: item, shardBy: ['nmae'] });
// @ts-expect-error: name is not a column of the rows
cluster.openIndex({ schema: item, columns: ['id'], shardBy: ['name'] });
// @ts-expect-error: shardBy or shardKey is needed
cluster.openIndex({ schema: item });
