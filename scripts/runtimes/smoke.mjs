/*
 * Tests what the package needs of a runtime: each class once, errors, many calls at once, worker
 * threads. It runs from the packed package, under each runtime, and must end by itself.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';

import {
  AbortError,
  Batch,
  Client,
  Connection,
  ExecuteError,
  Executor,
  FanOutError,
  HandlerSocketError,
  Index,
  Ketama,
  ServerError,
  ShardedClient,
  ShardedIndex,
} from 'hansock';
import { startServer } from 'hansock/testing';

const PARALLEL_CALLS = 10_000;
const ROWS = 1000;
const WORKERS = 4;
const SQL = `CREATE DATABASE t;
  CREATE TABLE t.kv (k INT PRIMARY KEY, v VARCHAR(50), n INT NOT NULL DEFAULT 0)`;
const TABLE = /** @type {const} */ ({
  database: 't',
  table: 'kv',
  columns: ['k', 'v', 'n'],
  types: { k: 'number', n: 'number' },
});

/** @typedef {import('hansock/testing').TestServer} TestServer */

/** @param {TestServer} server */
function clientOf({ host, port, writePort, secret }) {
  return new Client({ host, port, writePort, secret });
}

/** @param {TestServer} server */
async function usesClientAndIndex(server) {
  const client = clientOf(server);
  const kv = client.openIndex(TABLE);
  assert.ok(kv instanceof Index);
  const rows = Array.from({ length: ROWS }, (_, k) => ({ k, v: `ü ${k}`, n: 0 }));
  for (const { status } of await kv.insertMany(rows)) assert.equal(status, 'fulfilled');
  assert.deepEqual(await kv.get(7), { k: 7, v: 'ü 7', n: 0 });
  assert.equal(await kv.get(-1), null);
  assert.equal(await kv.update('=', 7, { v: 'new' }), 1);
  assert.equal(await kv.increment('=', 7, { n: 3 }), 1);
  assert.deepEqual(await kv.get(7), { k: 7, v: 'new', n: 3 });
  assert.equal((await kv.getMany([1, 2, 3])).length, 3);
  let scanned = 0;
  for await (const { k } of kv.scan('>=', 0)) assert.equal(k, scanned++);
  assert.equal(scanned, ROWS);
  assert.equal(await kv.delete('=', ROWS - 1), 1);
  await client.close();
}

/** @param {TestServer} server */
async function makesManyCallsAtOnce(server) {
  const client = clientOf(server);
  const kv = client.openIndex(TABLE);
  const keys = Array.from({ length: PARALLEL_CALLS }, (_, i) => i % (ROWS - 1));
  const rows = await Promise.all(keys.map((key) => kv.get(key)));
  assert.deepEqual(
    rows.map((row) => row?.k),
    keys,
  );
  await client.close();
}

/** @param {TestServer} server */
async function usesBatchesConnectionsAndExecutor({ host, port, secret }) {
  const handshake = new Batch().openIndex(1, { ...TABLE, columns: ['k'], index: 'PRIMARY' });
  const connection = new Connection({ host, port, secret, handshake });
  const find = () => new Batch().find(1, '=', [1]).find(1, '>=', [0], { limit: 5 });
  const [[one, five]] = await new Executor().add(connection, find()).execute(5000);
  assert.ok(one?.ok && five?.ok);
  assert.deepEqual([one.rows.length, five.rows.length], [1, 5]);
  const [again] = new Executor().add(connection, find()).executeSync(5000);
  assert.equal(again?.length, 2);
  connection.close();
}

/** The last check, since it kills a server. @param {TestServer[]} servers */
async function usesShardsAndTheRing(servers) {
  const ring = new Ketama(servers.map(({ host, port }) => ({ host, port }))).createContinuum();
  assert.ok([0, 1].includes(ring.getServerOrdinal('some key')));
  const client = new ShardedClient({
    servers: servers.map(({ host, port, writePort, secret }) => {
      return { host, port, writePort, secret };
    }),
  });
  const kv = client.openIndex({ ...TABLE, shardBy: ['k'] });
  assert.ok(kv instanceof ShardedIndex);
  const keys = Array.from({ length: 20 }, (_, i) => 10_000 + i);
  await kv.insertMany(keys.map((k) => ({ k, v: 'sharded', n: 0 })));
  assert.deepEqual(
    (await kv.getMany(keys)).map((row) => row?.k),
    keys,
  );
  await servers[1]?.kill();
  await assert.rejects(kv.getMany(keys), (error) => {
    assert.ok(error instanceof FanOutError);
    assert.equal(error.failures.length, 1);
    return true;
  });
  await client.close();
}

/** @param {TestServer} server */
async function reportsErrors(server) {
  const client = clientOf(server);
  const kv = client.openIndex(TABLE);
  await assert.rejects(kv.insert({ k: 1, v: 'again', n: 0 }), (error) => {
    assert.ok(error instanceof ServerError && error instanceof HandlerSocketError);
    assert.deepEqual([error.code, error.serverMessage], ['ERR_HS_DUPLICATE_KEY', '121']);
    return true;
  });
  // @ts-expect-error: a key must not be undefined
  await assert.rejects(async () => kv.get(undefined), TypeError);
  await client.close();
  await assert.rejects(kv.get(1), { code: 'ERR_HS_CLOSED' });

  const wrongSecret = new Client({ host: server.host, port: server.port, secret: 'wrong' });
  await assert.rejects(wrongSecret.openIndex(TABLE).get(1), { code: 'ERR_HS_AUTH' });
  await wrongSecret.close();
}

/** @param {TestServer} server */
async function reportsErrorsOfTheNetwork(server) {
  const silent = net.createServer((socket) => void socket.resume().on('error', () => {}));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (silent.address());
  const client = new Client({ host: '127.0.0.1', port, timeoutMs: 100 });
  await assert.rejects(client.openIndex(TABLE).get(1), { code: 'ERR_HS_TIMEOUT' });
  const connection = new Connection(`127.0.0.1:${port}`);
  const execute = (/** @type {object} */ options) => {
    return new Executor().add(connection, new Batch().write('x\n')).execute(options);
  };
  await assert.rejects(execute({ timeoutMs: 50 }), (error) => {
    assert.ok(error instanceof ExecuteError);
    assert.equal(error.errors[0]?.code, 'ERR_HS_TIMEOUT');
    return true;
  });
  await assert.rejects(execute({ signal: AbortSignal.timeout(50) }), (error) => {
    assert.ok(error instanceof AbortError);
    assert.deepEqual([error.code, error.results?.length], ['ABORT_ERR', 1]);
    return true;
  });
  await client.close();
  await new Promise((resolve) => silent.close(resolve));

  const nobody = new Client({ host: '127.0.0.1', port, secret: server.secret, timeoutMs: 2000 });
  await assert.rejects(nobody.openIndex(TABLE).get(1), { code: 'ERR_HS_CONNECT' });
  await nobody.close();
}

/** @param {TestServer} server */
async function worksInWorkerThreads({ host, port, writePort, secret }) {
  const options = { host, port, writePort, secret };
  const file = new URL('./smoke-worker.mjs', import.meta.url);
  // Half of the threads end with an open client.
  const workers = Array.from({ length: WORKERS }, (_, i) => {
    return new Worker(file, { workerData: { options, table: TABLE, closes: i % 2 === 0 } });
  });
  await Promise.all(
    workers.map(async (worker) => {
      const exited = once(worker, 'exit');
      assert.deepEqual(await once(worker, 'message'), [500]);
      assert.deepEqual(await exited, [0]);
    }),
  );
}

const servers = await Promise.all([startServer({ sql: SQL }), startServer({ sql: SQL })]);
const [server] = servers;
for (const [does, check] of Object.entries({
  usesClientAndIndex,
  makesManyCallsAtOnce,
  usesBatchesConnectionsAndExecutor,
  reportsErrors,
  reportsErrorsOfTheNetwork,
  worksInWorkerThreads,
})) {
  const start = performance.now();
  await check(server);
  console.log(`${does}: ${(performance.now() - start).toFixed(0)} ms`);
}
await usesShardsAndTheRing(servers);
console.log('usesShardsAndTheRing');
await Promise.all(servers.map((each) => each.stop()));
console.log('passed');
