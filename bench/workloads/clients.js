'use strict';

/**
 * The clients, as data.
 *
 * @typedef {import('../workloads.js').Client} Client
 */

/**
 * How long a client that adapts its number of connections to the load has that load before a slice,
 * in seconds.
 */
const SETTLE_SECONDS = 1;
/**
 * For machines with spare cores. It is longer than the waits of all single-row workloads on a
 * loopback.
 */
const BUSY_POLL_MICROSECONDS = 1000;

/** @satisfies {Record<string, Client>} */
const CLIENTS = {
  wire: client('wire'),
  socket: client('socket'),
  nodeHandlersocket: client('node-handlersocket'),
  mariadb: client('mariadb'),
  mysql2: client('mysql2'),
  ioredis: client('ioredis'),
  redis: client('redis'),
  glide: client('valkey-glide'),
  ioredisHash: { label: 'ioredis, HGETALL', program: 'ioredis', way: 'hash' },
  redisHash: { label: 'redis, HGETALL', program: 'redis', way: 'hash' },
  glideHash: { label: 'valkey-glide, HGETALL', program: 'valkey-glide', way: 'hash' },
  overlapped: { label: 'hansock Batch, overlapped', program: 'hansock-batch', way: 'overlapped' },
  inTurn: { label: 'hansock Batch, in turn', program: 'hansock-batch' },
  find: { ...hansock('find'), way: 'find' },
  twoConnections: { ...hansock('getMany, 2 connections'), connections: 2 },
  mariadbBulk: { label: 'mariadb, batch()', program: 'mariadb', way: 'bulk' },
  mariadbPool: { label: 'mariadb, pool of 10', program: 'mariadb', way: 'pool', connections: 10 },
  mysql2Pool: { label: 'mysql2, pool of 10', program: 'mysql2', way: 'pool', connections: 10 },
  busyPolling: {
    ...settled(hansock('get, busy polling')),
    options: { busyPollMicroseconds: BUSY_POLL_MICROSECONDS },
  },
};

/**
 * This package's Client with its defaults, including `connections: 'auto'`.
 *
 * @param {string} method  of an Index
 * @returns {Client}
 */
function hansock(method) {
  return { label: `hansock ${method}`, program: 'hansock' };
}

/**
 * @param {Client} client  whose number of connections follows the load
 * @returns {Client}
 */
function settled(client) {
  return { ...client, settleSeconds: SETTLE_SECONDS };
}

/**
 * @param {number} connections
 * @returns {Client}
 */
function onConnections(connections) {
  const label = `hansock get, ${connections} connection${connections === 1 ? '' : 's'}`;
  return { label, program: 'hansock', connections };
}

/**
 * @param {Client['program']} program
 * @returns {Client}
 */
function client(program) {
  return { label: program, program };
}

module.exports = { CLIENTS, hansock, settled, onConnections };
