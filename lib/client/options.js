'use strict';

const {
  checkInteger,
  checkMilliseconds,
  checkNames,
  checkOptions,
  checkSecret,
  checkString,
} = require('../check.js');
const {
  DEFAULT_HOST,
  DEFAULT_READ_PORT,
  DEFAULT_WRITE_PORT,
} = require('../defaults.js');
const { showKind } = require('../encode.js');

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
  'traceValues',
];

const MAX_CONNECTIONS = 1000;

/**
 * @typedef {object} Settings  a client's options, checked, with the defaults in place
 * @property {Place} read
 * @property {Place | null} write  null where only a path for reads was given
 * @property {number} timeoutMs
 * @property {number} maxPending
 * @property {number} idleTimeoutMs
 * @property {boolean} traceValues
 */

/**
 * @typedef {object} Place  one of the server's two ports
 * @property {{ host: string, port: number } | { path: string }} address
 * @property {string} name  as Connection.address writes it
 * @property {import('../..').Secret | undefined} secret
 * @property {number} connections
 */

/**
 * @param {import('../..').ClientOptions} options
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
    connections = 1,
    writeConnections = 1,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    maxPending = Number.POSITIVE_INFINITY,
    idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS,
    traceValues = false,
  } = options;
  if (checkString(host, 'options.host') === '') {
    throw new TypeError('options.host must not be empty');
  }
  checkInteger(port, 'options.port', 1, 65_535);
  checkInteger(writePort, 'options.writePort', 1, 65_535);
  checkPath(path, 'options.path', options.port, 'options.port');
  checkPath(writePath, 'options.writePath', options.writePort, 'options.writePort');
  checkSecretOption(secret, 'options.secret');
  checkSecretOption(writeSecret, 'options.writeSecret');
  checkInteger(connections, 'options.connections', 1, MAX_CONNECTIONS);
  checkInteger(writeConnections, 'options.writeConnections', 1, MAX_CONNECTIONS);
  checkMilliseconds(timeoutMs, 'options.timeoutMs');
  checkMilliseconds(idleTimeoutMs, 'options.idleTimeoutMs');
  if (maxPending !== Number.POSITIVE_INFINITY) {
    checkInteger(maxPending, 'options.maxPending', 1, Number.MAX_SAFE_INTEGER);
  }
  if (typeof traceValues !== 'boolean') {
    throw new TypeError(`options.traceValues must be a boolean, not ${showKind(traceValues)}`);
  }

  const readAddress = path === undefined ? { host, port } : { path };
  const writeAddress = writePath === undefined ? { host, port: writePort } : { path: writePath };
  // A path for reads says nothing of writes: to send them to 127.0.0.1 then would be a guess.
  const knowsWrites =
    path === undefined ||
    writePath !== undefined ||
    options.host !== undefined ||
    options.writePort !== undefined;
  return {
    read: { address: readAddress, name: nameOf(readAddress), secret, connections },
    write: knowsWrites
      ? {
          address: writeAddress,
          name: nameOf(writeAddress),
          secret: writeSecret,
          connections: writeConnections,
        }
      : null,
    timeoutMs,
    maxPending,
    idleTimeoutMs,
    traceValues,
  };
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

/** @param {Place['address']} address */
function nameOf(address) {
  if ('path' in address) return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

module.exports = { parseOptions };
