'use strict';

const { CLIENTS, hansock, onConnections, settled } = require('./clients.js');

/**
 * Workloads on an otherwise idle machine, with the servers on its loopback.
 *
 * @typedef {import('../workloads.js').Workload} Workload
 * @typedef {import('../workloads.js').Client} Client
 */

const { wire, socket, nodeHandlersocket, mariadb, mysql2, overlapped, inTurn } = CLIENTS;
const { ioredis, redis, glide, ioredisHash, redisHash, glideHash } = CLIENTS;
const SQL_PEERS = [mariadb, mysql2];
const PEERS = [nodeHandlersocket, ...SQL_PEERS];
const REDIS_PEERS = [ioredis, redis, glide];

const SINGLE = 'Single rows, each awaited';
const PACED = 'A call now and then';
const MANY = 'Many rows a call';
const BATCHES = 'Batch and Executor, single rows';
const SHAPES = 'Longer and shorter rows, a range, and text that is not ASCII';
const VALUES = 'Short and long values, one a call';
const WRITES = 'Writes';
const OPEN_LOOP = 'Open loop';

/** @type {Workload[]} */
const LOOPBACK = [
  ...[1, 10, 100, 1000].map(getBesideRedis),
  paced(),
  ...[1, 4].flatMap((connections) => [10, 100, 1000].map((rows) => getMany(rows, connections))),
  ...[1, 4].flatMap((connections) => [1, 10, 100, 1000].map((rows) => batches(rows, connections))),
  scan(),
  shape('rows of 1 column', 'narrow'),
  shape('rows of 30 columns', 'wide'),
  shape('text that is not ASCII', 'foreign_text'),
  ...[
    { size: 10, sizeName: '10 bytes' },
    { size: 1024, sizeName: '1 KiB' },
    { size: 1024 * 1024, sizeName: '1 MiB' },
  ].flatMap(({ size, sizeName }) => [
    value(`value of ${sizeName}, text`, `text_${size}`, PEERS),
    value(`value of ${sizeName}, Buffer`, `bytes_${size}`, SQL_PEERS),
  ]),
  ...[100, 1000].map(insert),
  ...[1, 100].map(update),
  openLoop(),
];

/**
 * @param {number} callers
 * @returns {Workload}
 */
function get(callers) {
  return {
    name: `get, ${counted(callers, 'caller')}`,
    section: SINGLE,
    situation: 'loopback',
    operation: 'get',
    table: 'users',
    callers,
    rows: 1,
    connections: 1,
    clients: [settled(hansock('get')), ...PEERS, wire],
    isQuick: callers === 1 || callers === 100,
  };
}

/**
 * @param {number} callers
 * @returns {Workload}
 */
function getBesideRedis(callers) {
  return {
    ...get(callers),
    clients: [
      settled(hansock('get')),
      onConnections(1),
      CLIENTS.busyPolling,
      socket,
      ...[ioredis, ioredisHash, redis, redisHash, glide, glideHash],
      ...PEERS,
      wire,
    ],
  };
}

/** @returns {Workload} */
function paced() {
  return {
    ...get(1),
    name: 'get, a call every 2 ms',
    section: PACED,
    pauseMs: 2,
    slices: 2,
    clients: [hansock('get'), socket, nodeHandlersocket, ioredis],
    isQuick: true,
  };
}

/**
 * @param {number} rows
 * @param {number} connections
 * @returns {Workload}
 */
function getMany(rows, connections) {
  const hasTwo = connections === 1 && rows >= 100;
  return {
    name: `getMany, ${counted(rows, 'key')}${on(connections)}`,
    section: MANY,
    situation: 'loopback',
    operation: 'getMany',
    table: 'users',
    callers: connections,
    rows,
    connections,
    clients: [
      hansock('getMany'),
      ...(hasTwo ? [CLIENTS.twoConnections] : []),
      ...(connections === 1 ? REDIS_PEERS : []),
      ...PEERS,
      wire,
    ],
    isQuick: connections === 1 && rows === 100,
  };
}

/**
 * @param {number} rows
 * @param {number} connections
 * @returns {Workload}
 */
function batches(rows, connections) {
  return {
    ...get(rows),
    name: `batch of ${rows.toLocaleString('en')}${on(connections)}`,
    section: BATCHES,
    connections,
    clients: [overlapped, inTurn, wire],
    isQuick: connections === 1 && rows === 100,
  };
}

/** @returns {Workload} */
function scan() {
  return {
    name: 'scan of 10,000 rows',
    section: SHAPES,
    situation: 'loopback',
    operation: 'scan',
    table: 'users',
    callers: 1,
    rows: 10_000,
    connections: 1,
    clients: [hansock('scan'), CLIENTS.find, { ...inTurn, label: 'hansock Batch' }, ...PEERS, wire],
    isQuick: true,
  };
}

/**
 * @param {string} name
 * @param {string} table
 * @returns {Workload}
 */
function shape(name, table) {
  const clients = [hansock('getMany'), ...PEERS, wire];
  return { ...getMany(100, 1), name, section: SHAPES, table, clients, isQuick: false };
}

/**
 * @param {string} name
 * @param {string} table
 * @param {Client[]} peers
 * @returns {Workload}
 */
function value(name, table, peers) {
  return {
    ...get(1),
    name,
    section: VALUES,
    table,
    clients: [hansock('get'), ...peers, wire],
    isQuick: table === 'bytes_1048576',
  };
}

/**
 * @param {number} rows
 * @returns {Workload}
 */
function insert(rows) {
  return {
    name: `insert, ${counted(rows, 'row')} a call`,
    section: WRITES,
    situation: 'loopback',
    operation: 'insert',
    table: 'inserted',
    callers: 1,
    rows,
    connections: 1,
    clients: [hansock('insertMany'), nodeHandlersocket, mariadb, CLIENTS.mariadbBulk, mysql2, wire],
    isQuick: rows === 100,
  };
}

/**
 * @param {number} callers
 * @returns {Workload}
 */
function update(callers) {
  return {
    name: `update, ${counted(callers, 'caller')}`,
    section: WRITES,
    situation: 'loopback',
    operation: 'update',
    table: 'few_users',
    callers,
    rows: 1,
    connections: 1,
    clients: [hansock('update'), ...PEERS, wire],
    isQuick: false,
  };
}

/** @returns {Workload} */
function openLoop() {
  return {
    ...get(100),
    name: 'open loop, half of the peak',
    section: OPEN_LOOP,
    operation: 'openLoop',
    clients: [settled(hansock('get')), ...PEERS],
    isQuick: true,
  };
}

/**
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {number} connections */
function on(connections) {
  return connections > 1 ? `, ${connections} connections` : '';
}

module.exports = { LOOPBACK, get, counted };
