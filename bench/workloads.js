'use strict';

const { BUSY } = require('./workloads/busy.js');
const { LOOPBACK } = require('./workloads/loopback.js');
const { NETWORK } = require('./workloads/network.js');

/**
 * The workloads, as data.
 *
 * @typedef {'get' | 'getMany' | 'scan' | 'insert' | 'update' | 'openLoop'} Operation
 *
 * @typedef {object} Client
 * @property {string} label
 * @property {'hansock' | 'hansock-batch' | 'node-handlersocket' | 'socket' | 'mariadb' | 'mysql2' | 'ioredis' | 'redis' | 'valkey-glide' | 'wire'}
 *   program of clients/, or wire.rs
 * @property {number} [connections]  if they differ from the workload's
 * @property {'find' | 'bulk' | 'overlapped' | 'pool' | 'hash'} [way]  another way than the
 *   program's usual one
 * @property {Record<string, unknown>} [options]  of hansock's Client
 * @property {number} [settleSeconds]  of the workload before each slice, not counted
 * @property {string} [folder]  of another version of hansock
 *
 * @typedef {'loopback' | 'busy' | 'network'} Situation
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} section  of the report
 * @property {Situation} situation
 * @property {number} [roundTripMs]  that the network adds
 * @property {Operation} operation
 * @property {string} table
 * @property {number} callers  each of whom awaits one call after the other
 * @property {number} [pauseMs]  of each caller, after each call
 * @property {number} [rate]  calls a second of an open loop; half of the peak by default
 * @property {number} [slices]  how many times as long as usual a slice is
 * @property {number} rows  a call
 * @property {number} connections  of clients without their own number; if it is 1, hansock finds
 *   its own
 * @property {Client[]} clients  this package first: the ratios are of its rate to the others'
 * @property {boolean} isQuick  part of the quick run
 */

/** @type {Workload[]} */
const WORKLOADS = [...LOOPBACK, ...BUSY, ...NETWORK];

module.exports = { WORKLOADS };
