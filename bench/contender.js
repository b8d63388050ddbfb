'use strict';

/*
 * One contender in a process of its own, started by clients.js:
 *
 *   node contender.js <name> <addresses as JSON>
 *
 * It does a slice of work for each message, and answers with what it measured.
 */

const { ROWS } = require('./users.js');

/**
 * @typedef {object} Contender
 * @property {(id: number) => Promise<unknown>} get
 * @property {(ids: number[]) => Promise<unknown[]>} getMany
 *   In any order: only hansock gives the rows in that of the keys.
 * @property {(row: unknown) => number} read  Reads every value and gives the id.
 *
 * @typedef {{ host: string, port: number, writePort: number, secret: string, sqlPort: number }} Addresses
 * @typedef {(addresses: Addresses) => Promise<Contender>} Connect
 *
 * @typedef {object} Work
 * @property {number} callers  each of whom awaits one call after the other
 * @property {number} keys  a call: get where it is 1, else getMany
 *
 * @typedef {object} Slice
 * @property {number} rows
 * @property {number} seconds
 * @property {number} cpuMicroseconds  of the whole process, user and system
 * @property {Float64Array} latencies  of each call, in milliseconds, reading its rows included
 */

/** How many different lists of keys getMany is called with. */
const LISTS = 200;

async function main() {
  process.on('disconnect', () => process.exit());
  const [name, addresses] = process.argv.slice(2);
  /** @type {{ connect: Connect }} */
  const { connect } = require(`./contenders/${name}.js`);
  const contender = await connect(JSON.parse(addresses));

  process.on('message', async (/** @type {Work & { seconds: number }} */ { seconds, ...work }) => {
    process.send?.(await measure(callOf(contender, work), work, seconds));
  });
}

/**
 * @param {Contender} contender
 * @param {Work} work
 * @returns {() => Promise<void>}
 */
function callOf({ get, getMany, read }, { keys }) {
  if (keys === 1) {
    return async () => {
      const id = randomId();
      if (read(await get(id)) !== id) throw new Error(`another row than ${id}`);
    };
  }
  const lists = Array.from({ length: LISTS }, () => differentIds(keys));
  const sums = lists.map((ids) => ids.reduce((sum, id) => sum + id, 0));
  let next = 0;
  return async () => {
    const list = next++ % LISTS;
    let sum = 0;
    for (const row of await getMany(lists[list])) sum += read(row);
    if (sum !== sums[list]) throw new Error(`other rows than ${lists[list]}`);
  };
}

/**
 * @param {() => Promise<void>} call
 * @param {Work} work
 * @param {number} seconds
 * @returns {Promise<Slice>}
 */
async function measure(call, { callers, keys }, seconds) {
  /** @type {number[]} */
  const latencies = [];
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(Array.from({ length: callers }, () => callInTurn(call, latencies, end)));
  const elapsed = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    rows: latencies.length * keys,
    seconds: elapsed / 1000,
    cpuMicroseconds: cpu.user + cpu.system,
    latencies: Float64Array.from(latencies),
  };
}

/**
 * @param {() => Promise<void>} call
 * @param {number[]} latencies  to add to
 * @param {number} end  as performance.now() gives it
 */
async function callInTurn(call, latencies, end) {
  let now = performance.now();
  while (now < end) {
    const start = now;
    await call();
    now = performance.now();
    latencies.push(now - start);
  }
}

/** @param {number} count */
function differentIds(count) {
  /** @type {Set<number>} */
  const ids = new Set();
  while (ids.size < count) ids.add(randomId());
  return [...ids];
}

function randomId() {
  return 1 + Math.floor(Math.random() * ROWS);
}

if (require.main === module) main();
