/*
 * Must end by itself, though nothing is closed: the client, a thread with calls in flight, the
 * server.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const { host, port, secret } = await startServer({
  sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY); INSERT INTO t.kv VALUES (1)',
});
const options = { host, port, secret };
const table = { database: 't', table: 'kv', columns: ['k'] };
const worker = new Worker(new URL('./smoke-worker.mjs', import.meta.url), {
  workerData: { options, table, closes: false },
});
await once(worker, 'message');
await worker.terminate();
const kv = new Client(options).openIndex(table);
const rows = await Promise.all(Array.from({ length: 100 }, () => kv.get(1)));
console.log(`${rows.length} rows`);
