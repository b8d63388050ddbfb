/*
 * Cuts connections at random bytes, in both directions, under load, and checks that no row is wrong
 * and no outcome untrue. The server stays up. The proxy is a process of its own, so that cuts come
 * at any moment of the client. (In Node.js 20, terminate() does not always end a worker thread with
 * many half-closed net.Sockets, which loops in CleanupHandles.)
 *
 *   [ROUNDS=20] [SECONDS=3] [SEED=…] [HANSOCK_WAIT=worker] node campaigns/cut.mjs
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { addCounts, createTables, Ledger, report, startLoad, startServer } from './load.mjs';

await main();

async function main() {
  const ROUNDS = Number(process.env.ROUNDS ?? 20);
  const SECONDS = Number(process.env.SECONDS ?? 3);
  const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  console.log(
    `SEED=${SEED} ROUNDS=${ROUNDS} SECONDS=${SECONDS} HANSOCK_WAIT=${process.env.HANSOCK_WAIT ?? ''}`,
  );
  const started = performance.now();
  const server = await startServer();
  const ledgers = [];
  const stats = {};
  try {
    await createTables(server);
    for (let round = 0; round < ROUNDS; round++) {
      const ledger = new Ledger(server, `cut${round}`);
      ledgers.push(ledger);
      await ledger.prepare();
      const proxy = fork(fileURLToPath(new URL('./proxy.mjs', import.meta.url)), [
        JSON.stringify({ seed: SEED + round, read: server.port, write: server.writePort }),
      ]);
      const [ports] = await once(proxy, 'message');
      const load = startLoad({ ports, server, seed: SEED + round, ledger });
      await wait(SECONDS * 1000);
      for (const { generation, retries } of await load.stop())
        addCounts(stats, { generation, retries });
      proxy.send('counts');
      const [cuts] = await once(proxy, 'message');
      addCounts(stats, cuts);
      proxy.kill('SIGKILL');
      await once(proxy, 'exit');
      console.log(round, ledger.latestMs.toFixed(), JSON.stringify(await ledger.judge()));
    }
    console.log('clients and proxy:', stats);
    await report(ledgers, started);
  } finally {
    await server.stop();
  }
}
