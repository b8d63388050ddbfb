'use strict';

const { limitOf, medianOf, ratiosOf, roundsOf } = require('./results.js');

/**
 * The goals of the package, measured side by side in one run on a machine of 2 cores with the
 * servers, with default options unless a goal says otherwise. If goals conflict, the first one
 * wins: a busy machine and a real network, then CPU time and utilisation, then the rate on an idle
 * loopback.
 *
 * @typedef {import('./results.js').Results} Results
 * @typedef {import('./results.js').FigureName} FigureName
 *
 * @typedef {object} Goal
 * @property {string} workload
 * @property {string} what
 * @property {{ atLeast: number } | { atMost: number }} goal
 * @property {import('./limits.js').LimitFigures['unit']} unit
 * @property {(results: Results) => number[]} figure  one for each round; empty if it was not
 *   measured
 */

const MIB = 1024 * 1024;
/** The noise: two programs that do nothing differ by less. */
const NO_CPU_MS = 0.2;
const OVERLAPPED = 'hansock Batch, overlapped';
const GET = 'hansock get';
const BUSY_POLLING = 'hansock get, busy polling';
const FIXED = [1, 2, 4, 8].map((n) => `hansock get, ${n} connection${n === 1 ? '' : 's'}`);
const GET_MANY = 'hansock getMany';
const TWO_CONNECTIONS = 'hansock getMany, 2 connections';
const NODE_HANDLERSOCKET = 'node-handlersocket';
const POOLS = ['mariadb, pool of 10', 'mysql2, pool of 10'];
const PACED = 'get, a call every 2 ms';

/** @type {Record<FigureName, string>} */
const FIGURE_NAMES = {
  rate: 'rate',
  cpu: 'CPU time a row',
  p50: 'median latency',
  p99: '99% latency',
  utilisation: 'event loop utilisation',
};

/** @type {Goal[]} */
const GOALS = [
  ...busyMachine(),
  ...['0.5 ms wire', '2 ms wire'].flatMap(wire),
  ...cost(),
  ...rates(),
];

/** @returns {Goal[]} */
function busyMachine() {
  const [one, ten, hundred, thousand] = [
    '1 caller',
    '10 callers',
    '100 callers',
    '1,000 callers',
  ].map((callers) => `busy machine: get, ${callers}`);
  return [
    atLeast(0.9, one, GET, 'socket'),
    atMost(1.3, one, GET, 'socket', 'cpu'),
    atLeast(2.5, ten, GET, NODE_HANDLERSOCKET),
    atLeast(2.2, hundred, GET, NODE_HANDLERSOCKET),
    atLeast(1.8, hundred, GET, 'ioredis'),
    atLeast(3, thousand, GET, NODE_HANDLERSOCKET),
    atLeast(2.5, thousand, GET, 'ioredis'),
  ];
}

/**
 * @param {string} network
 * @returns {Goal[]}
 */
function wire(network) {
  const one = `${network}: get, 1 caller`;
  const hundred = `${network}: get, 100 callers`;
  const open = ['2,000', '10,000', '30,000'].map(
    (rate) => `${network}: open loop, ${rate} a second`,
  );
  return [
    atMost(1.05, one, GET, 'socket', 'p50'),
    atLeastOfBest(0.95, hundred, GET, FIXED),
    atLeast(1.5, hundred, GET, 'ioredis'),
    ...open.flatMap((workload, i) => [
      atMostOfBest(1.05, workload, GET, FIXED, 'p50'),
      atMostOfBest(1.15, workload, GET, FIXED, 'p99'),
      // The pools are saturated at the highest rate.
      ...['ioredis', ...(i < 2 ? POOLS : [])].map((peer) => atMost(1, workload, GET, peer, 'p50')),
    ]),
  ];
}

/** @returns {Goal[]} */
function cost() {
  return [
    atMost(1, 'get, 1 caller', GET, NODE_HANDLERSOCKET, 'cpu'),
    atMostItself(0.7, 'get, 1 caller', GET, 'utilisation'),
    atMost(0.6, 'get, 10 callers', GET, NODE_HANDLERSOCKET, 'cpu'),
    atMostItself(1.4, 'get, 100 callers', GET, 'cpu'),
    atMostItself(0.6, 'get, 100 callers', GET, 'utilisation'),
    atMost(1, 'getMany, 100 keys', GET_MANY, 'mysql2', 'cpu'),
    atMost(1, 'getMany, 1,000 keys', GET_MANY, 'mysql2', 'cpu'),
    atMost(1.3, PACED, GET, 'socket', 'cpu'),
    atMost(1.3, PACED, GET, 'socket', 'utilisation'),
    limit('an idle client: context switches a second', 0, ''),
    limit('an idle client: CPU time a second', NO_CPU_MS, 'ms'),
    // One is for the timer of the deadline.
    limit('a hung server, 100 calls waiting: context switches a second', 1, ''),
    limit('a hung server, 100 calls waiting: CPU time a second', NO_CPU_MS, 'ms'),
    limit("libuv's pool held: get on an open connection, of without", 1.1, 'times'),
    limit("libuv's pool held: connect and get", 60, 'ms'),
    limit("libuv's pool held: look-up, connect and get", 60, 'ms'),
    atMostItself(0.6, 'batch of 100', OVERLAPPED, 'cpu'),
    limit('copies of a value at once, as Buffer', 3, 'times'),
    limit('2,000 connections: one execute, of 20 of 100', 1.3, 'times'),
    limit('1,000,000 finds in one batch: time, of batches of 1,000', 1.2, 'times'),
    limit('1,000,000 finds in one batch: peak memory, of bytes received', 3, 'times'),
    limit('one field kept of 64 MiB: held after a Batch', MIB, 'bytes'),
    limit('one field kept of 64 MiB: held after Client.find', MIB, 'bytes'),
    limit('a schema: CPU time more, a get', 0.3, 'µs'),
    limit('a schema: CPU time more, a row inserted', 1, 'µs'),
    limit("require('hansock'): time over an empty script", 10, 'ms'),
    limit("require('hansock'): memory over an empty script", 6 * MIB, 'bytes'),
  ];
}

/** @returns {Goal[]} */
function rates() {
  return [
    ...singleRows(GET, { node: [1.3, 0.95, 1.75, 2.7], redis: [1.5, 2, 2, 2.8] }),
    ...singleRows(BUSY_POLLING, { node: [1.5, 1, 2.2, 2.9], redis: [2, 2.2, 2.5, 3.2] }),
    atLeast(1.4, 'getMany, 100 keys', GET_MANY, 'mysql2'),
    atLeast(1.2, 'getMany, 1,000 keys', GET_MANY, 'mysql2'),
    atLeast(1.5, 'getMany, 100 keys', GET_MANY, 'ioredis'),
    atLeast(1.4, 'getMany, 1,000 keys', GET_MANY, 'ioredis'),
    atLeast(1.5, 'getMany, 100 keys', TWO_CONNECTIONS, 'mysql2'),
    atLeast(1.5, 'getMany, 1,000 keys', TWO_CONNECTIONS, 'mysql2'),
    atLeast(0.95, 'batch of 100', OVERLAPPED, 'wire'),
    atLeast(0.95, 'batch of 1,000', OVERLAPPED, 'wire'),
    atLeast(2, 'scan of 10,000 rows', 'hansock scan', NODE_HANDLERSOCKET),
    atLeast(1.5, 'scan of 10,000 rows', 'hansock scan', 'mysql2'),
    atLeast(0.8, 'value of 1 MiB, Buffer', GET, 'wire'),
  ];
}

/**
 * Rates with 1 to 1,000 callers.
 *
 * @param {string} label
 * @param {{ node: number[], redis: number[] }} times
 */
function singleRows(label, { node, redis }) {
  const workloads = ['1 caller', '10 callers', '100 callers', '1,000 callers'];
  return workloads.flatMap((callers, i) => [
    atLeast(node[i], `get, ${callers}`, label, NODE_HANDLERSOCKET),
    atLeast(redis[i], `get, ${callers}`, label, 'ioredis'),
  ]);
}

/**
 * @param {number} times
 * @param {string} workload
 * @param {string} label
 * @param {string} other
 * @returns {Goal}
 */
function atLeast(times, workload, label, other) {
  return {
    workload,
    what: `${label}: rate, of ${other}`,
    goal: { atLeast: times },
    unit: 'times',
    figure: (results) => ratiosOf(results, workload, label, other),
  };
}

/**
 * @param {number} times
 * @param {string} workload
 * @param {string} label
 * @param {string} other
 * @param {FigureName} figure
 * @returns {Goal}
 */
function atMost(times, workload, label, other, figure) {
  return {
    workload,
    what: `${label}: ${FIGURE_NAMES[figure]}, of ${other}`,
    goal: { atMost: times },
    unit: 'times',
    figure: (results) => ratiosOf(results, workload, label, other, figure),
  };
}

/**
 * @param {number} times
 * @param {string} workload
 * @param {string} label
 * @param {string[]} others
 * @returns {Goal}
 */
function atLeastOfBest(times, workload, label, others) {
  return {
    workload,
    what: `${label}: rate, of the best of 1, 2, 4, 8 connections`,
    goal: { atLeast: times },
    unit: 'times',
    figure: (results) => {
      const best = bestOf(results, workload, others, 'rate', Math.max);
      return ratiosOf(results, workload, label, best);
    },
  };
}

/**
 * @param {number} times
 * @param {string} workload
 * @param {string} label
 * @param {string[]} others
 * @param {FigureName} figure
 * @returns {Goal}
 */
function atMostOfBest(times, workload, label, others, figure) {
  return {
    workload,
    what: `${label}: ${FIGURE_NAMES[figure]}, of the best of 1, 2, 4, 8 connections`,
    goal: { atMost: times },
    unit: 'times',
    figure: (results) => {
      const best = bestOf(results, workload, others, figure, Math.min);
      return ratiosOf(results, workload, label, best, figure);
    },
  };
}

/**
 * The client with the best median. The best of each round would be the luckiest, not the best.
 *
 * @param {Results} results
 * @param {string} workload
 * @param {string[]} labels
 * @param {FigureName} figure
 * @param {(...medians: number[]) => number} choose
 */
function bestOf(results, workload, labels, figure, choose) {
  const measured = labels.filter((label) => roundsOf(results, workload, label, figure).length > 0);
  const medians = measured.map((label) => medianOf(results, workload, label, figure));
  return measured[medians.indexOf(choose(...medians))] ?? labels[0];
}

/**
 * An absolute figure.
 *
 * @param {number} most
 * @param {string} workload
 * @param {string} label
 * @param {'cpu' | 'utilisation'} figure
 * @returns {Goal}
 */
function atMostItself(most, workload, label, figure) {
  return {
    workload,
    what: `${label}: ${FIGURE_NAMES[figure]}`,
    goal: { atMost: most },
    unit: figure === 'cpu' ? 'µs' : 'times',
    figure: (results) => roundsOf(results, workload, label, figure),
  };
}

/**
 * @param {string} name
 * @param {number} most
 * @param {Goal['unit']} unit
 * @returns {Goal}
 */
function limit(name, most, unit) {
  return {
    workload: '',
    what: name,
    goal: { atMost: most },
    unit,
    figure: (results) => limitOf(results, name),
  };
}

module.exports = { GOALS, FIGURE_NAMES };
