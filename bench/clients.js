'use strict';

/*
 * hansock's Client beside the other clients that a Node.js program may read rows of MariaDB with: single rows by primary
 * key, 5 columns, all values read. Each runs in a process of its own, and they take turns in short slices, since the speed
 * of a shared machine drifts: a ratio is taken within a round.
 *
 *   node bench/clients.js [--quick]
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const { startServer } = require('../lib/testing');
const { dependencies } = require('./package.json');
const { version } = require('../package.json');
const { installPeers } = require('./peers.js');
const { median, quantile } = require('./statistics.js');
const { ROWS, SQL } = require('./users.js');

/**
 * @typedef {import('./contender.js').Work} Work
 * @typedef {import('./contender.js').Slice} Slice
 * @typedef {ReturnType<typeof startContender>} Contender
 * @typedef {Record<string, Slice>} Round  by the contender's name
 */

const HANSOCK = 'hansock';
const CONTENDERS = [HANSOCK, 'node-handlersocket', 'mariadb', 'mysql2'];

/** @type {Work[]} */
const WORKS = [
  ...[1, 10, 100, 1000].map((callers) => ({ callers, keys: 1 })),
  ...[10, 100, 1000].map((keys) => ({ callers: 1, keys })),
];

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 5 : 15;
const SLICE_SECONDS = isQuick ? 0.2 : 0.5;

async function main() {
  installPeers();
  const server = await startServer({ sql: SQL, config: { innodb_buffer_pool_size: '64M' } });
  const contenders = CONTENDERS.map((name) => startContender(name, server));
  try {
    printHead();
    for (const work of WORKS) {
      const rounds = await compare(contenders, work);
      for (const name of CONTENDERS) console.log(tableRow(work, name, rounds));
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    await server.stop();
  }
}

/**
 * @param {string} name
 * @param {import('../lib/testing').TestServer} server
 */
function startContender(name, { host, port, writePort, secret, sqlPort }) {
  const addresses = JSON.stringify({ host, port, writePort, secret, sqlPort });
  const child = fork(path.join(__dirname, 'contender.js'), [name, addresses], {
    serialization: 'advanced',
  });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error(`${name} ended before its work was done`);
  });
  // It ends after its work too, when nobody waits.
  failure.catch(() => {});
  return {
    name,
    /** @param {Work} work */
    async measure(work) {
      child.send({ ...work, seconds: SLICE_SECONDS });
      const [slice] = await Promise.race([once(child, 'message'), failure]);
      return slice;
    },
    async stop() {
      child.kill();
      await exit;
    },
  };
}

/**
 * @param {Contender[]} contenders
 * @param {Work} work
 */
async function compare(contenders, work) {
  await measureRound(contenders, work);
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Another one goes first each time, so that none always follows the same.
    const first = round % contenders.length;
    const order = [...contenders.slice(first), ...contenders.slice(0, first)];
    rounds.push(await measureRound(order, work));
  }
  return rounds;
}

/**
 * @param {Contender[]} contenders
 * @param {Work} work
 */
async function measureRound(contenders, work) {
  /** @type {Round} */
  const round = {};
  for (const { name, measure } of contenders) round[name] = await measure(work);
  return round;
}

function printHead() {
  const versions = Object.entries({ [HANSOCK]: version, ...dependencies });
  console.log(
    `${os.cpus()[0].model}, ${os.cpus().length} cores, Node.js ${process.version}; ` +
      `${versions.map((pair) => pair.join(' ')).join(', ')}; ${ROWS.toLocaleString('en')} rows; ` +
      `${ROUNDS} rounds of ${SLICE_SECONDS} s: medians, percentiles of all calls, ` +
      "and ratios of hansock's rate to the other with quartiles\n",
  );
  console.log('| work | client | rows/s | CPU µs/row | p50 ms | p99 ms | hansock, times as fast |');
  console.log('|---|---|---:|---:|---:|---:|---|');
}

/**
 * @param {Work} work
 * @param {string} name
 * @param {Round[]} rounds
 */
function tableRow(work, name, rounds) {
  const slices = rounds.map((round) => round[name]);
  const latencies = slices.flatMap((slice) => [...slice.latencies]);
  const figures = [
    workName(work),
    work.keys > 1 && name !== HANSOCK ? `${name}, IN` : name,
    Math.round(median(slices.map(rate))).toLocaleString('en'),
    median(slices.map((slice) => slice.cpuMicroseconds / slice.rows)).toFixed(2),
    quantile(latencies, 0.5).toFixed(3),
    quantile(latencies, 0.99).toFixed(3),
    name === HANSOCK ? '' : ratio(rounds.map((round) => rate(round[HANSOCK]) / rate(round[name]))),
  ];
  return `| ${figures.join(' | ')} |`;
}

/** @param {Work} work */
function workName({ callers, keys }) {
  if (keys > 1) return `${keys.toLocaleString('en')} keys a call`;
  return callers > 1 ? `${callers.toLocaleString('en')} callers` : '1 caller';
}

/** @param {Slice} slice */
function rate({ rows, seconds }) {
  return rows / seconds;
}

/** @param {number[]} ratios */
function ratio(ratios) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  return `**${middle}** (${low} to ${high})`;
}

main();
