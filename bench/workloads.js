'use strict';

/**
 * What is measured, as data.
 *
 * @typedef {'get' | 'getMany' | 'scan' | 'insert' | 'update' | 'openLoop'} Operation
 *
 * @typedef {object} Client
 * @property {string} label
 * @property {'hansock' | 'hansock-batch' | 'node-handlersocket' | 'mariadb' | 'mysql2' | 'wire'} program
 * @property {number} [connections]  where they are not the workload's
 * @property {'find' | 'bulk' | 'overlapped'} [way]  another way to do it than the program's usual one
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} section  of the report
 * @property {Operation} operation
 * @property {string} table
 * @property {number} callers  each of whom awaits one call after the other
 * @property {number} rows  a call
 * @property {number} connections
 * @property {Client[]} clients  this package first: the ratios are of its rate to the others'
 * @property {boolean} isQuick  part of the quick run
 */

/** @type {Record<'wire' | 'nodeHandlersocket' | 'mariadb' | 'mysql2' | 'overlapped' | 'inTurn', Client>} */
const CLIENTS = {
  wire: { label: 'wire', program: 'wire' },
  nodeHandlersocket: { label: 'node-handlersocket', program: 'node-handlersocket' },
  mariadb: { label: 'mariadb', program: 'mariadb' },
  mysql2: { label: 'mysql2', program: 'mysql2' },
  overlapped: { label: 'hansock Batch, overlapped', program: 'hansock-batch', way: 'overlapped' },
  inTurn: { label: 'hansock Batch, in turn', program: 'hansock-batch' },
};
const { wire, nodeHandlersocket, mariadb, mysql2, overlapped, inTurn } = CLIENTS;
const SQL_PEERS = [mariadb, mysql2];
const PEERS = [nodeHandlersocket, ...SQL_PEERS];

/** @param {string} method  of hansock's Index */
function hansock(method) {
  return /** @type {const} */ ({ label: `hansock ${method}`, program: 'hansock' });
}

/** @type {Client} */
const TWO_CONNECTIONS = { ...hansock('getMany, 2 connections'), connections: 2 };
/** @type {Client} */
const CLIENT_FIND = { ...hansock('find'), way: 'find' };
/** @type {Client} */
const MARIADB_BULK = { label: 'mariadb, batch()', program: 'mariadb', way: 'bulk' };

const SINGLE = 'Single rows, each awaited';
const MANY = 'Many rows a call';
const BATCHES = 'Batch and Executor, single rows';
const SHAPES = 'Longer and shorter rows, a range, and text that is not ASCII';
const VALUES = 'Short and long values, one a call';
const WRITES = 'Writes';
const OPEN_LOOP = 'Open loop';

/** @type {Workload[]} */
const WORKLOADS = [
  ...[1, 10, 100, 1000].map(get),
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
    operation: 'get',
    table: 'users',
    callers,
    rows: 1,
    connections: 1,
    clients: [hansock('get'), ...PEERS, wire],
    isQuick: callers === 1 || callers === 100,
  };
}

/**
 * @param {number} rows
 * @param {number} connections
 * @returns {Workload}
 */
function getMany(rows, connections) {
  const hasOneMore = connections === 1 && rows >= 100;
  return {
    name: `getMany, ${counted(rows, 'key')}${on(connections)}`,
    section: MANY,
    operation: 'getMany',
    table: 'users',
    callers: connections,
    rows,
    connections,
    clients: [hansock('getMany'), ...(hasOneMore ? [TWO_CONNECTIONS] : []), ...PEERS, wire],
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
    name: `batch of ${rows.toLocaleString('en')}${on(connections)}`,
    section: BATCHES,
    operation: 'get',
    table: 'users',
    callers: rows,
    rows: 1,
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
    operation: 'scan',
    table: 'users',
    callers: 1,
    rows: 10_000,
    connections: 1,
    clients: [hansock('scan'), CLIENT_FIND, { ...inTurn, label: 'hansock Batch' }, ...PEERS, wire],
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
    operation: 'insert',
    table: 'inserted',
    callers: 1,
    rows,
    connections: 1,
    clients: [hansock('insertMany'), nodeHandlersocket, mariadb, MARIADB_BULK, mysql2, wire],
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
    clients: [hansock('get'), ...PEERS],
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

module.exports = { WORKLOADS };
