'use strict';

const { limitOf, ratiosOf, roundsOf } = require('./results.js');

/**
 * What the package is to reach, side by side in one run on a machine of 2 cores, the server included.
 *
 * @typedef {import('./results.js').Results} Results
 *
 * @typedef {object} Goal
 * @property {string} workload
 * @property {string} what
 * @property {{ atLeast: number } | { atMost: number }} goal
 * @property {import('./limits.js').LimitFigures['unit']} unit
 * @property {(results: Results) => number[]} figure  one for each round; none where it was not measured
 */

const MIB = 1024 * 1024;
const OVERLAPPED = 'hansock Batch, overlapped';
const GET = 'hansock get';
const GET_MANY = 'hansock getMany';
const TWO_CONNECTIONS = 'hansock getMany, 2 connections';
const NODE_HANDLERSOCKET = 'node-handlersocket';

/** @type {Goal[]} */
const GOALS = [
  atLeast(0.95, 'batch of 100', OVERLAPPED, 'wire'),
  atLeast(0.95, 'batch of 1,000', OVERLAPPED, 'wire'),
  {
    workload: 'batch of 100',
    what: `${OVERLAPPED}: CPU time a row of the whole process`,
    goal: { atMost: 0.6 },
    unit: 'µs',
    figure: (results) => roundsOf(results, 'batch of 100', OVERLAPPED, 'cpu'),
  },
  atLeast(1.4, 'get, 1 caller', GET, NODE_HANDLERSOCKET),
  atMost(1.25, 'get, 1 caller', GET, 'wire', 'p50'),
  atLeast(2.2, 'get, 100 callers', GET, NODE_HANDLERSOCKET),
  atLeast(5, 'get, 100 callers', GET, 'mariadb'),
  atLeast(18, 'get, 100 callers', GET, 'mysql2'),
  atLeast(0.85, 'get, 100 callers', GET, 'wire'),
  atLeast(2.5, 'get, 1,000 callers', GET, NODE_HANDLERSOCKET),
  atLeast(0.85, 'get, 1,000 callers', GET, 'wire'),
  atLeast(1.4, 'getMany, 100 keys', GET_MANY, 'mysql2'),
  atLeast(1.3, 'getMany, 1,000 keys', GET_MANY, 'mysql2'),
  atMost(0.7, 'getMany, 100 keys', GET_MANY, 'mysql2', 'cpu'),
  atMost(0.7, 'getMany, 1,000 keys', GET_MANY, 'mysql2', 'cpu'),
  atLeast(1.5, 'getMany, 100 keys', TWO_CONNECTIONS, 'mysql2'),
  atLeast(1.5, 'getMany, 1,000 keys', TWO_CONNECTIONS, 'mysql2'),
  atLeast(2, 'scan of 10,000 rows', 'hansock scan', NODE_HANDLERSOCKET),
  atLeast(1.5, 'scan of 10,000 rows', 'hansock scan', 'mysql2'),
  atLeast(0.8, 'value of 1 MiB, Buffer', GET, 'wire'),
  limit('copies of a value at once, as Buffer', 3, 'times'),
  limit('2,000 connections: one execute, of 20 of 100', 1.3, 'times'),
  limit('1,000,000 finds in one batch: time, of batches of 1,000', 1.2, 'times'),
  limit('1,000,000 finds in one batch: peak memory, of bytes received', 3, 'times'),
  limit('one field kept of 64 MiB: held after a Batch', MIB, 'bytes'),
  limit('one field kept of 64 MiB: held after Client.find', MIB, 'bytes'),
  limit("require('hansock'): time over an empty script", 15, 'ms'),
  limit("require('hansock'): memory over an empty script", 6 * MIB, 'bytes'),
];

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
 * @param {'p50' | 'cpu'} figure
 * @returns {Goal}
 */
function atMost(times, workload, label, other, figure) {
  const what = { p50: 'median latency', cpu: 'CPU time a row' }[figure];
  return {
    workload,
    what: `${label}: ${what}, of ${other}`,
    goal: { atMost: times },
    unit: 'times',
    figure: (results) => ratiosOf(results, workload, label, other, figure),
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

module.exports = { GOALS };
