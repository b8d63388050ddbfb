/*
 * Terminates worker threads during calls, at random moments. Each must end soon, with code 1, and
 * leave no descriptors and no threads behind in the process.
 *
 *   [COUNT=2000] [SEED=…] [HANSOCK_WAIT=worker] node campaigns/terminate.mjs
 *
 * A crash shows as the exit code of the process, and a worker that does not end as a message.
 */

import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Random } from '../__test__/support/random.js';
import { KINDS, program } from './calls.mjs';
import { addCounts, Client, createTables, HANSOCK, startServer, within } from './load.mjs';

const COUNT = Number(process.env.COUNT ?? 2000);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const AT_ONCE = 4;
const SOON_MS = 30_000;
console.log(`SEED=${SEED} COUNT=${COUNT} HANSOCK_WAIT=${process.env.HANSOCK_WAIT ?? ''}`);

const server = await startServer({ config: { max_connections: 500 } });
const silent = net
  .createServer((socket) => socket.on('error', () => {}).resume())
  .listen(0, '127.0.0.1');
await once(silent, 'listening');
const counts = {};
let slowestMs = 0;
try {
  await createTables(server);
  await terminateMany(new Random(SEED), 40); // reaches the usual size before it is measured
  const before = footprint();
  const start = performance.now();
  let left = COUNT;
  const runners = Array.from({ length: AT_ONCE }, async (_, i) => {
    const random = new Random(SEED + 1 + i);
    while (left-- > 0) {
      await terminateOne(random);
      if (left % 200 === 0) console.log(COUNT - left, footprint());
    }
  });
  await Promise.all(runners);
  await wait(2000);
  console.log({
    counts,
    slowestMs: Math.round(slowestMs),
    seconds: Math.round((performance.now() - start) / 1000),
  });
  console.log('before and after:', before, footprint());
  await callOnce();
} finally {
  await server.stop();
  silent.close();
}

async function terminateMany(random, count) {
  for (let i = 0; i < count; i++) await terminateOne(random);
}

async function terminateOne(random) {
  const kind = random.pick(KINDS);
  const workerData = {
    hansock: HANSOCK,
    kind,
    seed: random.integer(0, 2 ** 30),
    port: server.port,
    writePort: server.writePort,
    silentPort: silent.address().port,
    secret: server.secret,
  };
  const worker = new Worker(`(${program})(require('node:worker_threads').workerData)`, {
    eval: true,
    workerData,
  });
  const failure = once(worker, 'error').catch(() => {});
  let failed;
  failure.then((error) => {
    failed = error;
  });
  const moment = random.pick([
    'at once',
    'loaded',
    'loaded',
    'loaded',
    'loaded',
    'loaded',
    'loaded',
  ]);
  if (moment === 'loaded') {
    await within(SOON_MS, once(worker, 'message'), `a worker (${kind}) has not begun`);
    await wait(random.logarithmic(120) - 1);
  } else await wait(random.integer(0, 60));
  const start = performance.now();
  const code = await within(
    SOON_MS,
    worker.terminate(),
    `a worker (${kind}, ${moment}) has not ended`,
  );
  slowestMs = Math.max(slowestMs, performance.now() - start);
  addCounts(counts, { [`${kind} ${moment}`]: 1 });
  // Node.js reports 0 for a worker that had not started its program.
  const isExpected = code === 1 || (code === 0 && moment === 'at once');
  if (!isExpected || failed) {
    console.log(
      `FAULT a worker (${kind}, ${moment}, seed ${workerData.seed}) ended with ${code}`,
      failed ?? '',
    );
    process.exitCode = 1;
  }
}

/** What terminated workers could have left behind. */
function footprint() {
  return {
    descriptors: fs.readdirSync('/proc/self/fd').length,
    threads: fs.readdirSync('/proc/self/task').length,
    mebibytes: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

/** The package still works in the thread that has terminated the others. */
async function callOnce() {
  const client = new Client({ port: server.port, secret: server.secret });
  const index = client.openIndex({ database: 't', table: 'stable', columns: ['k'] });
  console.log('afterwards:', await index.get(7));
  await client.close();
}
