'use strict';

const {
  inspect,
  types: { isUint8Array },
} = require('node:util');
const native = require('../util/native.js');
const {
  MAX_UINT32,
  checkArray,
  checkInteger,
  checkIntegerArgument,
  checkOptions,
  checkString,
} = require('../util/check.js');
const { DEFAULT_READ_PORT } = require('../util/defaults.js');
const { show, showKind } = require('../util/show.js');

const DEFAULT_WEIGHT = 1;

/**
 * See index.d.ts. The ring is in the addon. Servers can be added until `createContinuum` fixes it.
 */
class Ketama {
  /** @type {{ host: string, port: number, weight: number }[]} */
  #servers = [];
  /** @type {native.Continuum | null} */
  #continuum = null;

  /** @param {readonly { host: string, port?: number, weight?: number }[]} [servers] */
  constructor(servers = []) {
    checkArray(servers, 'servers');
    for (const [i, server] of servers.entries()) {
      checkOptions(server, `servers[${i}]`);
      this.addServer(
        server.host,
        server.port ?? DEFAULT_READ_PORT,
        server.weight ?? DEFAULT_WEIGHT,
      );
    }
  }

  /**
   * @param {string} host
   * @param {number} port
   * @param {number} [weight]
   */
  addServer(host, port, weight = DEFAULT_WEIGHT) {
    if (this.#continuum !== null) {
      throw new TypeError('no server can be added: the ring is fixed. Make a new Ketama');
    }
    if (checkString(host, 'host') === '') throw new TypeError('host must not be empty');
    checkInteger(port, 'port', 1, 65_535);
    checkInteger(weight, 'weight', 0, MAX_UINT32);
    this.#servers.push({ host, port, weight });
    return this;
  }

  createContinuum() {
    this.#continuum ??= new native.Continuum(this.#servers);
    return this;
  }

  /** @param {string | Uint8Array} key */
  getServerOrdinal(key) {
    return this.#ring().getServerOrdinal(checkKey(key));
  }

  /** @param {string | Uint8Array} key */
  getServerOrdinals(key) {
    return this.#ring().getServerOrdinals(checkKey(key));
  }

  /** @param {number} ordinal */
  getServerAddress(ordinal) {
    checkIntegerArgument(ordinal, 'ordinal', 0, this.#servers.length - 1);
    const { host, port } = this.#servers[ordinal];
    return `${host}:${port}`;
  }

  /** @param {string | Uint8Array} key */
  getServer(key) {
    return this.getServerAddress(this.getServerOrdinal(key));
  }

  /**
   * @template {string | Uint8Array} K
   * @param {import('../..').Ketama} other
   * @param {Iterable<K>} keys
   */
  moved(other, keys) {
    if (!(other instanceof Ketama)) {
      throw new TypeError(`other must be a Ketama, not ${showKind(other)}`);
    }
    const moved = [];
    for (const key of keys) {
      const from = this.getServer(key);
      /** @type {string} */
      const to = other.getServer(key);
      if (from !== to) moved.push({ key, from, to });
    }
    return moved;
  }

  get pointCount() {
    return this.#ring().pointCount;
  }

  [inspect.custom]() {
    const pointCount = this.#continuum?.pointCount;
    return `Ketama ${inspect({ servers: this.#servers, pointCount })}`;
  }

  #ring() {
    if (this.#continuum === null) {
      throw new TypeError('the ring is not fixed yet: call createContinuum first');
    }
    return this.#continuum;
  }
}

/**
 * @param {unknown} key
 * @returns {string | Uint8Array}
 */
function checkKey(key) {
  if (typeof key === 'string' || isUint8Array(key)) return key;
  throw new TypeError(`key must be a string or a Uint8Array, not ${show(key)}`);
}

module.exports = { Ketama };
