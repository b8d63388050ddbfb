'use strict';

const assert = require('node:assert/strict');
const { tracingChannel } = require('node:diagnostics_channel');
const { describe, test } = require('node:test');

const {
  Batch,
  Connection,
  Executor,
  HandlerSocketError,
  ServerError,
  ShardedClient,
} = require('..');
const { clientOf, makeClient } = require('./support/clients.js');
const { CODES } = require('./support/codes.js');
const { answer, refusingAddress, startPeer } = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

const KV = { database: 't', table: 'kv', columns: ['k', 'v'] };

/** A client of an address where nobody listens. */
async function clientOfNobody(context) {
  const address = await refusingAddress(context);
  return clientOf(context, { port: Number(address.split(':')[1]) });
}

/** The error of a call that must fail. */
function failureOf(promise) {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );
}

describe('the code of a refusal', () => {
  for (const [serverMessage, code] of Object.entries({ ...CODES, 166: 'ERR_HS_SERVER' })) {
    test(`is ${code} for '${serverMessage}'`, async (t) => {
      const peer = await startPeer(
        t,
        answer((line) => (line.startsWith('P') ? '0\t1\n' : `1\t1\t${serverMessage}\n`)),
      );
      const index = clientOf(t, peer).openIndex(KV);
      const error = await failureOf(index.insert({ k: 1 }));
      assert.ok(error instanceof ServerError);
      assert.deepEqual([error.code, error.serverMessage], [code, serverMessage]);
    });
  }
});

describe('an error of a call', () => {
  const server = useServer({
    sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT); INSERT INTO t.kv VALUES (1, 1)',
  });

  function connect(context) {
    const { port, writePort, secret, writeSecret } = server.running;
    return makeClient(context, { port, writePort, secret, writeSecret });
  }

  test('has the function that awaits the call in its stack', async (t) => {
    const index = connect(t).openIndex(KV);
    async function theHandler(call) {
      await call();
    }
    for (const call of [
      () => index.insert({ k: 1 }),
      () => index.get([1, 2]),
      () => index.getMany([[1, 2]]),
      () => new Executor().add(new Connection('127.0.0.1:1'), new Batch().write('\n')).execute(),
    ]) {
      assert.match((await failureOf(theHandler(call))).stack, /at async theHandler/);
    }
    const all = theHandler(() => Promise.all([index.get(1), index.insert({ k: 1 })]));
    assert.match((await failureOf(all)).stack, /at async Promise\.all.*\n.*at async theHandler/);
  });

  test('has the function that scans an index in its stack', async (t) => {
    const { port } = await startPeer(
      t,
      answer((line) => {
        if (line.startsWith('P')) return '0\t1\n';
        return line.startsWith('0\t<') ? '0\t1\t1\t2\t3\n' : '2\t1\tcmd\n';
      }),
    );
    const index = makeClient(t, { port, writePort: null }).openIndex({ ...KV, columns: ['k'] });
    async function theHandler(options) {
      for await (const row of index.scan(options)) assert.ok(row);
    }
    // The second page is requested before it is awaited.
    for (const pageSize of [2, 3, 1000]) {
      const { stack, code } = await failureOf(theHandler({ pageSize }));
      assert.equal(code, 'ERR_HS_SERVER');
      assert.match(stack, /at async theHandler/, `${pageSize}`);
    }
  });

  test('has the caller in its stack where it is about an argument', async (t) => {
    const index = connect(t).openIndex(KV);
    function theCaller(call) {
      return call();
    }
    for (const call of [
      () => index.get({}),
      () => index.getMany([{}]),
      () => index.update('=', 1, { v: {} }),
      () => index.insertMany([{ k: {} }]),
    ]) {
      assert.match((await failureOf(theCaller(call))).stack, /at theCaller/);
    }
    const { stack } = await failureOf(index.update('=', {}, { v: 1 }));
    assert.match(stack, /client-errors\.test\.js/);
  });

  test('has that function while the call is traced, too', async (t) => {
    const channel = tracingChannel('hansock:operation');
    const subscribers = { start() {} };
    channel.subscribe(subscribers);
    t.after(() => channel.unsubscribe(subscribers));
    const index = connect(t).openIndex(KV);
    async function theHandler() {
      await index.insert({ k: 1 });
    }
    assert.match((await failureOf(theHandler())).stack, /at async theHandler/);
  });

  test('has that function if a ShardedClient makes the call', async (t) => {
    const { host, port, writePort, secret, writeSecret } = server.running;
    const cluster = new ShardedClient({
      servers: [{ host, port, writePort }],
      secret,
      writeSecret,
    });
    t.after(() => cluster.close());
    const index = cluster.openIndex({ ...KV, shardBy: ['k'] });
    async function theHandler() {
      await index.insert({ k: 1 });
    }
    assert.match((await failureOf(theHandler())).stack, /at async theHandler/);
  });

  test('can be given another name and another message', async (t) => {
    const error = await failureOf(connect(t).openIndex(KV).insert({ k: 1 }));
    error.name = 'DuplicateUser';
    error.message = 'the user is there';
    assert.equal(String(error), 'DuplicateUser: the user is there');
  });

  test("is another object for each caller, with the batch's error or its cause as the cause", async (t) => {
    const client = await clientOfNobody(t);
    const index = client.openIndex(KV);
    const [a, b] = await Promise.all([failureOf(index.get(1)), failureOf(index.get(2))]);
    assert.notEqual(a, b);
    assert.equal(a.cause, b.cause);
    assert.equal(a.cause.code, 'ECONNREFUSED');

    const silent = await startPeer(t, (visitor) => visitor.lines(1).then(() => visitor.reset()));
    const writes = clientOf(t, silent).openIndex(KV);
    const [c, d] = await Promise.all([
      failureOf(writes.insert({ k: 1 })),
      failureOf(writes.insert({ k: 2 })),
    ]);
    assert.deepEqual([c.code, c.outcome, d.code], ['ERR_HS_LOST', 'unknown', 'ERR_HS_LOST']);
    assert.notEqual(c, d);
    assert.equal(c.cause, d.cause);
    assert.ok(c.cause instanceof Error);
  });

  test('is another object for each insertMany, and the same for rows with one fate', async (t) => {
    const index = (await clientOfNobody(t)).openIndex(KV);
    const [[a, b], [c]] = await Promise.all([
      index.insertMany([{ k: 1 }, { k: 2 }]),
      index.insertMany([{ k: 3 }]),
    ]);
    assert.equal(a.reason, b.reason);
    assert.notEqual(a.reason, c.reason);
    assert.ok(a.reason instanceof HandlerSocketError);
  });

  test('of a handshake has the code of the refusal', async () => {
    const handshake = new Batch().openIndex(0, { ...KV, table: 'none' });
    const connection = server.reader({ handshake });
    const [{ reason }] = await new Executor()
      .add(connection, new Batch().find(0, '=', [1]))
      .executeSettled();
    connection.close();
    assert.equal(reason.code, 'ERR_HS_NOT_OPENED');
    assert.equal(reason.cause.serverMessage, 'open_table');
  });
});
