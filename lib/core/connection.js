'use strict';

const { inspect } = require('node:util');
const { constants } = require('node:buffer');
const native = require('../util/native.js');
const { Batch, access } = require('./batch.js');
const {
  checkInteger,
  checkNames,
  checkOptions,
  checkSecret,
  checkString,
} = require('../util/check.js');
const { showKind } = require('../util/show.js');
const {
  DEFAULT_HOST,
  DEFAULT_READ_PORT,
  MAX_BUSY_POLL_MICROSECONDS,
} = require('../util/defaults.js');
const driver = require('../runtime/driver.js');

const DEFAULT_MAX_REPLY_BYTES = 256 * 1024 * 1024;
const OPTIONS_BESIDE_ADDRESS = [
  'secret',
  'handshake',
  'maxReplyBytes',
  'maxQueued',
  'busyPollMicroseconds',
];
const CONNECTION_OPTIONS = ['host', 'port', 'path', ...OPTIONS_BESIDE_ADDRESS];

const DEFAULT_MAX_QUEUED = 0;
/** Each turn checks all batches that wait. */
const MAX_QUEUED = 1024;

/**
 * The addon's half of a connection, for Executor and `send`.
 * @type {(connection: Connection) => native.Connection}
 */
let nativeOf;

/**
 * See index.d.ts. The addon's half has the socket and its state; it connects with the first batch,
 * and reconnects with the next batch after a failure.
 */
class Connection {
  /** @type {native.Connection} */
  #native;
  /** @type {string} */
  #address;

  static {
    nativeOf = (connection) => connection.#native;
  }

  /**
   * @param {string | import('../..').ConnectionOptions} [addressOrOptions]
   * @param {import('../..').ConnectionOptions} [options]
   */
  constructor(addressOrOptions, options) {
    if (typeof addressOrOptions === 'string') {
      const given = checkOptions(options ?? {}, 'options');
      for (const name of ['host', 'port', 'path']) {
        if (given[name] !== undefined) {
          throw new TypeError(`options.${name} cannot be given beside an address`);
        }
      }
      checkNames(given, 'options', OPTIONS_BESIDE_ADDRESS);
      this.#native = connect(given, { address: addressOrOptions });
    } else {
      const given = checkOptions(addressOrOptions === undefined ? {} : addressOrOptions, 'options');
      checkNames(given, 'options', CONNECTION_OPTIONS);
      this.#native = connect(given, {});
    }
    this.#address = this.#native.address;
  }

  get address() {
    return this.#address;
  }

  get state() {
    return /** @type {'closed' | 'connecting' | 'connected' | 'aborted'} */ (this.#native.state);
  }

  get generation() {
    return this.#native.generation;
  }

  close() {
    driver.closeConnection(this.#native);
  }

  [Symbol.dispose]() {
    this.close();
  }

  [inspect.custom]() {
    const { address, state, generation } = this;
    return `Connection ${inspect({ address, state, generation })}`;
  }
}

/**
 * A round trip as the kernel has measured it, without the server's work; null if it does not tell.
 * @param {Connection} connection
 * @returns {number | null}
 */
function roundTripMs(connection) {
  return nativeOf(connection).roundTripMs;
}

const NO_BYTES = new Uint8Array();

/**
 * @param {import('../..').ConnectionOptions} options
 * @param {{ address?: string }} where
 */
function connect(
  { host, port, path, secret, handshake, maxReplyBytes, maxQueued, busyPollMicroseconds },
  where,
) {
  if (path !== undefined) {
    checkString(path, 'options.path');
    if (host !== undefined || port !== undefined) {
      throw new TypeError('options.path cannot be given beside host and port');
    }
  }
  if (secret !== undefined) checkSecret(secret, 'options.secret');
  if (handshake !== undefined) {
    if (!(handshake instanceof Batch)) {
      throw new TypeError(`options.handshake must be a Batch, not ${showKind(handshake)}`);
    }
    access.assertWhole(handshake, 'options.handshake');
  }
  return new native.Connection({
    ...where,
    path,
    host: checkString(host === undefined ? DEFAULT_HOST : host, 'options.host'),
    port: checkInteger(port === undefined ? DEFAULT_READ_PORT : port, 'options.port', 1, 65_535),
    secret,
    handshake: handshake === undefined ? NO_BYTES : access.bytes(handshake),
    maxReplyBytes: checkInteger(
      maxReplyBytes === undefined ? DEFAULT_MAX_REPLY_BYTES : maxReplyBytes,
      'options.maxReplyBytes',
      1,
      constants.MAX_LENGTH,
    ),
    maxQueued: checkInteger(
      maxQueued === undefined ? DEFAULT_MAX_QUEUED : maxQueued,
      'options.maxQueued',
      0,
      MAX_QUEUED,
    ),
    busyPollMicroseconds: checkInteger(
      busyPollMicroseconds === undefined ? 0 : busyPollMicroseconds,
      'options.busyPollMicroseconds',
      0,
      MAX_BUSY_POLL_MICROSECONDS,
    ),
  });
}

module.exports = { Connection, nativeOf, roundTripMs };
