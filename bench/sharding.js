'use strict';

/*
 * ShardedClient: getMany of 1,000 random keys over 1, 2 and 3 servers, and what routing costs a get
 * on the JavaScript thread, beside a Client. All run in this process and take turns in short
 * slices, since the speed of a shared machine drifts: ratios and differences are taken within a
 * round.
 *
 *   node bench/sharding.js [--quick]
 */

const fs = require('node:fs');
const { Client, ShardedClient } = require('..');
const { startServer } = require('../lib/testing');
const { formatRatios } = require('./formats.js');
const { inTurn, median, quantile } = require('./statistics.js');
const { DATABASE, tableOf, sqlOf } = require('./tables.js');

const SERVERS = [1, 2, 3];
const KEYS_A_CALL = 1000;
/**
 * How many gets are in flight while their cost is measured: in large batches the network's share of
 * each is small.
 */
const CALLERS = 1000;
/** How many different lists of keys there are. */
const LISTS = 100;

const isQuick = process.argv.includes('--quick');
const GET_MANY = isQuick ? { rounds: 5, seconds: 0.2 } : { rounds: 15, seconds: 0.5 };
const GET = isQuick ? { rounds: 13, seconds: 0.15 } : { rounds: 45, seconds: 0.3 };
/** Rounds that warm up the compiler and are not counted. */
const WARM_UP_ROUNDS = 4;

const { name: table, columns, rows: ROWS, readObject } = tableOf('few_users');
const PLACE = { database: DATABASE, table, columns };

/**
 * @typedef {object} MeasuredClient
 * @property {string} name
 * @property {(ids: number[]) => Promise<(object | null)[]>} read  in the order of the keys
 * @property {() => Promise<void>} close
 *
 * @typedef {{ rows: number, seconds: number, threadMicroseconds: number, latencies: number[] }}
 *   Slice
 * @typedef {Slice[]} Round  of each client
 */

async function main() {
  const most = Math.max(...SERVERS);
  // Each server has all rows, so that each key finds its row on any server.
  const servers = await Promise.all(
    Array.from({ length: most }, () => {
      return startServer({ sql: sqlOf([table]), config: { innodb_buffer_pool_size: '32M' } });
    }),
  );
  try {
    console.log(
      '## Several servers as one\n\n' +
        `${ROWS.toLocaleString('en')} rows on each server; medians, with quartiles.\n`,
    );
    await compareGetMany(servers);
    await compareGet(servers[0]);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** @param {import('../lib/testing').TestServer[]} servers */
async function compareGetMany(servers) {
  const clients = SERVERS.map((count) => {
    const { index, close } = openSharded(servers.slice(0, count));
    return { name: String(count), read: index.getMany.bind(index), close };
  });
  const rounds = await compare(clients, GET_MANY);
  const keys = KEYS_A_CALL.toLocaleString('en');
  console.log(
    `getMany of ${keys} keys, one call after the other; ${GET_MANY.rounds} rounds of ${GET_MANY.seconds} s:\n`,
  );
  console.log(
    '| servers | rows/s | JavaScript thread, CPU µs/row | p50 ms | p99 ms | of one server |',
  );
  console.log('|---:|---:|---:|---:|---:|---|');
  for (const [i, { name }] of clients.entries()) {
    const slices = rounds.map((round) => round[i]);
    const latencies = slices.flatMap((slice) => slice.latencies);
    const figures = [
      name,
      Math.round(median(slices.map(rate))).toLocaleString('en'),
      median(slices.map(cost)).toFixed(2),
      quantile(latencies, 0.5).toFixed(2),
      quantile(latencies, 0.99).toFixed(2),
      formatRatios(rounds.map((round) => rate(round[i]) / rate(round[0]))),
    ];
    console.log(`| ${figures.join(' | ')} |`);
  }
}

/** @param {import('../lib/testing').TestServer} server */
async function compareGet(server) {
  const plain = openPlain(server);
  // It routes by the ring, but all keys belong to this server, as with the Client.
  const sharded = openSharded([server, { ...server, host: 'nowhere.invalid', weight: 0 }]);
  // The third client equals the first. The difference of the two is the error of the measurement.
  const again = openPlain(server);
  const clients = [
    { name: 'Client', ...plain },
    { name: 'ShardedClient', ...sharded },
    { name: 'Client again', ...again },
  ].map(({ name, index, close }) => {
    return {
      name,
      read: (/** @type {number[]} */ ids) => Promise.all(ids.map((id) => index.get(id))),
      close,
    };
  });
  const rounds = await compare(clients, GET);
  const callers = CALLERS.toLocaleString('en');
  console.log(
    `\nget, ${callers} at a time: CPU time of the JavaScript thread; ${GET.rounds} rounds of ${GET.seconds} s:\n`,
  );
  console.log('| client | µs/get | more than Client, µs/get | times as much |');
  console.log('|---|---:|---|---|');
  for (const [i, { name }] of clients.entries()) {
    const figures = [
      name,
      median(rounds.map((round) => cost(round[i]))).toFixed(2),
      i === 0 ? '' : formatRatios(rounds.map((round) => cost(round[i]) - cost(round[0]))),
      i === 0 ? '' : formatRatios(rounds.map((round) => cost(round[i]) / cost(round[0]))),
    ];
    console.log(`| ${figures.join(' | ')} |`);
  }
}

/** @param {import('../lib/testing').TestServer} server */
function openPlain({ host, port, writePort, secret }) {
  const client = new Client({ host, port, writePort, secret });
  return { index: client.openIndex(PLACE), close: () => client.close() };
}

/**
 * @param {(Pick<import('../lib/testing').TestServer, 'host' | 'port' | 'writePort' | 'secret'> & { weight?: number })[]}
 *   servers
 */
function openSharded(servers) {
  const cluster = new ShardedClient({
    servers: servers.map(({ host, port, writePort, secret, weight }) => {
      return { host, port, writePort, secret, weight };
    }),
  });
  const index = cluster.openIndex({ ...PLACE, shardBy: ['id'] });
  return { index, close: () => cluster.close() };
}

/**
 * @param {MeasuredClient[]} clients
 * @param {{ rounds: number, seconds: number }} effort
 */
async function compare(clients, { rounds: count, seconds }) {
  const lists = Array.from({ length: LISTS }, () => randomIds(KEYS_A_CALL));
  /** @type {Round[]} */
  const rounds = [];
  for (let round = -WARM_UP_ROUNDS; round < count; round++) {
    /** @type {Round} */
    const slices = [];
    for (const i of inTurn([...clients.keys()], round + WARM_UP_ROUNDS)) {
      slices[i] = await measure(clients[i], lists, seconds);
    }
    if (round >= 0) rounds.push(slices);
  }
  await Promise.all(clients.map((client) => client.close()));
  return rounds;
}

/**
 * @param {MeasuredClient} client
 * @param {number[][]} lists
 * @param {number} seconds
 * @returns {Promise<Slice>}
 */
async function measure({ name, read }, lists, seconds) {
  /** @type {number[]} */
  const latencies = [];
  const cpuBefore = threadMicroseconds();
  const start = performance.now();
  let now = start;
  while (now < start + 1000 * seconds) {
    const ids = lists[latencies.length % lists.length];
    const rows = await read(ids);
    for (const [i, row] of rows.entries()) {
      if (readObject(row) !== ids[i]) throw new Error(`${name}: another row than ${ids[i]}`);
    }
    const end = performance.now();
    latencies.push(end - now);
    now = end;
  }
  return {
    rows: latencies.length * KEYS_A_CALL,
    seconds: (now - start) / 1000,
    threadMicroseconds: threadMicroseconds() - cpuBefore,
    latencies,
  };
}

/**
 * The CPU time of this thread without the workers. Linux provides it; Node.js 20 does not.
 */
function threadMicroseconds() {
  const [nanoseconds] = fs.readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ');
  return Number(nanoseconds) / 1000;
}

/** @param {number} length */
function randomIds(length) {
  return Array.from({ length }, () => 1 + Math.floor(Math.random() * ROWS));
}

/** @param {Slice} slice */
function rate({ rows, seconds }) {
  return rows / seconds;
}

/** @param {Slice} slice */
function cost({ rows, threadMicroseconds }) {
  return threadMicroseconds / rows;
}

main();
