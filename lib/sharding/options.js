'use strict';

const {
  checkArray,
  checkInteger,
  checkNames,
  checkOneOf,
  checkOptions,
} = require('../util/check.js');
const { parseOptions } = require('../client/options.js');
const { DEFAULT_HOST, DEFAULT_READ_PORT } = require('../util/defaults.js');
const { showKind } = require('../util/show.js');

const DEFAULT_WEIGHT = 1;
const MAX_WEIGHT = 2 ** 32 - 1;

const READS = new Set(['primary', 'any', 'replica']);
const ON_SERVER_DOWN = new Set(['error', 'next']);

/** Options of one server or replica; the others are common to all. */
const SERVER_OPTIONS = [
  'host',
  'port',
  'writePort',
  'path',
  'writePath',
  'secret',
  'writeSecret',
  'sql',
];
const REPLICA_OPTIONS = ['host', 'port', 'path', 'secret'];

/**
 * @typedef {object} ServerSettings
 * @property {string} host  as the ring hashes it, with the port
 * @property {number} port
 * @property {number} weight
 * @property {import('../..').ClientOptions & { timeoutMs: number }} options  the client's
 * @property {(import('../..').ClientOptions & { timeoutMs: number })[]} replicas
 *
 * @typedef {'primary' | 'any' | 'replica'} Reads
 */

/**
 * @param {import('../..').ShardedClientOptions} given
 */
function parseShardedOptions(given) {
  checkOptions(given, 'options');
  const { servers, reads = 'primary', onServerDown = 'error', ...common } = given;
  checkOneOf(reads, 'options.reads', READS);
  checkOneOf(onServerDown, 'options.onServerDown', ON_SERVER_DOWN);
  for (const name of ['host', 'port', 'writePort', 'path', 'writePath', 'sql']) {
    if (Object.hasOwn(common, name)) {
      throw new TypeError(`options.${name} belongs into each of options.servers`);
    }
  }
  const { timeoutMs } = parseOptions(common);
  const ofAll = { ...common, timeoutMs };
  if (!Array.isArray(servers) || servers.length === 0) {
    throw new TypeError(`options.servers must be an array of servers, not ${showKind(servers)}`);
  }
  const parsed = servers.map((server, i) => parseServer(server, `options.servers[${i}]`, ofAll));
  const names = parsed.map(({ host, port }) => `${host}:${port}`);
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated !== -1) {
    throw new TypeError(
      `options.servers[${repeated}] has the host and port of another: servers on paths need a host each as their name on the ring`,
    );
  }
  if (reads === 'replica' && parsed.some(({ replicas }) => replicas.length === 0)) {
    throw new TypeError("options.reads is 'replica', and a server has no replicas");
  }
  return { servers: parsed, reads, onServerDown, timeoutMs };
}

/**
 * @param {import('../..').ShardServer} server
 * @param {string} argument
 * @param {import('../..').ClientOptions & { timeoutMs: number }} common
 * @returns {ServerSettings}
 */
function parseServer(server, argument, common) {
  checkOptions(server, argument);
  const {
    host = DEFAULT_HOST,
    port = DEFAULT_READ_PORT,
    weight = DEFAULT_WEIGHT,
    replicas = [],
  } = server;
  checkInteger(weight, `${argument}.weight`, 0, MAX_WEIGHT);
  checkArray(replicas, `${argument}.replicas`);
  const own = pick(server, SERVER_OPTIONS, argument, ['weight', 'replicas']);
  // With a path, the port is only part of the name on the ring.
  if (server.path !== undefined) delete own.port;
  return {
    host,
    port,
    weight,
    options: { ...common, ...own },
    replicas: replicas.map((replica, i) => {
      const name = `${argument}.replicas[${i}]`;
      checkOptions(replica, name);
      return { ...common, ...pick(replica, REPLICA_OPTIONS, name, []) };
    }),
  };
}

/**
 * @param {object} given
 * @param {readonly string[]} names
 * @param {string} argument
 * @param {readonly string[]} others
 */
function pick(given, names, argument, others) {
  checkNames(given, argument, [...names, ...others]);
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
}

module.exports = { parseShardedOptions };
