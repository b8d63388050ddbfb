'use strict';

/*
 * Measures the cost of waiting: an idle client, one whose server hangs, and one that shares libuv's
 * pool.
 */

const { alternate, figures, pick, run } = require('./limit-programs.js');

/**
 * @typedef {import('./limits.js').Limit} Limit
 * @typedef {import('../lib/testing').TestServer} TestServer
 */

const POOL_ROUNDS = 7;

/** @type {Limit[]} */
const WAITING = [
  {
    name: 'an idle client, and a hung server',
    tables: ['users'],
    isQuick: true,
    measure: measureIdle,
  },
  {
    name: "libuv's pool held by others",
    tables: ['users'],
    isQuick: true,
    measure: measurePool,
  },
];

/**
 * @param {TestServer} server
 * @param {boolean} isQuick
 */
async function measureIdle({ port, secret, pid }, isQuick) {
  const programs = ['nothing', 'idle', 'hung'].map((what) => async () => {
    try {
      return await run('idle.js', [port, secret, pid, what]);
    } finally {
      // The program resumes the server, unless it is ended before.
      process.kill(pid, 'SIGCONT');
    }
  });
  const [nothing, idle, hung] = await alternate(isQuick ? 3 : 7, programs);
  return [
    { title: 'an idle client', runs: idle },
    { title: 'a hung server, 100 calls waiting', runs: hung },
  ].flatMap(({ title, runs }) => [
    figures(`${title}: context switches a second`, '', more('switches', runs, nothing)),
    figures(`${title}: CPU time a second`, 'ms', more('cpu', runs, nothing)),
  ]);
}

/**
 * What a program uses beyond one that does nothing.
 *
 * @param {string} figure
 * @param {Record<string, number>[]} runs
 * @param {Record<string, number>[]} nothing
 */
function more(figure, runs, nothing) {
  return pick(runs, figure).map((own, round) => own - pick(nothing, figure)[round]);
}

/** @param {TestServer} server */
async function measurePool({ host, port, secret }) {
  const { free, held, connect, lookUp } = await run('pool.js', [host, port, secret, POOL_ROUNDS]);
  const ratios = held.map((/** @type {number} */ time, /** @type {number} */ i) => time / free[i]);
  return [
    figures("libuv's pool held: get on an open connection", 'ms', held),
    figures("libuv's pool held: get on an open connection, of without", 'times', ratios),
    figures("libuv's pool held: connect and get", 'ms', connect),
    figures("libuv's pool held: look-up, connect and get", 'ms', lookUp),
  ];
}

module.exports = { WAITING };
