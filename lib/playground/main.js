#!/usr/bin/env node
'use strict';

/*
 * `npx --yes -p hansock hansock-playground [mjs | cjs | ts]`: a throwaway MariaDB with a table and rows.
 * Prints a program that reads them, and runs until Ctrl-C.
 */

const { startServer } = require('../testing/index.js');
const { keepingProcessAlive } = require('../testing/keep-alive.js');
const { KINDS, SQL, programOf } = require('./program.js');

const PARENT_POLL_MS = 200;

const USAGE = `Usage: hansock-playground [${KINDS.join(' | ')}]

Starts a throwaway MariaDB with HandlerSocket, a table and rows, and prints a program that reads
them: an ES module (mjs, by default), CommonJS (cjs) or TypeScript (ts). Ctrl-C ends it, and nothing
is left behind. MariaDB has to be installed.
`;

/** @type {Record<import('./program.js').Kind, string>} */
const HOW_TO_RUN = {
  mjs: 'node first.mjs',
  cjs: 'node first.cjs',
  ts: 'npm pkg set type=module && node first.ts    (Node.js before 22.18: npx --yes tsx first.ts)',
};

async function main() {
  const [given = KINDS[0], ...others] = process.argv.slice(2);
  const kind = KINDS.find((known) => known === given);
  if (given === '--help' || given === '-h') {
    process.stdout.write(USAGE);
  } else if (kind === undefined || others.length > 0) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  } else {
    await keepingProcessAlive(() => play(kind));
  }
}

/** @param {import('./program.js').Kind} kind */
async function play(kind) {
  const interrupted = interruption();
  const server = await startServer({ sql: SQL });
  process.stdout.write(introduction(kind, server));
  await interrupted;
  await server.stop();
}

/** Resolves at the first signal to end. The second one ends the process at once. */
function interruption() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    if (process.env.npm_lifecycle_event === 'npx') watchParent(resolve);
  });
}

/**
 * A signal that only npx gets ends the shell between npx and this process, which passes none on.
 *
 * @param {(value?: unknown) => void} onEnd
 */
function watchParent(onEnd) {
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    onEnd();
  }, PARENT_POLL_MS);
  poll.unref();
}

/**
 * @param {import('./program.js').Kind} kind
 * @param {import('../testing/index.d.ts').TestServer} server
 */
function introduction(kind, { host, port, writePort, sqlPort, secret, socketPath }) {
  return `A throwaway MariaDB with HandlerSocket is running, with the table shop.users.
SQL: mariadb --user=root --socket=${socketPath} shop
     port ${sqlPort}, user shop, password sesame

In a folder of yours run

  npm install hansock

save the lines below as first.${kind}, and run

  ${HOW_TO_RUN[kind]}

${programOf(kind, { host, port, writePort, secret })}
Ctrl-C ends the server, and nothing is left behind.
`;
}

main().catch((/** @type {Error} */ { message }) => {
  console.error(message);
  process.exitCode = 1;
});
