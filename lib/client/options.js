'use strict';

const {
  checkInteger,
  checkMilliseconds,
  checkNames,
  checkOptions,
  checkSecret,
  checkString,
} = require('../util/check.js');
const {
  DEFAULT_HOST,
  DEFAULT_READ_PORT,
  DEFAULT_WRITE_PORT,
  MAX_BUSY_POLL_MICROSECONDS,
} = require('../util/defaults.js');
const { Connection } = require('../core/connection.js');
const { checkSql } = require('../schema/sql.js');
const { showKind } = require('../util/show.js');

const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;

const CLIENT_OPTIONS = [
  'host',
  'port',
  'writePort',
  'path',
  'writePath',
  'secret',
  'writeSecret',
  'connections',
  'writeConnections',
  'timeoutMs',
  'maxPending',
  'idleTimeoutMs',
  'busyPollMicroseconds',
  'traceValues',
  'sql',
];

const MAX_CONNECTIONS = 1000;

/**
 * @typedef {object} Settings  a client's options, checked, with the defaults in place
 * @property {Endpoint} read
 * @property {Endpoint | null} write  null if there is none
 * @property {number} timeoutMs
 * @property {number} maxPending
 * @property {number} idleTimeoutMs
 * @property {boolean} traceValues
 * @property {unknown} sql  undefined if there is none
 */

/**
 * @typedef {object} Endpoint  one of the server's two ports
 * @property {{ host: string, port: number } | { path: string }} address
 * @property {string} name  as Connection.address writes it
 * @property {import('../..').Secret | undefined} secret
 * @property {number | 'auto'} connections
 * @property {number} busyPollMicroseconds
 */

/**
 * @param {import('../..').ClientOptions & { sql?: unknown }} options
 * @returns {Settings}
 */
function parseOptions(options) {
  checkOptions(options, 'options');
  checkNames(options, 'options', CLIENT_OPTIONS);
  const {
    host = DEFAULT_HOST,
    port = DEFAULT_READ_PORT,
    writePort = DEFAULT_WRITE_PORT,
    path,
    writePath,
    secret,
    writeSecret = secret,
    connections = 'auto',
    writeConnections = 1,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    maxPending = Number.POSITIVE_INFINITY,
    idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS,
    busyPollMicroseconds = 0,
    traceValues = false,
    sql,
  } = options;
  if (checkString(host, 'options.host') === '') {
    throw new TypeError('options.host must not be empty');
  }
  checkInteger(port, 'options.port', 1, 65_535);
  if (writePort !== null) checkInteger(writePort, 'options.writePort', 1, 65_535);
  checkPath(path, 'options.path', options.port, 'options.port');
  checkPath(writePath, 'options.writePath', options.writePort, 'options.writePort');
  checkSecretOption(secret, 'options.secret');
  checkSecretOption(writeSecret, 'options.writeSecret');
  if (connections !== 'auto') {
    checkInteger(connections, 'options.connections', 1, MAX_CONNECTIONS);
  }
  checkInteger(writeConnections, 'options.writeConnections', 1, MAX_CONNECTIONS);
  checkMilliseconds(timeoutMs, 'options.timeoutMs');
  checkMilliseconds(idleTimeoutMs, 'options.idleTimeoutMs');
  checkInteger(busyPollMicroseconds, 'options.busyPollMicroseconds', 0, MAX_BUSY_POLL_MICROSECONDS);
  if (maxPending !== Number.POSITIVE_INFINITY) {
    checkInteger(maxPending, 'options.maxPending', 1, Number.MAX_SAFE_INTEGER);
  }
  if (typeof traceValues !== 'boolean') {
    throw new TypeError(`options.traceValues must be a boolean, not ${showKind(traceValues)}`);
  }

  if (sql !== undefined) checkSql(sql, 'options.sql');

  const readAddress = path === undefined ? { host, port } : { path };
  checkAddress(readAddress, path === undefined ? 'options.host' : 'options.path');
  return {
    read: {
      address: readAddress,
      name: nameOf(readAddress),
      secret,
      connections,
      busyPollMicroseconds,
    },
    write: writeEndpoint(options, host, writePort, {
      secret: writeSecret,
      connections: writeConnections,
      busyPollMicroseconds,
    }),
    timeoutMs,
    maxPending,
    idleTimeoutMs,
    traceValues,
    sql,
  };
}

/**
 * The endpoint for writes; null if there is none or none is known: a path for reads tells nothing
 * about writes, and 127.0.0.1 would be a guess.
 * @param {import('../..').ClientOptions} options
 * @param {string} host
 * @param {number | null} port
 * @param {Pick<Endpoint, 'secret' | 'connections' | 'busyPollMicroseconds'>} rest
 * @returns {Endpoint | null}
 */
function writeEndpoint(
  { host: givenHost, path, writePath, writePort: givenPort },
  host,
  port,
  rest,
) {
  if (writePath !== undefined) {
    const address = { path: writePath };
    checkAddress(address, 'options.writePath');
    return { address, name: nameOf(address), ...rest };
  }
  if (port === null) return null;
  if (path !== undefined && givenHost === undefined && givenPort === undefined) return null;
  const address = { host, port };
  checkAddress(address, 'options.host');
  return { address, name: nameOf(address), ...rest };
}

/**
 * Refuses an address that cannot be connected to before the first call.
 * @param {Endpoint['address']} address
 * @param {string} option
 */
function checkAddress(address, option) {
  try {
    new Connection(address);
  } catch (error) {
    throw new TypeError(`${option}: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}

/**
 * @param {unknown} path
 * @param {string} argument
 * @param {unknown} port
 * @param {string} portArgument
 */
function checkPath(path, argument, port, portArgument) {
  if (path === undefined) return;
  if (checkString(path, argument) === '') throw new TypeError(`${argument} must not be empty`);
  if (port !== undefined) {
    throw new TypeError(`${argument} cannot be given beside ${portArgument}`);
  }
}

/**
 * @param {unknown} secret
 * @param {string} argument
 */
function checkSecretOption(secret, argument) {
  if (secret === undefined || typeof secret === 'function') return;
  if (typeof secret === 'string') checkSecret(secret, argument);
  else throw new TypeError(`${argument} must be a string or a function, not ${showKind(secret)}`);
}

/** @param {Endpoint['address']} address */
function nameOf(address) {
  if ('path' in address) return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

module.exports = { parseOptions };
