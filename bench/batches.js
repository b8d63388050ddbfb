'use strict';

/*
 * Single-row finds by primary key, 5 columns, beside what a plain socket client gets that sends ready-made bytes and only
 * counts line ends (wire.rs): the limit of the wire. The two run in turn, in short slices, and each slice of one is
 * compared with the slice of the other next to it, since the speed of a shared machine drifts.
 *
 *   node bench/batches.js [--quick]
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Batch, Connection, Executor } = require('..');
const { startServer } = require('../lib/testing');

const ROWS = 50_000;
const COLUMNS = ['id', 'name', 'mail', 'city', 'created'];
const TABLE = `CREATE TABLE bench.users (id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(60),
  city VARCHAR(40), created DATETIME)`;
const BATCH_SIZES = [1, 10, 100, 1000];
const CONNECTIONS = [1, 4];
/** How many different batches there are of each size. */
const BATCHES = 200;
const LOAD_BATCH = 5000;

/** @typedef {{ connection: Connection, batches: Batch[], next: number }} Lane */

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 5 : 15;
const SLICE_SECONDS = isQuick ? 0.2 : 0.5;

const repository = path.join(__dirname, '..');
const wire = path.join(repository, 'target', 'release', 'examples', 'wire');
const target = { database: 'bench', table: 'users', columns: COLUMNS };
const openIndex = new Batch().openIndex(1, target);

async function main() {
  execFileSync('cargo', ['build', '--release', '--quiet', '--example', 'wire'], {
    cwd: repository,
    stdio: 'inherit',
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-bench-'));
  const server = await startServer({ sql: ['CREATE DATABASE bench', TABLE] });
  try {
    await load(server);
    console.log(
      `${os.cpus()[0].model}, ${os.cpus().length} cores, Node.js ${process.version}; ` +
        `${ROUNDS} rounds of ${SLICE_SECONDS} s; rows a second, medians; ratios with their quartiles\n`,
    );
    console.log('| batch | connections | wire | overlapped | of wire | in turn | of wire |');
    console.log('|---:|---:|---:|---:|---|---:|---|');
    for (const connections of CONNECTIONS) {
      for (const size of BATCH_SIZES) {
        console.log(await compare(server, folder, size, connections));
      }
    }
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  }
}

/** @param {import('../lib/testing').TestServer} server */
async function load(server) {
  const connection = new Connection({
    port: server.writePort,
    secret: server.writeSecret,
    handshake: openIndex,
  });
  for (let first = 1; first <= ROWS; first += LOAD_BATCH) {
    const batch = new Batch();
    for (let id = first; id < first + LOAD_BATCH; id++) {
      const created = '2024-02-29 01:02:03';
      batch.insert(1, [id, `name ${id}`, `user${id}@example.com`, `city ${id % 997}`, created]);
    }
    const [replies] = await new Executor().add(connection, batch).execute(60_000);
    const refused = replies.find((reply) => !reply.ok);
    if (refused) throw refused.error;
  }
  connection.close();
}

/**
 * @param {import('../lib/testing').TestServer} server
 * @param {string} folder
 * @param {number} size  finds a batch
 * @param {number} connections
 */
async function compare(server, folder, size, connections) {
  const batches = Array.from({ length: BATCHES }, () => Array.from({ length: size }, randomId));
  const file = path.join(folder, `batches-${size}`);
  fs.writeFileSync(file, batches.map(asCommands).join('\n'));
  const runWire = () => {
    const command = `P\t1\tbench\tusers\tPRIMARY\t${COLUMNS.join(',')}`;
    const given = [server.port, server.secret, command, file, connections, SLICE_SECONDS];
    return Number(execFileSync(wire, given.map(String), { encoding: 'utf8' }));
  };
  const lanes = Array.from({ length: connections }, (_, n) => ({
    connection: new Connection({ port: server.port, secret: server.secret, handshake: openIndex }),
    /** One is under way while the other is read and written. */
    batches: [new Batch(), new Batch()],
    next: n * 7,
  }));

  await findInTurn(lanes, batches, SLICE_SECONDS);
  const slices = [];
  for (let round = 0; round < ROUNDS; round++) {
    slices.push({
      wire: runWire(),
      overlapped: await findOverlapped(lanes, batches, SLICE_SECONDS),
      inTurn: await findInTurn(lanes, batches, SLICE_SECONDS),
    });
  }
  for (const { connection } of lanes) connection.close();

  const ratios = slices.map((slice) => slice.overlapped / slice.wire);
  const ratiosInTurn = slices.map((slice) => slice.inTurn / slice.wire);
  const figures = [
    size,
    connections,
    rate(slices.map((slice) => slice.wire)),
    rate(slices.map((slice) => slice.overlapped)),
    ratio(ratios),
    rate(slices.map((slice) => slice.inTurn)),
    ratio(ratiosInTurn),
  ];
  return `| ${figures.join(' | ')} |`;
}

/**
 * Rows a second of a program that awaits a batch, reads its rows, writes the next one, and so on: the connection is idle
 * while the program works.
 * @param {Lane[]} lanes
 * @param {number[][]} batches
 * @param {number} seconds
 */
async function findInTurn(lanes, batches, seconds) {
  const start = performance.now();
  let rows = 0;
  while (performance.now() - start < seconds * 1000) {
    rows += readAll(await prepare(lanes, 0, batches).execute());
  }
  return rows / ((performance.now() - start) / 1000);
}

/**
 * The same of a program that reads the last batch and writes the next one while one is under way.
 * @param {Lane[]} lanes
 * @param {number[][]} batches
 * @param {number} seconds
 */
async function findOverlapped(lanes, batches, seconds) {
  const start = performance.now();
  let rows = 0;
  let side = 0;
  let underWay = prepare(lanes, side, batches).execute();
  while (performance.now() - start < seconds * 1000) {
    side = 1 - side;
    const next = prepare(lanes, side, batches);
    const replies = await underWay;
    underWay = next.execute();
    rows += readAll(replies);
  }
  rows += readAll(await underWay);
  return rows / ((performance.now() - start) / 1000);
}

/**
 * Writes each lane's next batch and puts it into an executor.
 * @param {Lane[]} lanes
 * @param {number} side
 * @param {number[][]} batches
 */
function prepare(lanes, side, batches) {
  const executor = new Executor();
  for (const lane of lanes) {
    const batch = lane.batches[side].clear();
    for (const id of batches[lane.next++ % batches.length]) batch.find(1, '=', [id]);
    executor.add(lane.connection, batch);
  }
  return executor;
}

/** @param {(readonly import('..').Reply[])[]} batches */
function readAll(batches) {
  let rows = 0;
  for (const replies of batches) {
    for (const reply of replies) {
      if (read(reply) !== COLUMNS.length) throw new Error('a row is not what was loaded');
      rows++;
    }
  }
  return rows;
}

/** @param {import('..').Reply} reply */
function read(reply) {
  let read = 0;
  for (const value of reply.values) if (value !== null && value.length > 0) read++;
  return read;
}

function randomId() {
  return 1 + Math.floor(Math.random() * ROWS);
}

/** @param {number[]} ids */
function asCommands(ids) {
  return ids.map((id) => `1\t=\t1\t${id}\n`).join('');
}

/** @param {number[]} rates */
function rate(rates) {
  return Math.round(quantile(rates, 0.5)).toLocaleString('en');
}

/** @param {number[]} ratios */
function ratio(ratios) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  return `**${median}** (${low} to ${high})`;
}

/**
 * @param {number[]} figures
 * @param {number} share  0.5 is the median
 */
function quantile(figures, share) {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)];
}

main();
