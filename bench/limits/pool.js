'use strict';

/*
 * Makes calls while all threads of libuv's pool are held, by opening pipes for reading that nobody
 * writes to, which waits and computes nothing:
 *
 *   node pool.js <host> <port> <secret> <rounds>
 *
 * Prints the median times of each round, in milliseconds.
 */

const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { Client } = require('../..');
const { GuardedFolder } = require('../../lib/testing/guarded-folder.js');
const { median } = require('../statistics.js');
const { DATABASE, tableOf } = require('../tables.js');

const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
const GETS = 300;
const CONNECTS = 5;
const PATIENCE_MS = 10_000;

const [host, port, secret, rounds] = process.argv.slice(2);
const { name: table, columns } = tableOf('users');

async function main() {
  const folder = await GuardedFolder.create();
  try {
    const pipes = Array.from({ length: THREADS }, (_, i) => path.join(folder.path, `pipe-${i}`));
    execFileSync('mkfifo', pipes);
    console.log(JSON.stringify(await measure(pipes)));
  } finally {
    await folder.remove();
  }
}

/** @param {string[]} pipes */
async function measure(pipes) {
  /** @type {Record<'free' | 'held' | 'connect' | 'lookUp', number[]>} */
  const times = { free: [], held: [], connect: [], lookUp: [] };
  const { index, close } = open(host);
  await timeOf(() => index.get(1), GETS); // warms up the compilers and is not counted
  for (let round = 0; round < Number(rounds); round++) {
    times.free.push(await timeOf(() => index.get(1), GETS));
    const release = holdPool(pipes);
    try {
      times.held.push(await timeOf(() => index.get(1), GETS));
      times.connect.push(await timeOf(() => getOnce(host), CONNECTS));
      times.lookUp.push(await timeOf(() => getOnce('localhost'), CONNECTS));
    } finally {
      await release();
    }
  }
  await close();
  return times;
}

/** @param {string[]} pipes */
function holdPool(pipes) {
  const opened = pipes.map((pipe) => once(fs.createReadStream(pipe).resume(), 'close'));
  return async () => {
    for (const pipe of pipes) {
      fs.closeSync(fs.openSync(pipe, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK));
    }
    await Promise.all(opened);
  };
}

/**
 * @param {() => Promise<unknown>} call
 * @param {number} count  number of calls, one after the other
 */
async function timeOf(call, count) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** @param {string} name */
async function getOnce(name) {
  const { index, close } = open(name);
  await index.get(1);
  await close();
}

/** @param {string} name */
function open(name) {
  const client = new Client({ host: name, port: Number(port), secret, timeoutMs: PATIENCE_MS });
  const index = client.openIndex({ database: DATABASE, table, columns });
  return { index, close: () => client.close() };
}

main();
