'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Client, HandlerSocketError, ServerError } = require('..');
const { codeOf } = require('./support/codes.js');
const { useServer } = require('./support/server.js');

const wide = Array.from({ length: 40 }, (_, i) => `c${i}`);
const one = { limit: 1 };

/** The source of a call, for the test's name. */
function titleOf(call) {
  return String(call)
    .replace(/^\(.*?\) => \w+\./, '')
    .replace(/\s+/g, ' ');
}

/** An error of exactly that class. */
function errorOf(errorClass, pattern) {
  return (error) => {
    assert.equal(error.constructor, errorClass, error.stack);
    assert.match(error.message, pattern);
    return true;
  };
}

describe('a client refuses', () => {
  const server = useServer({
    sql: [
      'CREATE DATABASE t',
      'USE t',
      'CREATE TABLE kv (id INT PRIMARY KEY, name VARCHAR(5), n INT, at DATETIME, doc JSON, KEY by_name (name, n))',
      "INSERT INTO kv (id, name) VALUES (1, 'one'), (2, 'two')",
      `CREATE TABLE wide (${wide.map((name) => `${name} INT`)}, PRIMARY KEY (c0))`,
    ],
  });
  const columns = ['id', 'name', 'n', 'at', 'doc'];
  const kv = { database: 't', table: 'kv', columns, filterColumns: ['name', 'doc'] };

  function connect(t, options) {
    const { host, port, writePort, secret } = server.running;
    const client = new Client({ host, port, writePort, secret, ...options });
    t.after(() => client.close());
    return client;
  }

  /**
   * Tests that a call, given indexes without and with a datetime column, fails with nothing sent.
   */
  function refuses(title, call, errorClass, pattern) {
    test(title, async (t) => {
      const client = connect(t);
      const indexes = [
        client.openIndex({ ...kv, types: { doc: 'json' } }),
        client.openIndex({ ...kv, types: { at: 'datetime' } }),
      ];
      // A scan returns no promise, so it throws.
      if (title.includes('scan('))
        assert.throws(() => call(...indexes), errorOf(errorClass, pattern));
      else await assert.rejects(call(...indexes), errorOf(errorClass, pattern));
      const { commands, pending, generation } = client.stats();
      assert.deepEqual([commands, pending, generation], [0, 0, 0]);
    });
  }

  describe('an argument by an error that names it, and sends nothing:', () => {
    const filtered = (change) => ({
      limit: 1,
      filters: [{ column: 'name', op: '=', value: 'x', ...change }],
    });
    const listed = (...values) => ({ limit: 9, in: { column: 'id', values } });
    const cases = [
      [(i) => i.insert({ id: 3, nmae: 'x' }), /values .*'nmae'/],
      [(i) => i.insertMany([{ id: 3 }, { x: 1 }]), /rows\[1\] .*'x'/],
      [(i) => i.update('=', 1, { Name: '' }), /values .*'Name'/],
      [(i) => i.increment('=', 1, { m: 1 }), /by .*'m'/],
      [(i) => i.decrementReturning('=', 1, { m: 1 }), /by .*'m'/],
      [(i) => i.insert([1, 'a']), /values .*5 .*2/],
      [(i) => i.updateReturning('=', 1, [1, 2, 3, 4, 5, 6]), /values .*5 .*6/],
      [(i) => i.update('=', 1, {}), /values/],
      [(i) => i.update('=', 1), /values .*undefined/],
      [(i) => i.insert(null), /values .*null/],
      [(i) => i.insert(Buffer.from('id')), /values/],
      [(i) => i.insert(() => ({ id: 3 })), /values/],
      [(i) => i.insert(new Date(0)), /values/],
      [(i) => i.insertMany([{ id: 3 }, 4]), /rows\[1\] .*4/],
      [(i) => i.insert({ id: 3, doc: { n: 1n } }), /values\.doc/],
      [(i) => i.insert({ id: 3, doc: Number.NaN }), /values\.doc .*NaN/],
      [(_, dated) => dated.insert({ id: 3, at: new Date('?') }), /values\.at .*Invalid/],
      [(_, dated) => dated.get(new Date('?')), /key .*Invalid/],
      [(i) => i.find('=', 1, {}), /options\.limit/],
      [(i) => i.findMany([1], {}), /options\.limit/],
      [(i) => i.find('=', 1, { limit: '1' }), /options\.limit .*'1'/],
      [(i) => i.delete('=', 1, { limit: 1n }), /options\.limit .*1n/],
      [(i) => i.find('==', 1, one), /op .*'=='/],
      [(i) => i.update('!=', 1, { n: 1 }), /op .*'!='/],
      [(i) => i.update('=', 1, { n: 1 }, 5), /options .*a number/],
      [(i) => i.get([]), /key/],
      [(i) => i.getMany([1, []]), /keys\[1\]/],
      [(i) => i.get(), /key .*undefined/],
      [(i) => i.getMany(1), /keys .*a number/],
      [(i) => i.find('=', 1, listed()), /options\.in\.values/],
      [(i) => i.find('=', 1, listed(1, null)), /options\.in\.values\[1\]/],
      [(i) => i.find('>', 1, listed(1)), /options\.in .*'>'/],
      [(i) => i.find('=', 1, { limit: 1, in: { position: 0, values: [1] } }), /'?position'?/],
      [(i) => i.find('=', 1, { limit: 1, in: { values: [1] } }), /options\.in\.column/],
      [(i) => i.findMany([1], { limit: 1, offset: 1 }), /offset/],
      [(i) => i.find('=', 1, filtered({ column: 'n' })), /filters\[0\]\.column .*'n'/],
      [(i) => i.delete('=', 1, filtered({ column: 0 })), /filters\[0\]\.column .*0/],
      [(i) => i.findMany([1], filtered({ op: '<>' })), /filters\[0\]\.op .*'<>'/],
      [(i) => i.update('=', 1, { n: 1 }, filtered({ type: 'W' })), /filters\[0\]\.type .*'W'/],
      [(i) => i.find('=', 1, { ...one, filters: {} }), /options\.filters/],
      [(i) => i.scan('=', 1), /op .*'='/],
      [(i) => i.scan('>>', 1), /op .*'>>'/],
      [(i) => i.scan('>', []), /key/],
      [(i) => i.scan('>', [1, Number.NaN]), /key\[1\] .*NaN/],
      [(i) => i.scan('>', 1, null), /options .*null/],
      [(i) => i.scan('>', 1, { pageSize: '9' }), /options\.pageSize .*'9'/],
      [(i) => i.scan('>', 1, filtered({ column: 'n' })), /filters\[0\]\.column .*'n'/],
      [(i) => i.find('=', 1, { limit: 0 }), /options\.limit .*0/, RangeError],
      [(i) => i.delete('=', 1, { limit: 1.5 }), /options\.limit .*1\.5/, RangeError],
      [(i) => i.find('=', 1, { limit: 1, offset: -1 }), /options\.offset .*-1/, RangeError],
      [(i) => i.increment('=', 1, { n: 2n ** 64n }), /by\.n/, RangeError],
      [(i) => i.scan('>', 1, { pageSize: 0 }), /options\.pageSize .*0/, RangeError],
      [(i) => i.scan('>', 1, { limit: -1 }), /options\.limit .*-1/, RangeError],
    ];
    for (const [call, pattern, errorClass = TypeError] of cases) {
      refuses(titleOf(call), call, errorClass, pattern);
    }

    for (const by of [1.5, NaN, 2 ** 53, true, null, undefined, '1.5', '1e3', '', 'x', ' 1']) {
      const title = `increment('=', 1, { n: ${inspect(by)} })`;
      const increment = (i) => i.increment('=', 1, { n: by });
      refuses(title, increment, TypeError, /^by\.n must be /);
    }

    const notBindable = [undefined, NaN, -Infinity, new Date(0), () => 'x', {}, Symbol('s')];
    for (const value of notBindable) {
      const places = [
        [(i) => i.get(value), /^key /],
        [(i) => i.find('=', ['a', value], one), /^key\[1\] /],
        [(i) => i.getMany([1, value]), /^keys\[1\] /],
        [(i) => i.deleteReturning('=', value), /^key /],
        [(i) => i.insert({ id: 3, name: value }), /^values\.name /],
        [(i) => i.insertMany([[3, value, 1, null, null]]), /^rows\[0\]\.name /],
        [(i) => i.update('=', 1, { name: value }), /^values\.name /],
        [(i) => i.find('=', 1, filtered({ value })), /filters\[0\]\.value /],
        [(i) => i.find('=', 1, listed(1, value)), /options\.in\.values\[1\] /],
        [(i) => i.scan('>', value), /^key /],
      ];
      for (const [call, pattern] of places) {
        refuses(`${titleOf(call)} where it is ${inspect(value)}`, call, TypeError, pattern);
      }
    }
  });

  describe('to open an index, at once, by a TypeError that names', () => {
    const cases = {
      'a missing database': [{ database: undefined }, /target\.database .*undefined/],
      'a table that is no name': [{ table: 5 }, /target\.table .*a number/],
      'an index that is no name': [{ index: 0 }, /target\.index .*a number/],
      // The server reads it as the number of an index, here PRIMARY.
      'an index that begins with a digit': [{ index: '0n' }, /target\.index .*digit/],
      'missing columns': [{ columns: undefined }, /target\.columns .*undefined/],
      'no columns': [{ columns: [] }, /target\.columns/],
      'text for columns': [{ columns: 'id' }, /target\.columns .*a string/],
      'a column that is no name': [{ columns: ['id', 5] }, /target\.columns\[1\] .*a number/],
      'a column with a comma': [{ columns: ['id,n'] }, /target\.columns\[0\] .*','/],
      'a repeated column': [{ columns: ['id', 'n', 'id'] }, /target\.columns\[2\] .*another/],
      'filter columns that are none': [{ filterColumns: 5 }, /target\.filterColumns .*a number/],
      'a type of an unknown column': [{ types: { x: 'number' } }, /target\.types .*name 0/],
      'an unknown type': [{ types: { id: 'int' } }, /target\.types\.id .*'number'/],
      'types that are none': [{ types: 'number' }, /target\.types/],
      'an unknown key column': [{ keyColumns: ['id', 'x'] }, /target\.keyColumns\[1\] /],
      'no key columns': [{ keyColumns: [] }, /target\.keyColumns/],
    };
    for (const [title, [change, pattern]] of Object.entries(cases)) {
      test(title, (t) => {
        const open = () => connect(t).openIndex({ ...kv, ...change });
        assert.throws(open, errorOf(TypeError, pattern));
      });
    }
  });

  describe('options of its own:', () => {
    const ports = [0, 65_536, 1.5];
    const counts = [0, 1001, 1.5];
    const times = [0, -1, NaN, Infinity, 2 ** 31];
    const outOfRange = {
      ...{ host: [], path: [], writePath: [], secret: [], writeSecret: [], traceValues: [] },
      ...{ port: ports, writePort: ports, connections: counts, writeConnections: counts },
      ...{ timeoutMs: times, idleTimeoutMs: times, maxPending: [0, 1.5] },
    };
    for (const [name, values] of Object.entries(outOfRange)) {
      test(`${name} of a wrong type${values.length > 0 ? ' or out of range' : ''}`, () => {
        const none = name === 'writePort' ? [] : [null];
        for (const value of [...none, Symbol('s'), {}, [1]]) {
          const error = errorOf(TypeError, new RegExp(`options\\.${name} `));
          assert.throws(() => new Client({ [name]: value }), error);
        }
        for (const value of values) {
          const error = errorOf(RangeError, new RegExp(`options\\.${name} must be `));
          assert.throws(() => new Client({ [name]: value }), error);
        }
      });
    }

    test('a path beside a port, an empty one, an empty host, and what are not options', () => {
      const cases = [
        [{ path: '/x', port: 1 }, /options\.path .*options\.port/],
        [{ writePath: '/x', writePort: 1 }, /options\.writePath .*options\.writePort/],
        [{ path: '' }, /options\.path/],
        [{ host: '' }, /options\.host/],
        [null, /options .*null/],
        ['127.0.0.1', /options/],
      ];
      for (const [options, pattern] of cases) {
        assert.throws(() => new Client(options), errorOf(TypeError, pattern));
      }
    });

    test('writes, where it knows of a path for reads only', async (t) => {
      const client = new Client({ path: '/nowhere/at/all' });
      t.after(() => client.close());
      const index = client.openIndex(kv);
      const pattern = /options\.writePath or options\.writePort/;
      await assert.rejects(index.insert({ id: 3 }), errorOf(TypeError, pattern));
      await assert.rejects(index.deleteReturning('=', 3), errorOf(TypeError, pattern));
      assert.equal(client.stats().commands, 0);
      await assert.rejects(index.get(3), { code: 'ERR_HS_CONNECT', outcome: 'not-sent' });
    });
  });

  describe('what the server refuses, and explains it:', () => {
    /** Runs calls in one turn with others that succeed, and resolves with their errors. */
    async function failBesideOthers(client, calls) {
      const other = client.openIndex(kv);
      const others = () => [other.get(1), other.update('=', 2, { name: 'two' })];
      const before = others();
      const failing = Promise.allSettled(calls.map((call) => call()));
      const values = await Promise.all([...before, ...others()]);
      const row = { id: '1', name: 'one', n: null, at: null, doc: null };
      assert.deepEqual(values, [row, 1, row, 1]);
      const results = await failing;
      assert.ok(results.every(({ status }) => status === 'rejected'));
      return results.map(({ reason }) => reason);
    }

    function assertServerError(error, errorCode, serverMessage, ...named) {
      assert.ok(error instanceof ServerError && error instanceof HandlerSocketError, error.stack);
      const { code, message } = error;
      assert.deepEqual([code, error.errorCode], [codeOf(serverMessage), errorCode]);
      assert.equal(error.serverMessage, serverMessage);
      for (const part of named) assert.ok(message.includes(part), `${part}: ${message}`);
    }

    test('a duplicate key', async (t) => {
      const client = connect(t);
      const index = client.openIndex(kv);
      const errors = await failBesideOthers(client, [
        () => index.insert({ id: 1 }),
        () => index.update('=', 2, { id: 1 }),
        () => index.updateReturning('=', 2, { id: 1 }),
      ]);
      for (const error of errors) assertServerError(error, 1, '121', 't.kv', 'PRIMARY', 'already');
      assert.deepEqual(client.stats().errors, { ERR_HS_DUPLICATE_KEY: 3 });
    });

    const closed = {
      'a missing table': [{ table: 'gone' }, 1, 'open_table', 't.gone', 'PRIMARY', 'not exist'],
      'a missing database': [{ database: 'no' }, 1, 'open_table', 'no.kv', 'does not exist'],
      'a missing index': [{ index: 'by_n' }, 2, 'idxnum', 't.kv', 'by_n', 'no such index'],
      'a missing column': [{ columns: ['id', 'no'] }, 2, 'fld', 't.kv', 'id, no', 'no such column'],
      'a missing filter column': [{ filterColumns: ['n', 'no'] }, 2, 'fld', 't.kv', 'n, no'],
    };
    for (const [title, [change, errorCode, serverMessage, ...named]] of Object.entries(closed)) {
      test(`${title}, each time again`, async (t) => {
        const client = connect(t);
        const index = client.openIndex({ ...kv, ...change });
        const names = change.columns ?? columns;
        for (let i = 0; i < 2; i++) {
          const errors = await failBesideOthers(client, [
            () => index.get(1),
            () => index.getMany([1, 2]),
            () => index.insert({ id: 9 }),
            () => index.delete('=', 9, { limit: 1 }),
            () => index.scan('>', 0).next(),
          ]);
          for (const error of errors) {
            assertServerError(error, errorCode, serverMessage, names.join(', '), ...named);
          }
          const [{ reason }] = await index.insertMany([{ id: 9 }]);
          assertServerError(reason, errorCode, serverMessage, ...named);
        }
      });
    }

    test('a write sent to the port for reads', async (t) => {
      const { port } = server.running;
      const client = connect(t, { writePort: port });
      const index = client.openIndex(kv);
      const errors = await Promise.allSettled([
        index.insert({ id: 9 }),
        index.update('=', 1, { n: 1 }),
        index.deleteReturning('=', 1),
        index.get(1),
      ]);
      assert.equal(errors.pop().value.name, 'one');
      for (const { reason } of errors) {
        assertServerError(reason, 2, 'readonly', 't.kv', 'for reads', 'handlersocket_port_wr');
      }
    });

    test('more than 32 columns inserted, though not updated', async (t) => {
      const client = connect(t);
      const values = wide.map((_, i) => i);
      const all = client.openIndex({ database: 't', table: 'wide', columns: wide });
      const [error] = await failBesideOthers(client, [() => all.insert(values)]);
      assertServerError(error, 2, 'fldnum', 't.wide', '32');
      const some = client.openIndex({ database: 't', table: 'wide', columns: wide.slice(0, 32) });
      await some.insert({ c0: 0 });
      assert.equal(await all.update('=', 0, values), 1);
      assert.deepEqual(await server.sql('SELECT * FROM t.wide'), [values.map(String)]);
    });

    test('a filter on a JSON column', async (t) => {
      const client = connect(t);
      const filters = [{ column: 'doc', op: '=', value: '{}' }];
      const find = () => client.openIndex(kv).find('=', 1, { limit: 1, filters });
      const [error] = await failBesideOthers(client, [find]);
      assertServerError(error, 2, 'filterblob', 't.kv', 'JSON');
    });

    test('a key with more parts than the index has, which is a TypeError', async (t) => {
      const client = connect(t);
      const byName = client.openIndex({ ...kv, index: 'by_name' });
      const primary = client.openIndex(kv);
      assert.equal((await byName.find('=', ['one', null], one)).length, 1);
      const errors = await failBesideOthers(client, [
        () => primary.get([1, 2]),
        () => primary.getMany([1, [1, 2], 2]),
        () => primary.delete('=', [1, 2], one),
        () => primary.updateReturning('=', [1, 2], { n: 1 }, one),
        () => primary.scan('>', [1, 2]).next(),
        () => byName.find('=', ['one', null, 1], one),
      ]);
      const tooLong = errors.pop();
      for (const error of errors) errorOf(TypeError, /key .*'PRIMARY' of 't\.kv'/)(error);
      errorOf(TypeError, /key .*'by_name' of 't\.kv'/)(tooLong);
    });
  });

  test('no value that does not fit its column: the server truncates it, in keys too', async (t) => {
    const index = connect(t).openIndex({ ...kv, types: { n: 'bigint' } });
    await index.insert({ id: 7, name: 'abcdefgh', n: 2n ** 40n });
    const expected = { id: '7', name: 'abcde', n: 2n ** 31n - 1n, at: null, doc: null };
    assert.deepEqual(await index.get(7), expected);
    const byName = connect(t).openIndex({ ...kv, index: 'by_name', types: { n: 'bigint' } });
    assert.deepEqual(await byName.get('abcdeXYZ'), expected);
    assert.equal(await index.delete('=', 7.4), 1);
  });

  test('calls past maxPending, at once, reads and writes together', async (t) => {
    const client = connect(t, { maxPending: 3 });
    const index = client.openIndex(kv);
    const accepted = [index.get(1), index.update('=', 2, { n: 5 }), index.getMany([1, 2])];
    const refused = [index.get(2), index.delete('=', 1), index.scan('>', 0).next()];
    for (const { reason } of await Promise.allSettled(refused)) {
      assert.deepEqual([reason?.code, reason?.outcome], ['ERR_HS_OVERLOADED', 'not-sent']);
    }
    // The others have no result yet.
    assert.equal(client.stats().pending, 3);
    const [row, count, rows] = await Promise.all(accepted);
    assert.deepEqual([row.name, count, rows.length], ['one', 1, 2]);
    assert.equal((await index.get(2)).n, '5');
    assert.deepEqual(client.stats().errors, { ERR_HS_OVERLOADED: 3 });
  });

  test('calls after close, but none before it', async (t) => {
    const client = connect(t);
    const index = client.openIndex(kv);
    const earlier = [index.get(1), index.update('=', 2, { n: 6 })];
    const closing = client.close();
    const later = await Promise.allSettled([
      ...[index.get(1), index.getMany([]), index.insert({ id: 9 }), index.insertMany([])],
      ...[index.deleteReturning('=', 1), index.scan('>', 0).next()],
    ]);
    for (const { reason } of later) {
      assert.deepEqual([reason?.code, reason?.outcome], ['ERR_HS_CLOSED', 'not-sent']);
    }
    assert.deepEqual([(await earlier[0]).name, await earlier[1]], ['one', 1]);
    await Promise.all([closing, client.close(), client[Symbol.asyncDispose]()]);
    assert.equal(client.stats().connections, 0);
    await assert.rejects(client.openIndex(kv).get(1), { code: 'ERR_HS_CLOSED' });
    assert.deepEqual(await server.sql('SELECT id FROM t.kv WHERE id IN (1, 9)'), [['1']]);
  });
});
