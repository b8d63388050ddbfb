'use strict';

/*
 * Measures the limits: very many connections, very large batches and values, very short programs.
 * Each runs in fresh processes, the programs in limits/.
 */

const { alternate, divided, figures, pick, run } = require('./limit-programs.js');
const { WAITING } = require('./waiting.js');

/**
 * @typedef {import('../lib/testing').TestServer} TestServer
 *
 * @typedef {object} LimitFigures
 * @property {string} name
 * @property {'' | 'ms' | 'µs' | 'bytes' | 'times'} unit
 * @property {number[]} figures  one for each round
 *
 * @typedef {object} Limit
 * @property {string} name
 * @property {string[]} tables
 * @property {boolean} isQuick
 * @property {(server: TestServer, isQuick: boolean) => Promise<LimitFigures[]>} measure
 */

const LARGE_BATCH = 1_000_000;
const USUAL_BATCH = 1000;

/** @type {Limit[]} */
const LIMITS = [
  {
    name: '2,000 connections in one execute',
    tables: ['users'],
    isQuick: false,
    measure: measureConnections,
  },
  {
    name: 'a batch of 1,000,000 finds',
    tables: ['users'],
    isQuick: false,
    measure: measureLargeBatch,
  },
  {
    name: 'one field kept of 64 MiB',
    tables: ['text_1024'],
    isQuick: false,
    measure: measureKeptField,
  },
  {
    name: 'copies of a value of 64 MiB',
    tables: ['text_10', 'bytes_10', 'text_67108864', 'bytes_67108864'],
    isQuick: false,
    measure: measureCopies,
  },
  { name: "require('hansock')", tables: [], isQuick: true, measure: measureLoad },
  { name: 'a schema', tables: ['users', 'inserted'], isQuick: true, measure: measureSchema },
  ...WAITING,
];

/** @param {TestServer} server */
async function measureConnections({ port, secret }) {
  const { connect, atOnce, inParts } = await run('connections.js', [port, secret, 15]);
  return [
    figures('2,000 connections: connecting all in one execute', 'ms', connect),
    figures('2,000 connections: one execute, a find each', 'ms', atOnce),
    figures('2,000 connections: 20 executes of 100', 'ms', inParts),
    figures('2,000 connections: one execute, of 20 of 100', 'times', divided(atOnce, inParts)),
  ];
}

/** @param {TestServer} server */
async function measureLargeBatch({ port, secret }) {
  const programs = [USUAL_BATCH, LARGE_BATCH].map(
    (size) => () => run('large-batch.js', [port, secret, LARGE_BATCH, size]),
  );
  const [usual, large] = await alternate(3, programs);
  const [usualTimes, largeTimes] = [usual, large].map((runs) => pick(runs, 'perRow'));
  return [
    figures('1,000,000 finds in batches of 1,000: time a row', 'µs', usualTimes),
    figures('1,000,000 finds in one batch: time a row', 'µs', largeTimes),
    figures(
      '1,000,000 finds in one batch: time, of batches of 1,000',
      'times',
      divided(largeTimes, usualTimes),
    ),
    figures(
      '1,000,000 finds in one batch: peak memory, of bytes received',
      'times',
      pick(large, 'peak'),
    ),
  ];
}

/** @param {TestServer} server */
async function measureKeptField({ port, secret }) {
  const programs = ['batch', 'client'].map(
    (way) => () => run('kept-field.js', [port, secret, way], ['--expose-gc']),
  );
  const [batch, client] = await alternate(3, programs);
  return [
    figures('one field kept of 64 MiB: held after a Batch', 'bytes', pick(batch, 'held')),
    figures('one field kept of 64 MiB: held after Client.find', 'bytes', pick(client, 'held')),
    figures(
      'one field kept of 64 MiB: resident memory more, Batch',
      'bytes',
      pick(batch, 'resident'),
    ),
    figures(
      'one field kept of 64 MiB: resident memory more, Client.find',
      'bytes',
      pick(client, 'resident'),
    ),
  ];
}

/** @param {TestServer} server */
async function measureCopies({ port, secret }) {
  const programs = ['bytes', 'text'].map((kind) => () => run('copies.js', [port, secret, kind]));
  const [bytes, text] = await alternate(3, programs);
  return [
    figures('copies of a value at once, as Buffer', 'times', pick(bytes, 'copies')),
    figures('copies of a value at once, as text', 'times', pick(text, 'copies')),
  ];
}

/**
 * @param {TestServer} server
 * @param {boolean} isQuick
 */
async function measureSchema({ port, writePort, secret }, isQuick) {
  const rounds = isQuick ? 3 : 25;
  /** @param {'get' | 'insert'} what */
  const more = async (what) => {
    const { plain, known } = await run('schema.js', [port, writePort, secret, what, rounds]);
    return known.map((/** @type {number} */ time, /** @type {number} */ i) => time - plain[i]);
  };
  return [
    figures('a schema: CPU time more, a get', 'µs', await more('get')),
    figures('a schema: CPU time more, a row inserted', 'µs', await more('insert')),
  ];
}

/**
 * @param {TestServer} _server
 * @param {boolean} isQuick
 */
async function measureLoad(_server, isQuick) {
  const programs = ['nothing', 'hansock'].map((what) => async () => {
    const start = performance.now();
    const { cpu, memory } = await run('load.js', [what]);
    return { wall: performance.now() - start, cpu, memory };
  });
  const [nothing, hansock] = await alternate(isQuick ? 9 : 41, programs);
  /** @param {'wall' | 'cpu' | 'memory'} figure */
  const more = (figure) =>
    pick(hansock, figure).map((own, round) => own - pick(nothing, figure)[round]);
  return [
    figures("require('hansock'): time over an empty script", 'ms', more('wall')),
    figures("require('hansock'): CPU time over an empty script", 'ms', more('cpu')),
    figures("require('hansock'): memory over an empty script", 'bytes', more('memory')),
  ];
}

module.exports = { LIMITS };
