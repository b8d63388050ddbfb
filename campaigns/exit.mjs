/*
 * Ends processes during calls, at random moments: by process.exit() in a timer or a handler, by an
 * uncaught exception, or by SIGTERM with a handler that exits. Each must end with its own code,
 * without a signal, and print only the exception on standard error.
 *
 *   [COUNT=300] [SEED=…] [HANSOCK_WAIT=worker] node campaigns/exit.mjs
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { Random } from '../__test__/support/random.js';
import { KINDS, program } from './calls.mjs';
import { addCounts, createTables, HANSOCK, startServer } from './load.mjs';

const COUNT = Number(process.env.COUNT ?? 300);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const AT_ONCE = 3;
const STUCK_MS = 30_000;
console.log(`SEED=${SEED} COUNT=${COUNT} HANSOCK_WAIT=${process.env.HANSOCK_WAIT ?? ''}`);

/** Ways to end the process from within, with the exit code that each expects. */
const ENDS = {
  'exit in a timer': { code: 7, end: (ms) => setTimeout(() => process.exit(7), ms) },
  'exit in a handler': {
    code: 7,
    end: () => setTimeout(() => process.exit(7), 2000),
    exitsInHandler: true,
  },
  exception: {
    code: 1,
    end: (ms) =>
      setTimeout(() => {
        throw new Error('the end');
      }, ms),
  },
  'calls at exit': {
    code: 7,
    end: (ms, hansock, port) => {
      const { Batch, Connection, Executor } = require(hansock);
      process.on('exit', () => {
        const connection = new Connection(`127.0.0.1:${port}`);
        new Executor().add(connection, new Batch().write('a\n')).execute();
        new Executor()
          .add(new Connection(`127.0.0.1:${port}`), new Batch().write('a\n'))
          .executeSettled(10);
      });
      setTimeout(() => process.exit(7), ms);
    },
  },
  'in a worker thread too': {
    code: 7,
    end: (ms, _hansock, _port, text, settings) => {
      const { Worker } = require('node:worker_threads');
      const start = `(${text})(require('node:worker_threads').workerData)`;
      for (let i = 0; i < 2; i++)
        new Worker(start, { eval: true, workerData: { ...settings, exit: false } });
      setTimeout(() => process.exit(7), ms * 2);
    },
  },
  SIGTERM: {
    code: 7,
    end: (ms) => {
      process.on('SIGTERM', () => process.exit(7));
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), ms);
    },
  },
};

const server = await startServer({ config: { max_connections: 500 } });
const silent = net
  .createServer((socket) => socket.on('error', () => {}).resume())
  .listen(0, '127.0.0.1');
await once(silent, 'listening');
const counts = {};
let slowestMs = 0;
let faults = 0;
try {
  await createTables(server);
  const start = performance.now();
  let left = COUNT;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, i) => {
      const random = new Random(SEED + i);
      while (left-- > 0) await exitOne(random);
    }),
  );
  console.log({
    counts,
    slowestMs: Math.round(slowestMs),
    seconds: Math.round((performance.now() - start) / 1000),
  });
  console.log(`${COUNT} exits, ${faults} faults`);
  if (faults > 0) process.exitCode = 1;
} finally {
  await server.stop();
  silent.close();
}

async function exitOne(random) {
  const kind = random.pick(KINDS);
  const name = random.pick(Object.keys(ENDS));
  const { code, end, exitsInHandler } = ENDS[name];
  const settings = {
    hansock: HANSOCK,
    kind,
    seed: random.integer(0, 2 ** 30),
    port: server.port,
    writePort: server.writePort,
    silentPort: silent.address().port,
    secret: server.secret,
    exit: exitsInHandler === true,
  };
  const ms = random.logarithmic(120) - 1;
  const text = `(${end})(${ms}, ${JSON.stringify(HANSOCK)}, ${settings.silentPort}, ${JSON.stringify(String(program))},
    ${JSON.stringify(settings)}); (${program})(${JSON.stringify(settings)})`;
  const start = performance.now();
  const child = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'inherit', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (data) => {
    errors += data;
  });
  const timer = setTimeout(() => child.kill('SIGABRT'), STUCK_MS);
  const [exitCode, signal] = await once(child, 'close');
  clearTimeout(timer);
  slowestMs = Math.max(slowestMs, performance.now() - start);
  addCounts(counts, { [`${name}`]: 1 });
  const isQuiet = name === 'exception' ? errors.includes('Error: the end') : errors === '';
  if (exitCode === code && signal === null && isQuiet) return;
  faults++;
  console.log(
    `FAULT ${name}, ${kind}, after ${ms} ms, seed ${settings.seed}: code ${exitCode}, signal ${signal}\n${errors.slice(0, 1500)}`,
  );
}
