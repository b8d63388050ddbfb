// A thread of smoke.mjs, which reports how many of 500 rows it found.
import { parentPort, workerData } from 'node:worker_threads';
import { Client } from 'hansock';

const { closes, options, table } = workerData;
const client = new Client(options);
const kv = client.openIndex(table);
const rows = await Promise.all(Array.from({ length: 500 }, (_, k) => kv.get(k)));
parentPort?.postMessage(rows.filter((row) => row !== null).length);
if (closes) await client.close();
