'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { Batch, Client, ShardedClient } = require('..');
const { orderBy } = require('../lib/sharding/merge.js');
const { refusal } = require('./support/refusals.js');
const { useServer } = require('./support/server.js');

/** An object as ORMs make it: all values are accessors of its class. */
class Item {
  #values;

  constructor(values) {
    this.#values = values;
  }

  get id() {
    return this.#values.id;
  }

  get name() {
    return this.#values.name;
  }

  get n() {
    return this.#values.n;
  }

  get isFresh() {
    return true;
  }
}

class NamedItem extends Item {
  get name() {
    return `named ${super.name}`;
  }
}

/** Objects of another realm, as test runners and vm contexts make them. */
const foreign = (source) => vm.runInNewContext(`(${source})`);

describe('a row given as an object', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      `CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(50), n INT, at DATETIME(3) NULL, doc JSON,
         size INT, KEY by_at (at))`,
      `CREATE TABLE odd (id INT PRIMARY KEY, toString VARCHAR(50), \`constructor\` VARCHAR(50),
         \`__proto__\` VARCHAR(50))`,
    ],
  });
  const columns = ['id', 'name', 'n', 'at', 'doc', 'size'];

  function open(t, more) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret });
    t.after(() => client.close());
    const types = { at: 'datetime', doc: 'json' };
    return client.openIndex({ database: 't', table: 'items', columns, types, ...more });
  }

  /** The values that the table has for a row. */
  async function stored(id, names) {
    const [row] = await server.sql(`SELECT ${names} FROM t.items WHERE id = ${id}`);
    return row;
  }

  describe('of a class', () => {
    test('is inserted with the values of its accessors', async (t) => {
      const items = open(t);
      await items.insert(new Item({ id: 1, name: 'one', n: 10 }));
      const results = await items.insertMany([
        new NamedItem({ id: 2, name: 'two', n: null }),
        new Item({ id: 3, name: null, n: 30 }),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'fulfilled'],
      );
      assert.deepEqual(await stored(1, 'name, n, size'), ['one', '10', 'NULL']);
      assert.deepEqual(await stored(2, 'name, n'), ['named two', 'NULL']);
      assert.deepEqual(await stored(3, 'name, n'), ['NULL', '30']);
    });

    test('changes a row to the values of its accessors', async (t) => {
      const items = open(t);
      await items.insert([10, 'ten', 1, null, null, 1]);
      assert.equal(await items.update('=', 10, new Item({ id: 10, name: 'new', n: 2 })), 1);
      assert.deepEqual(await stored(10, 'name, n, size'), ['new', '2', '1']);
      const [before] = await items.updateReturning(
        '=',
        10,
        new NamedItem({ id: 10, name: 'ten', n: 3 }),
      );
      assert.deepEqual([before.name, before.n], ['new', '2']);
      class By {
        get n() {
          return 40;
        }
      }
      assert.equal(await items.increment('=', 10, new By()), 1);
      assert.deepEqual(await stored(10, 'name, n'), ['named ten', '43']);
    });

    test('may have own properties, which take precedence over accessors', async (t) => {
      const items = open(t);
      const item = new Item({ id: 20, name: 'accessor', n: 1 });
      Object.defineProperty(item, 'name', { value: 'own', enumerable: true });
      item.size = 5;
      await items.insert(item);
      assert.deepEqual(await stored(20, 'name, n, size'), ['own', '1', '5']);
    });

    test("has its prototype's values, but not its methods", async (t) => {
      const items = open(t);
      const defaults = { name: 'default', n: 7, size() {}, toString: () => 'text' };
      await items.insert(Object.assign(Object.create(defaults), { id: 30, n: 8 }));
      assert.deepEqual(await stored(30, 'name, n, size'), ['default', '8', 'NULL']);
      const nothing = Object.assign(Object.create(null), { name: 'from nothing' });
      await items.insert(Object.assign(Object.create(nothing), { id: 31 }));
      assert.deepEqual(await stored(31, 'name, n'), ['from nothing', 'NULL']);
    });

    test('has no value for a property with only a setter', async (t) => {
      const items = open(t);
      class Writable extends Item {
        set name(_) {}
      }
      await items.insert(new Writable({ id: 40, name: 'hidden', n: 1 }));
      assert.deepEqual(await stored(40, 'name, n'), ['NULL', '1']);
    });

    test('is refused if an accessor returns an invalid value', async (t) => {
      const items = open(t);
      const refused = refusal(TypeError, 'values.n', 'undefined');
      await assert.rejects(items.insert(new Item({ id: 50, name: 'x' })), refused);
      await assert.rejects(items.update('=', 50, new Item({ id: 50, name: 'x' })), refused);
    });

    test('is refused if it has own properties that are not columns', async (t) => {
      const items = open(t);
      const item = Object.assign(new Item({ id: 60, name: 'x', n: 1 }), { nmae: 'y' });
      await assert.rejects(items.insert(item), refusal(TypeError, 'values', "'nmae'"));
    });

    for (const [title, make] of Object.entries({
      'a Map': () => new Map([['id', 1]]),
      'a Set': () => new Set(['id']),
      'a Date': () => new Date(0),
      'a RegExp': () => /x/,
      'an Error': () => new Error('x'),
      'a promise': () => Promise.resolve({ id: 1 }),
      'an ArrayBuffer': () => new ArrayBuffer(8),
      'a Buffer': () => Buffer.from('id'),
      'a Map of another realm': () => foreign('new Map()'),
      'an object without any of the columns': () => new (class Empty {})(),
    })) {
      test(`is refused if it is ${title}`, async (t) => {
        const items = open(t);
        await assert.rejects(items.insert(make()), refusal(TypeError, 'values must be an object'));
        await assert.rejects(items.update('=', 1, make()), refusal(TypeError, 'values must be'));
      });
    }
  });

  describe('of another realm', () => {
    test('is accepted, plain or of a class', async (t) => {
      const items = open(t);
      await items.insert(foreign("{ id: 100, name: 'plain' }"));
      await items.insert(
        foreign("new (class { get id() { return 101; } get name() { return 'x'; } })"),
      );
      await items.insert(foreign("[102, 'list', 1, null, { a: [1] }, 2]"));
      assert.deepEqual(await stored(100, 'name, n'), ['plain', 'NULL']);
      assert.deepEqual(await stored(101, 'name, n'), ['x', 'NULL']);
      assert.deepEqual(await stored(102, 'name, doc'), ['list', '{"a":[1]}']);
      await assert.rejects(items.insert(foreign('{ nmae: 1 }')), refusal(TypeError, "'nmae'"));
    });

    test('may have a Date, as a value, a key and a filter', async (t) => {
      const items = open(t, { filterColumns: ['at'] });
      const at = foreign("new Date('2024-02-29T10:20:30.400Z')");
      const later = foreign("new Date('2024-03-01T00:00:00Z')");
      assert.ok(!(at instanceof Date));
      await items.insert({ id: 110, at });
      await items.insert([111, null, 1, later, null, 1]);
      assert.deepEqual(await stored(110, 'at'), ['2024-02-29 10:20:30.400']);
      const row = { id: '110', name: null, n: null, at: new Date(+at), doc: null, size: null };
      const byAt = open(t, { index: 'by_at' });
      assert.deepEqual(await byAt.get(at), row);
      assert.deepEqual(await byAt.getMany([at]), [row]);
      const filters = [{ column: 'at', op: '<', value: later }];
      assert.deepEqual(await items.find('>=', 110, { limit: 9, filters }), [row]);
      assert.equal(await items.update('=', 110, { at: later }), 1);
      assert.deepEqual(await stored(110, 'at'), ['2024-03-01 00:00:00.000']);
    });

    test('may have bytes, shared ones too', async (t) => {
      const items = open(t);
      const bytes = foreign('Uint8Array.from([0x61, 0x09, 0x62])');
      const shared = foreign(
        'Object.assign(new Uint8Array(new SharedArrayBuffer(2)), { 0: 0x63, 1: 0x0a })',
      );
      await items.insertMany([
        { id: 120, name: bytes },
        { id: 121, name: shared },
      ]);
      assert.deepEqual(
        (await items.getMany([120, 121])).map(({ name }) => name),
        ['a\tb', 'c\n'],
      );
    });

    test('names a Date in its errors as its own does', async (t) => {
      const untyped = open(t, { types: {} });
      const items = open(t);
      const date = foreign('new Date(0)');
      const advice = refusal(TypeError, 'values.at', '1970', 'datetime');
      await assert.rejects(untyped.insert({ id: 130, at: date }), advice);
      assert.throws(() => new Batch().insert(0, [date]), refusal(TypeError, '1970', 'datetime'));
      const wrong = foreign('new Date(NaN)');
      await assert.rejects(items.insert({ id: 131, at: wrong }), refusal(TypeError, 'values.at'));
    });
  });

  describe('has nothing for a column that all objects inherit:', () => {
    const odd = ['id', 'toString', 'constructor', '__proto__'];
    for (const [title, make] of Object.entries({
      'a plain one': (id) => ({ id }),
      'one of a class': (id) => new Item({ id }),
      'one of another realm': (id) => foreign(`{ id: ${id} }`),
      'one of a class of another realm': (id) =>
        foreign(`new (class { get id() { return ${id}; } })`),
      'one without a prototype': (id) => Object.assign(Object.create(null), { id }),
    })) {
      test(title, async (t) => {
        const index = open(t, { table: 'odd', columns: odd, types: {} });
        const id = title.length;
        await index.insert(make(id));
        assert.deepEqual(
          await server.sql(
            `SELECT toString, \`constructor\`, \`__proto__\` FROM t.odd WHERE id = ${id}`,
          ),
          [['NULL', 'NULL', 'NULL']],
        );
        const unchanged = open(t, { table: 'odd', columns: odd.slice(1), types: {} });
        await assert.rejects(unchanged.update('=', id, make(id)), TypeError);
      });
    }

    test('except its own properties', async (t) => {
      const index = open(t, { table: 'odd', columns: odd, types: {} });
      await index.insert({ id: 1, toString: 'a', constructor: 'b', ['__proto__']: 'c' });
      class Odd {
        get id() {
          return 2;
        }
        get toString() {
          return 'd';
        }
        get __proto__() {
          return 'e';
        }
      }
      await index.insert(new Odd());
      assert.deepEqual(await server.sql('SELECT * FROM t.odd WHERE id < 3 ORDER BY id'), [
        ['1', 'a', 'b', 'c'],
        ['2', 'd', 'NULL', 'e'],
      ]);
    });
  });

  test('passes filters that are an accessor of the options', async (t) => {
    const items = open(t, { filterColumns: ['name'] });
    await items.insert({ id: 200, name: 'kept' });
    class Options {
      get limit() {
        return 1;
      }
      get filters() {
        return [{ column: 'name', op: '=', value: 'other' }];
      }
    }
    assert.deepEqual(await items.find('=', 200, new Options()), []);
    assert.equal(await items.delete('=', 200, new Options()), 0);
    assert.deepEqual(await items.updateReturning('=', 200, { n: 1 }, new Options()), []);
    assert.deepEqual(await stored(200, 'name, n'), ['kept', 'NULL']);
  });

  describe('of a sharded table', () => {
    function openSharded(t, more) {
      const { host, port, writePort, secret } = server.running;
      const cluster = new ShardedClient({ servers: [{ host, port, writePort }], secret });
      t.after(() => cluster.close());
      const target = { database: 't', table: 'items', columns, shardBy: ['id'] };
      return cluster.openIndex({ ...target, filterColumns: ['name'], ...more });
    }

    test('is written with the values of its accessors', async (t) => {
      const items = openSharded(t);
      await items.insert(new Item({ id: 300, name: 'one', n: 1 }));
      assert.deepEqual(await stored(300, 'name, n'), ['one', '1']);
      assert.equal(await items.update('=', 300, new Item({ id: 300, name: 'two', n: 2 })), 1);
      assert.deepEqual(await stored(300, 'name, n'), ['two', '2']);
      const moved = new Item({ id: 301, name: 'three', n: 3 });
      await assert.rejects(items.update('=', 300, moved), refusal(TypeError, 'which server'));
      const by = new Item({ id: 0, name: 0, n: 1 });
      await assert.rejects(items.increment('=', 300, by), refusal(TypeError, 'which server'));
      class Nameless {
        get name() {
          return 'x';
        }
      }
      await assert.rejects(items.insert(new Nameless()), refusal(TypeError, 'values.id'));
    });

    test('has no shard part that all objects inherit', async (t) => {
      const shardKey = ([part]) => `${part}`;
      const place = { table: 'odd', columns: ['constructor', 'id'], shardBy: ['constructor'] };
      const index = openSharded(t, { ...place, filterColumns: undefined, shardKey });
      const refused = refusal(TypeError, 'values.constructor');
      await assert.rejects(index.insert({ id: 1 }), refused);
      await assert.rejects(index.insert(new Item({ id: 1 })), refused);
    });

    test('takes no Date of another realm for a shard part', async (t) => {
      const index = openSharded(t, { types: { id: 'datetime' } });
      await assert.rejects(index.get(foreign('new Date(0)')), refusal(TypeError, 'shardKey'));
    });

    test('does not pass filters that are an accessor of the options', async (t) => {
      const items = openSharded(t);
      await items.insert({ id: 310, name: 'kept' });
      class Options {
        get limit() {
          return 1;
        }
        get filters() {
          return [{ column: 'name', op: '=', value: 'other' }];
        }
      }
      assert.deepEqual(await items.find('=', 310, new Options()), []);
      const scan = items.scan('>=', 310, Object.assign(new Options(), { servers: 'all' }));
      assert.deepEqual(await scan.next(), { value: undefined, done: true });
    });

    test('is ordered by columns with names that all objects inherit', () => {
      const compare = orderBy(['constructor'], {}, false);
      assert.ok(compare({ constructor: '9' }, { constructor: '10' }) < 0);
    });
  });
});
