import {
  type Bindable,
  Client,
  type ClientOptions,
  type ClientStats,
  type ColumnType,
  type ColumnTypes,
  type FindOperator,
  Index,
  type IndexKey,
  type Key,
  type OpenIndexTarget,
  type RangeOptions,
  type Row,
  type RowFilter,
  type Secret,
  type Values,
} from 'hansock';
import { exactly } from './exactly.js';

const place = { database: 'd', table: 't' };

// ── A client, and its options ────────────────────────────────────────────────────────────────────

new Client();
new Client({});
new Client({
  host: 'db',
  port: 9998,
  writePort: 9999,
  secret: 's',
  writeSecret: 'w',
  connections: 2,
  writeConnections: 1,
  timeoutMs: 1000,
  maxPending: Number.POSITIVE_INFINITY,
  idleTimeoutMs: 1000,
  traceValues: true,
});
new Client({ path: '/run/hs.sock', writePath: '/run/hs-wr.sock' });
new Client({ secret: process.env.HANDLERSOCKET_SECRET });
new Client({ secret: () => 's' });
new Client({ secret: () => Promise.resolve('s'), writeSecret: async () => 'w' });
const options: ClientOptions = {};
const client = new Client(options);

exactly<string | (() => string | Promise<string>)>()({} as Secret);
exactly<ClientStats>()(client.stats());
exactly<number>()(client.stats().errors.ERR_HS_LOST);
exactly<Promise<void>>()(client.close());
exactly<Promise<void>>()(client[Symbol.asyncDispose]());
client satisfies AsyncDisposable;

// @ts-expect-error: only a Connection takes an address
new Client('127.0.0.1:9998');
// @ts-expect-error: no such option
new Client({ timeout: 1 });
// @ts-expect-error: only a Connection takes a handshake
new Client({ handshake: undefined });
// @ts-expect-error: a host is text
new Client({ host: 1 });
// @ts-expect-error: a port is a number
new Client({ port: '9998' });
// @ts-expect-error: a port is a number
new Client({ writePort: '9999' });
// @ts-expect-error: a path is text
new Client({ path: Buffer.from('/run/hs.sock') });
// @ts-expect-error: a path is text
new Client({ writePath: 1 });
// @ts-expect-error: a secret is text
new Client({ secret: 1 });
// @ts-expect-error: null is not a secret
new Client({ secret: null });
// @ts-expect-error: a promise is not a secret; a function may return one
new Client({ secret: Promise.resolve('s') });
// @ts-expect-error: the function must return the secret
new Client({ secret: () => {} });
// @ts-expect-error: the function must return text
new Client({ writeSecret: async () => 1 });
// @ts-expect-error: the function gets no arguments
new Client({ secret: (host: string) => host });
// @ts-expect-error: a count is a number
new Client({ connections: '1' });
// @ts-expect-error: a count is a number
new Client({ writeConnections: 1n });
// @ts-expect-error: milliseconds are a number
new Client({ timeoutMs: '5s' });
// @ts-expect-error: the value is a number or Infinity
new Client({ maxPending: null });
// @ts-expect-error: milliseconds are a number
new Client({ idleTimeoutMs: false });
// @ts-expect-error: the value is true or false
new Client({ traceValues: 'all' });
// @ts-expect-error: the figures are read-only
client.stats().errors.ERR_HS_LOST = 0;
// @ts-expect-error: only a client creates indexes
new Index();

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────────

const every = client.openIndex({
  ...place,
  columns: ['plain', 's', 'n', 'big', 'b', 'buf', 'j', 'at'],
  types: {
    s: 'string',
    n: 'number',
    big: 'bigint',
    b: 'boolean',
    buf: 'buffer',
    j: 'json',
    at: 'datetime',
  },
});
type EveryRow = {
  plain: string | null;
  s: string | null;
  n: number | null;
  big: bigint | null;
  b: boolean | null;
  buf: Buffer | null;
  j: unknown;
  at: Date | null;
};
exactly<Promise<EveryRow | null>>()(every.get(1));
exactly<ColumnType>()({} as keyof ColumnTypes);

export async function read() {
  const row = await every.get(1);
  // @ts-expect-error: there may be no such row
  row.n;
  if (row === null) return;
  exactly<string | null>()(row.plain);
  // @ts-expect-error: every column may be NULL
  row.s.length;
  // @ts-expect-error: JSON may be anything
  row.j.a;
  // @ts-expect-error: no such column
  row.nope;
  row.n = 1;
}

/** The type of an index's rows. */
type RowOf<I> = I extends Index<infer C, infer T> ? Row<C, T> : never;
exactly<EveryRow>()({} as RowOf<typeof every>);

const untyped = client.openIndex({ ...place, columns: ['a', 'b'] });
exactly<
  Index<readonly ['a', 'b'], Record<never, never>, readonly [], never, readonly [], bigint>
>()(untyped);
exactly<Promise<{ a: string | null; b: string | null } | null>>()(untyped.get(1));

const columns = ['id', 'name'] as const;
const types = { id: 'bigint' } as const;
const constants = client.openIndex({ ...place, columns, types });
exactly<Promise<{ id: bigint | null; name: string | null } | null>>()(constants.get(1));

const tuple: ['id', 'name'] = ['id', 'name'];
exactly<Promise<{ id: string | null; name: string | null } | null>>()(
  client.openIndex({ ...place, columns: tuple }).get(1),
);

declare const listed: readonly ('id' | 'name')[];
exactly<Promise<{ id: bigint | null; name: string | null } | null>>()(
  client.openIndex({ ...place, columns: listed, types }).get(1),
);

// Names known only at run time may be any, and with types any value.
declare const names: string[];
declare const declaredTypes: Record<string, ColumnType>;
const dynamic = client.openIndex({ ...place, columns: names });
exactly<Promise<{ [name: string]: string | null } | null>>()(dynamic.get(1));
dynamic.insert({ anything: 1 });
const dynamicTypes = client.openIndex({ ...place, columns, types: declaredTypes });
exactly<Promise<{ id: unknown; name: unknown } | null>>()(dynamicTypes.get(new Date()));
dynamicTypes.insert({ id: new Date(), name: { a: 1 } });

// With the type arguments written out.
const written = client.openIndex<['id'], { id: 'number' }>({
  ...place,
  columns: ['id'],
  types: { id: 'number' },
  filterColumns: ['a'],
});
exactly<Promise<{ id: number | null } | null>>()(written.get(1));
written.find('=', 1, { limit: 1, filters: [{ column: 'a', op: '=', value: 1 }] });

// ── Opening an index ─────────────────────────────────────────────────────────────────────────────

client.openIndex({ ...place, index: 'PRIMARY', columns, filterColumns: ['x'], keyColumns: ['id'] });
client.openIndex({ ...place, columns: ['id'], types: {}, filterColumns: [], keyColumns: [] });
client.openIndex({ ...place, columns: ['id'], types: undefined, filterColumns: undefined });
declare const keyColumns: readonly ('id' | 'name')[];
client.openIndex({ ...place, columns: ['id', 'name', 'price'], keyColumns });

// @ts-expect-error: a database is needed
client.openIndex({ table: 't', columns: ['id'] });
// @ts-expect-error: a table is needed
client.openIndex({ database: 'd', columns: ['id'] });
// @ts-expect-error: columns are needed
client.openIndex({ ...place });
// @ts-expect-error: columns are a list
client.openIndex({ ...place, columns: 'id,name' });
// @ts-expect-error: columns are names
client.openIndex({ ...place, columns: [0] });
// @ts-expect-error: an index is a name
client.openIndex({ ...place, columns: ['id'], index: 0 });
// @ts-expect-error: filter columns are a list
client.openIndex({ ...place, columns: ['id'], filterColumns: 'id' });
// @ts-expect-error: no such option
client.openIndex({ ...place, columns: ['id'], limit: 1 });
// @ts-expect-error: 'integer' is not a type
client.openIndex({ ...place, columns: ['id'], types: { id: 'integer' } });
// @ts-expect-error: a type is a name
client.openIndex({ ...place, columns: ['id'], types: { id: Number } });
// @ts-expect-error: types are an object
client.openIndex({ ...place, columns: ['id'], types: ['number'] });
// @ts-expect-error: 'nmae' is not a column
client.openIndex({ ...place, columns: ['id', 'name'], types: { nmae: 'string' } });
// @ts-expect-error: it is not a column beside a valid one either
client.openIndex({ ...place, columns: ['id', 'name'], types: { id: 'number', nmae: 'string' } });
const misnamed = { id: 'number', nmae: 'string' } as const;
// @ts-expect-error: it is not a column of types in a variable either
client.openIndex({ ...place, columns: ['id', 'name'], types: misnamed });
const noneNamed = { nmae: 'string' } as const;
// @ts-expect-error: it is not a column if no name is valid either
client.openIndex({ ...place, columns: ['id', 'name'], types: noneNamed });
// @ts-expect-error: it is not a column beside filter columns either
client.openIndex({ ...place, columns, filterColumns: ['x'], types: misnamed });
// @ts-expect-error: the rows do not have the filter columns
client.openIndex({ ...place, columns, filterColumns: ['x'], types: { x: 'number' } });
// @ts-expect-error: a key column must be among the columns
client.openIndex({ ...place, columns: ['id', 'name'], keyColumns: ['price'] });
// @ts-expect-error: key columns are a list
client.openIndex({ ...place, columns: ['id', 'name'], keyColumns: 'id' });
const wide = { id: 'number' };
// @ts-expect-error: without 'as const', TypeScript infers string here
client.openIndex({ ...place, columns: ['id'], types: wide });

// ── Methods: what they take, and what they give ──────────────────────────────────────────────────

const items = client.openIndex({
  ...place,
  columns: ['id', 'name'],
  types: { id: 'number' },
  filterColumns: ['price', 'kind'],
});
type Item = { id: number | null; name: string | null };
const filters = [{ column: 'price', op: '>', value: 1 }] as const;
const range = {
  limit: 10,
  offset: 5,
  in: { column: 'id', values: [1, 2n, 'x'] },
  filters,
} as const;

exactly<Promise<Item | null>>()(items.get(42));
exactly<Promise<(Item | null)[]>>()(items.getMany([1, 'x', 1n, true, null, Buffer.of(1)]));
exactly<Promise<Item[][]>>()(items.findMany([1, 2], { limit: 5 }));
exactly<Promise<Item[][]>>()(items.findMany([[1, 2]], { limit: 5, filters }));
exactly<Promise<Item[]>>()(items.find('=', 1, { limit: 5 }));
exactly<Promise<Item[]>>()(items.find('<=', [1, 'x'] as const, range));
exactly<AsyncIterable<Item>>()(items.scan('>=', 0));
exactly<AsyncIterable<Item>>()(items.scan('<', [0], { pageSize: 10, limit: 100, filters }));
exactly<Promise<{ insertId: bigint | null }>>()(items.insert({ name: 'Tea' }));
exactly<Promise<{ insertId: bigint | null }>>()(items.insert([null, 'Tea']));
exactly<Promise<PromiseSettledResult<{ insertId: bigint | null }>[]>>()(
  items.insertMany([{ id: 1 }, [2, 'Tea'], {}]),
);
exactly<Promise<number>>()(items.update('=', 1, { name: 'Tea' }));
exactly<Promise<number>>()(items.update('=', 1, [1, 'Tea'] as const, range));
exactly<Promise<number>>()(items.increment('=', 1, { id: 1n }));
exactly<Promise<number>>()(items.increment('=', 1, [1, 0], range));
exactly<Promise<number>>()(items.decrement('=', 1, { id: 1 }));
exactly<Promise<number>>()(items.decrement('=', 1, [1, 0], range));
exactly<Promise<number>>()(items.delete('=', 1));
exactly<Promise<number>>()(items.delete('<', [1], range));
exactly<Promise<Item[]>>()(items.updateReturning('=', 1, { name: null }));
exactly<Promise<Item[]>>()(items.updateReturning('=', 1, [1, 'x'], range));
exactly<Promise<Item[]>>()(items.incrementReturning('=', 1, { id: 1n, name: '1' }));
exactly<Promise<Item[]>>()(items.incrementReturning('=', 1, [1, 0], range));
exactly<Promise<Item[]>>()(items.decrementReturning('=', 1, { id: 1 }));
exactly<Promise<Item[]>>()(items.decrementReturning('=', 1, [1, 0], range));
exactly<Promise<Item[]>>()(items.deleteReturning('=', 1));
exactly<Promise<Item[]>>()(items.deleteReturning('=', 1, range));

export async function results() {
  for await (const row of items.scan('>', 0)) exactly<Item>()(row);
  // @ts-expect-error: a scan is an async iterator
  for (const row of items.scan('>', 0)) exactly<Item>()(row);
  for (const row of await items.getMany([1])) {
    // @ts-expect-error: a key may have no row
    row.id;
  }
  const [inserted] = await items.insertMany([{}]);
  // @ts-expect-error: the row may have been refused
  inserted.value;
  if (inserted.status === 'fulfilled') exactly<bigint | null>()(inserted.value.insertId);
  else inserted.reason satisfies unknown;
}

// @ts-expect-error: a key is needed
items.get();
// @ts-expect-error: undefined is not a key
items.get(undefined);
// @ts-expect-error: undefined is not a key part either
items.get([1, undefined]);
// @ts-expect-error: a key consists of parts, not of names
items.get({ id: 1 });
// @ts-expect-error: a function is not a key
items.get(() => 1);
// @ts-expect-error: a key contains no keys
items.get([[1]]);
// @ts-expect-error: keys are a list
items.getMany(1);
// @ts-expect-error: a limit is needed
items.find('=', 1);
// @ts-expect-error: a limit is needed
items.find('=', 1, {});
// @ts-expect-error: a limit is needed
items.find('>', 1, { offset: 5, filters });
// @ts-expect-error: undefined is not a limit
items.find('>', 1, { limit: undefined });
// @ts-expect-error: a limit is a number
items.find('=', 1, { limit: '1' });
// @ts-expect-error: '!=' is for filters
items.find('!=', 1, { limit: 1 });
// @ts-expect-error: an operator is needed
items.find(1, { limit: 1 });
// @ts-expect-error: no such option
items.find('=', 1, { limit: 1, order: 'desc' });
// @ts-expect-error: an IN list needs its column
items.find('=', 1, { limit: 1, in: { values: [1] } });
// @ts-expect-error: an IN list contains values, not keys
items.find('=', 1, { limit: 1, in: { column: 'id', values: [[1]] } });
// @ts-expect-error: a limit is needed
items.findMany([1]);
// @ts-expect-error: a limit is needed
items.findMany([1], {});
// @ts-expect-error: a limit is needed
items.findMany([1], { filters });
// @ts-expect-error: findMany has no offset
items.findMany([1], { limit: 1, offset: 1 });
// @ts-expect-error: findMany has no IN list
items.findMany([1], { limit: 1, in: { column: 'id', values: [1] } });
// @ts-expect-error: only a Batch takes a position
items.find('=', 1, { limit: 1, in: { position: 0, values: [1] } });
// @ts-expect-error: a scan has no '=', which find has
items.scan('=', 1);
// @ts-expect-error: the operator may be '=', which a scan does not have
items.scan({} as FindOperator, 1);
// @ts-expect-error: a start key is needed
items.scan('>');
// @ts-expect-error: a page size is a number
items.scan('>', 1, { pageSize: '10' });
// @ts-expect-error: a scan has no offset
items.scan('>', 1, { offset: 10 });
// @ts-expect-error: values are needed
items.insert();
// @ts-expect-error: values are an object or a list
items.insert('Tea');
// @ts-expect-error: values are an object or a list
items.insert(null);
// @ts-expect-error: 'nmae' is not a column
items.insert({ nmae: 'Tea' });
// @ts-expect-error: it is not a column beside a valid one either
items.insert({ id: 1, nmae: 'Tea' });
// @ts-expect-error: filter columns cannot be written
items.insert({ id: 1, price: 1 });
// @ts-expect-error: a function is not a value
items.insert({ name: () => 'Tea' });
// @ts-expect-error: a symbol is not a value
items.insert({ name: Symbol('Tea') });
// @ts-expect-error: a list is not a value
items.insert({ name: ['Tea'] });
// @ts-expect-error: undefined is not a value in a list
items.insert([undefined, 'Tea']);
// @ts-expect-error: rows are a list
items.insertMany({ name: 'Tea' });
// @ts-expect-error: 'nmae' is not a column
items.insertMany([{ name: 'Tea' }, { nmae: 'Tea' }]);
// @ts-expect-error: values are needed
items.update('=', 1);
// @ts-expect-error: 'nmae' is not a column
items.update('=', 1, { nmae: 'Tea' });
// @ts-expect-error: '!=' is for filters
items.update('!=', 1, { name: 'Tea' });
// @ts-expect-error: only updateReturning returns rows
items.update('=', 1, { name: 'Tea' }, { returning: true });
// @ts-expect-error: 'nmae' is not a column
items.updateReturning('=', 1, { nmae: 'Tea' });
// @ts-expect-error: 'idd' is not a column
items.increment('=', 1, { idd: 1 });
// @ts-expect-error: the column is needed
items.increment('=', 1, 1);
// @ts-expect-error: 'idd' is not a column
items.incrementReturning('=', 1, { idd: 1 });
// @ts-expect-error: 'idd' is not a column
items.decrement('=', 1, { idd: 1 });
// @ts-expect-error: 'idd' is not a column
items.decrementReturning('=', 1, { idd: 1 });
// @ts-expect-error: an operator is needed
items.delete(1);
// @ts-expect-error: delete takes no values
items.delete('=', 1, { name: 'Tea' });
// @ts-expect-error: a limit is a number
items.deleteReturning('=', 1, { limit: true });

// ── Filters ──────────────────────────────────────────────────────────────────────────────────────

items.find('>', 0, {
  limit: 1,
  filters: [
    { column: 'price', op: '!=', value: null },
    { type: 'while', column: 'kind', op: '<', value: 5n },
    { type: 'filter', column: 'kind', op: '=', value: Buffer.of(1) },
  ],
});
declare const filter: RowFilter<'price'>;
items.delete('>', 0, { filters: [filter] });

// @ts-expect-error: 'prise' is not a filter column
items.find('>', 0, { limit: 1, filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: a column of the rows is not a filter column
items.find('>', 0, { limit: 1, filters: [{ column: 'id', op: '=', value: 1 }] });
// @ts-expect-error: here, filter columns are names
items.find('>', 0, { limit: 1, filters: [{ column: 0, op: '=', value: 1 }] });
// @ts-expect-error: LIKE is not an operator
items.find('>', 0, { limit: 1, filters: [{ column: 'price', op: 'LIKE', value: 1 }] });
// @ts-expect-error: 'until' is not a filter type
items.find('>', 0, { limit: 1, filters: [{ type: 'until', column: 'price', op: '=', value: 1 }] });
// @ts-expect-error: a value is needed
items.find('>', 0, { limit: 1, filters: [{ column: 'price', op: '=' }] });
// @ts-expect-error: a filter has one value
items.find('>', 0, { limit: 1, filters: [{ column: 'price', op: '=', value: [1, 2] }] });
// @ts-expect-error: filters are a list
items.find('>', 0, { limit: 1, filters: { column: 'price', op: '=', value: 1 } });
// @ts-expect-error: 'prise' is not a filter column
items.findMany([1], { limit: 1, filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.scan('>', 0, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.update('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.increment('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.decrement('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.delete('>', 0, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.updateReturning('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.incrementReturning('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.decrementReturning('>', 0, {}, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: 'prise' is not a filter column
items.deleteReturning('>', 0, { filters: [{ column: 'prise', op: '=', value: 1 }] });
// @ts-expect-error: an index without filter columns has no filters
untyped.find('>', 0, { limit: 1, filters: [{ column: 'a', op: '=', value: 1 }] });
untyped.find('>', 0, { limit: 1, filters: [] });

declare const filterNames: string[];
client
  .openIndex({ ...place, columns, filterColumns: filterNames })
  .find('>', 0, { limit: 1, filters: [{ column: 'any', op: '=', value: 1 }] });

// ── Dates, and objects for JSON ──────────────────────────────────────────────────────────────────

const now = new Date();
const events = client.openIndex({
  ...place,
  columns: ['id', 'at', 'doc', 'name'],
  types: { id: 'number', at: 'datetime', doc: 'json' },
  filterColumns: ['at'],
});
interface Doc {
  title: string;
}
declare const doc: Doc;

events.get(now);
events.getMany([now, [now, 1], '2024-02-29']);
events.find('>=', [1, now], { limit: 1, filters: [{ column: 'at', op: '<', value: now }] });
events.findMany([now], { limit: 1, filters: [{ column: 'at', op: '<', value: now }] });
events.scan('>', now, { filters: [{ type: 'while', column: 'at', op: '<', value: now }] });
events.insert({ at: now, doc: { a: [1, null] } });
events.insert({ at: '2024-02-29', doc: '{"a":1}' });
events.insert({ at: null, doc: [1, { a: 2 }] });
events.insert({ doc });
events.insert({ doc: 1.5 });
events.insert([1, now, { a: 1 }, 'x']);
events.insertMany([{ at: now }, [1, now, [], null]]);
events.update('=', now, { at: now, doc }, { filters: [{ column: 'at', op: '=', value: now }] });
events.updateReturning('=', now, [1, now, doc, 'x']);
events.increment('=', now, { id: 1 });
events.delete('<', now);
events.deleteReturning('<', now);

// @ts-expect-error: 'id' is declared as a number
events.insert({ id: now });
// @ts-expect-error: 'name' is not declared at all
events.insert({ name: now });
// @ts-expect-error: only 'doc' is declared as JSON
events.insert({ name: { a: 1 } });
// @ts-expect-error: a datetime is a Date and no other object
events.insert({ at: { year: 2024 } });
// @ts-expect-error: a Date cannot be added
events.increment('=', 1, { at: now });
// @ts-expect-error: a Date cannot be added by position either
events.decrement('=', 1, [1, now, 0, 0]);
events.find('=', null, { limit: 1, in: { column: 'at', values: [now] } });
// @ts-expect-error: a filter's value is not an object
events.find('=', now, { limit: 1, filters: [{ column: 'at', op: '=', value: { a: 1 } }] });
// @ts-expect-error: a key is not an object
events.get([{ a: 1 }]);

// @ts-expect-error: no column is declared as a datetime
items.get(now);
// @ts-expect-error: no column is declared as a datetime
items.get([1, now]);
// @ts-expect-error: no column is declared as a datetime
items.getMany([now]);
// @ts-expect-error: no column is declared as a datetime
items.find('>', now, { limit: 1 });
// @ts-expect-error: no column is declared as a datetime
items.scan('>', now);
// @ts-expect-error: no column is declared as a datetime
items.delete('>', now);
// @ts-expect-error: no column is declared as a datetime
items.insert({ name: now });
// @ts-expect-error: no column is declared as a datetime
items.insert([1, now]);
// @ts-expect-error: no column is declared as a datetime
items.insertMany([[1, now]]);
// @ts-expect-error: no column is declared as a datetime
items.update('=', 1, [1, now]);
// @ts-expect-error: no column is declared as a datetime
items.delete('>', 1, { filters: [{ column: 'price', op: '<', value: now }] });
// @ts-expect-error: no column is declared as JSON
items.insert({ name: { a: 1 } });
// @ts-expect-error: no column is declared as JSON
items.insert([1, { a: 1 }]);
// @ts-expect-error: no column is declared at all
untyped.get(now);

exactly<Key>()({} as IndexKey<{ id: 'number' }>);
exactly<Key | Date | readonly (Bindable | Date)[]>()({} as IndexKey<{ at: 'datetime' }>);
exactly<{ id?: Bindable; at?: Date | string | null; doc?: unknown }>()(
  {} as Values<['id', 'at', 'doc'], { at: 'datetime'; doc: 'json' }>,
);

// ── An index as a parameter ──────────────────────────────────────────────────────────────────────

async function nameOf(index: Index<['id', 'name'], { id: 'number' }>, id: number) {
  const row = await index.get(id);
  return row?.name;
}
exactly<Promise<string | null | undefined>>()(nameOf(items, 1));
nameOf(client.openIndex({ ...place, columns: ['id', 'name'], types: { id: 'number' } }), 1);
// @ts-expect-error: the index has bigint ids
nameOf(constants, 1);
// @ts-expect-error: the index has other columns
nameOf(untyped, 1);
// @ts-expect-error: a client is not an index
nameOf(client, 1);

// An index with filter columns does for one without, and for one that names none of them.
items satisfies Index<readonly ['id', 'name'], { id: 'number' }>;
// @ts-expect-error: it does not match an index with other filter columns
items satisfies Index<readonly ['id', 'name'], { id: 'number' }, readonly ['other']>;
untyped satisfies Index<['a', 'b']>;
const any: Index<['a', 'b']> = untyped;
any.find('=', 1, { limit: 1, filters: [{ column: 'unchecked', op: '=', value: 1 }] });

/** A function for every index accepts the values that its types allow. */
export async function upsert<C extends readonly string[], T>(
  index: Index<C, T>,
  key: IndexKey<T>,
  values: Values<C, T>,
  options: RangeOptions<string, T>,
) {
  exactly<Row<C, T> | null>()(await index.get(key));
  if ((await index.update('=', key, values, options)) === 0) await index.insert(values);
  await index.insertMany([values]);
  for await (const row of index.scan('>', [1, 'x'])) exactly<Row<C, T>>()(row);
  return index.find('=', key, { ...options, limit: 1 });
}
exactly<Promise<Item[]>>()(upsert(items, 1, { name: 'Tea' }, {}));
// @ts-expect-error: 'nmae' is not a column
upsert(items, 1, { nmae: 'Tea' }, {});

/** With the columns known, and one type of several. */
export function rename(
  index: Index<readonly ['id', 'name'], { id: 'number' | 'bigint' }>,
  id: number,
  name: string,
) {
  // @ts-expect-error: no datetime column is known
  index.get(now);
  return index.update('=', id, { name });
}

/** Opens the target that it is given. */
function open<
  const C extends readonly string[],
  const T extends { readonly [K in C[number]]?: ColumnType },
>(target: OpenIndexTarget<C, T>) {
  return client.openIndex(target);
}
exactly<Promise<Item | null>>()(
  open({ ...place, columns: ['id', 'name'], types: { id: 'number' } }).get(1),
);
// @ts-expect-error: 'nmae' is not a column
open({ ...place, columns: ['id', 'name'], types: { nmae: 'number' } });

/** With filters by name. */
declare function cheapest<C extends readonly string[], T, F extends readonly string[]>(
  index: Index<C, T, F>,
  by: F[number],
): Promise<Row<C, T>[]>;
exactly<Promise<Item[]>>()(cheapest(items, 'price'));
// @ts-expect-error: 'prise' is not a filter column
cheapest(items, 'prise');

// ── What is refused only when it is called ───────────────────────────────────────────────────────

// A wrong name beside a valid one is accepted if the values are a variable.
const variable = { id: 1, nmae: 'Tea' };
items.insert(variable);
// @ts-expect-error: without 'exactOptionalPropertyTypes', only the call refuses undefined
items.insert({ name: undefined });
// A function is accepted as JSON, because it is an object.
events.insert({ doc: () => {} });
// A key may have too many parts if its columns are unknown.
items.get([1, 2, 3]);
// A Date is accepted although the key has another column at that place.
events.get([now, now]);
// NaN and fractions are accepted.
items.get(Number.NaN);
items.increment('=', 1, { id: 1.5 });
// A limit out of range.
items.find('=', 1, { limit: -1 });
// The same column twice.
client.openIndex({ ...place, columns: ['id', 'id'] });
