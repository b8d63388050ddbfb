'use strict';

const { CLIENTS, hansock, onConnections, settled } = require('./clients.js');
const { counted, get } = require('./loopback.js');

/**
 * Workloads over a network with a delay (../network.js).
 *
 * @typedef {import('../workloads.js').Workload} Workload
 */

const ROUND_TRIPS_MS = [0.5, 2];
const RATES = [2000, 10_000, 30_000];
/** More than the pools can do, so they would only show how calls queue up. */
const TOO_MUCH_FOR_POOLS = 30_000;

const SINGLE_CONNECTIONS = [
  settled(hansock('get')),
  ...[1, 2, 4, 8].map(onConnections),
  CLIENTS.socket,
  CLIENTS.nodeHandlersocket,
  CLIENTS.ioredis,
];
const POOLS = [CLIENTS.mariadbPool, CLIENTS.mysql2Pool];

const NETWORK = ROUND_TRIPS_MS.flatMap((roundTripMs) => [
  ...[1, 100].map((callers) => closedLoop(roundTripMs, callers)),
  ...RATES.map((rate) => openLoop(roundTripMs, rate)),
]);

/**
 * @param {number} roundTripMs
 * @param {number} callers
 * @returns {Workload}
 */
function closedLoop(roundTripMs, callers) {
  return {
    ...get(callers),
    name: `${wireOf(roundTripMs)}: get, ${counted(callers, 'caller')}`,
    section: `Single rows over a ${wireOf(roundTripMs)}`,
    situation: 'network',
    roundTripMs,
    clients: [...SINGLE_CONNECTIONS, ...POOLS],
    isQuick: false,
  };
}

/**
 * @param {number} roundTripMs
 * @param {number} rate
 * @returns {Workload}
 */
function openLoop(roundTripMs, rate) {
  return {
    ...closedLoop(roundTripMs, 100),
    name: `${wireOf(roundTripMs)}: open loop, ${rate.toLocaleString('en')} a second`,
    operation: 'openLoop',
    rate,
    slices: 3,
    clients: [...SINGLE_CONNECTIONS, ...(rate < TOO_MUCH_FOR_POOLS ? POOLS : [])],
    isQuick: roundTripMs === 0.5 && rate === 10_000,
  };
}

/** @param {number} roundTripMs */
function wireOf(roundTripMs) {
  return `${roundTripMs} ms wire`;
}

module.exports = { NETWORK };
