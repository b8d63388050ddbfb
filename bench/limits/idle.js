'use strict';

/*
 * Measures what a process, with all its threads, takes in a second while a client is idle, or waits
 * for a server that hangs:
 *
 *   node idle.js <port> <secret> <process id of the server> <nothing | idle | hung>
 */

const { setTimeout: delay } = require('node:timers/promises');
const { DATABASE, tableOf } = require('../tables.js');

const CALLS = 100;
/** Longer than this program runs. */
const PATIENCE_MS = 60_000;
/** Time for the rest of the start-up work, V8's compilers and collectors included. */
const SETTLE_MS = 3000;
const SECOND_MS = 1000;

const [port, secret, pid, what] = process.argv.slice(2);

async function main() {
  if (what !== 'nothing') await begin();
  await delay(SETTLE_MS);
  const before = process.resourceUsage();
  await delay(SECOND_MS);
  const after = process.resourceUsage();
  if (what === 'hung') process.kill(Number(pid), 'SIGCONT');
  const switches = after.voluntaryContextSwitches - before.voluntaryContextSwitches;
  console.log(JSON.stringify({ switches, cpu: (cpuTime(after) - cpuTime(before)) / 1000 }));
  process.exit();
}

async function begin() {
  const { Client } = require('../..');
  const client = new Client({ port: Number(port), secret, timeoutMs: PATIENCE_MS });
  const { name: table, columns } = tableOf('users');
  const index = client.openIndex({ database: DATABASE, table, columns });
  await Promise.all(Array.from({ length: CALLS }, (_, i) => index.get(i + 1)));
  if (what !== 'hung') return;
  process.kill(Number(pid), 'SIGSTOP');
  // These settle when the server continues, and nobody waits for that.
  for (let i = 0; i < CALLS; i++) index.get(i + 1).catch(() => {});
}

/** @param {NodeJS.ResourceUsage} usage */
function cpuTime({ userCPUTime, systemCPUTime }) {
  return userCPUTime + systemCPUTime;
}

main();
