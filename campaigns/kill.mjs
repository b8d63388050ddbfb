/*
 * Kills the server (SIGKILL) and restarts it under load, and checks that no row is wrong and no
 * outcome untrue.
 *
 *   [ROUNDS=20] [SEED=…] [HANSOCK_WAIT=worker] node campaigns/kill.mjs
 */

import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../__test__/support/random.js';
import { addCounts, createTables, Ledger, report, startLoad, startServer } from './load.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
console.log(`SEED=${SEED} ROUNDS=${ROUNDS} HANSOCK_WAIT=${process.env.HANSOCK_WAIT ?? ''}`);

const started = performance.now();
const server = await startServer();
const ledgers = [];
const stats = {};
try {
  await createTables(server);
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(SEED + round);
    const ledger = new Ledger(server, `kill${round}`);
    ledgers.push(ledger);
    await ledger.prepare();
    const load = startLoad({
      ports: { port: server.port, writePort: server.writePort },
      server,
      seed: SEED + round,
      ledger,
    });
    await wait(random.integer(100, 1500));
    await server.kill();
    await wait(random.integer(0, 200));
    await server.start();
    await wait(random.integer(100, 800));
    for (const { generation, retries } of await load.stop())
      addCounts(stats, { generation, retries });
    console.log(round, ledger.latestMs.toFixed(), JSON.stringify(await ledger.judge()));
  }
  console.log('clients:', stats);
  await report(ledgers, started);
} finally {
  await server.stop();
}
