'use strict';

const { now } = require('../../runtime/clock.js');
const { connectionCount } = require('./connection-count.js');
const { PooledConnection } = require('./pooled-connection.js');

/** How often it is looked how far the server is, in milliseconds. */
const LOOK_MS = 250;
/** After a connect that failed, or found nobody who answers, no other is tried for so long. */
const PAUSE_MS = 1000;

/**
 * The connections to one port of a server: as many as the user has said, or as few as are good for
 * the calls.
 *
 * The first connection connects with the first batch. Where the pool grows by itself, further ones
 * connect with an empty command and carry calls only after the server has answered it: a server that
 * has no room for one more takes the connect and never answers. Calls are given to the first that is
 * idle, so that those which are not needed reach their idle timeout and leave.
 */
class ConnectionPool {
  #make;
  #isFixed;
  /** The first one is always there. @type {InstanceType<typeof PooledConnection>[]} */
  #connections;
  /** How many there may be, where that is not fixed. */
  #most = 1;
  #nextLook = 0;
  /** The one that is being opened. @type {InstanceType<typeof PooledConnection> | null} */
  #growing = null;
  #isClosed = false;
  /** The connects of those that have left. */
  #formerConnects = 0;
  #pauseEnd = 0;

  /**
   * @param {import('../options.js').Place} endpoint
   * @param {import('../instances').SecretSource} secrets
   * @param {object} settings
   * @param {number} settings.idleTimeoutMs
   * @param {import('../instances').Counters} settings.counters
   * @param {import('./pipeline.js').Hooks} settings.hooks
   */
  constructor(endpoint, secrets, settings) {
    const { connections } = endpoint;
    this.#isFixed = connections !== 'auto';
    // With several, another is usually free, and nothing should wait behind a stuck one.
    const maxQueued = connections === 'auto' || connections === 1 ? 1 : 0;
    this.#make = () => new PooledConnection({ ...settings, endpoint, secrets, maxQueued });
    const count = connections === 'auto' ? 1 : connections;
    this.#connections = Array.from({ length: count }, this.#make);
  }

  /** Those that calls may be given to, the one to be taken first at the front. */
  get usable() {
    if (this.#isFixed || this.#connections.length === 1) return this.#connections;
    this.#leaveClosed();
    return this.#most === 1 ? this.#connections.slice(0, 1) : this.#connections;
  }

  /** Whether a batch may be in line behind the one in flight. */
  get mayQueue() {
    return this.#isFixed || this.#most === 1;
  }

  get isIdle() {
    return this.#connections.every((connection) => connection.isIdle);
  }

  /** How many connects have succeeded. */
  get connects() {
    let sum = this.#formerConnects;
    for (const { connects } of this.#connections) sum += connects;
    return sum;
  }

  /** How many connections have a batch in flight. */
  get inUse() {
    return this.#connections.filter((connection) => !connection.isIdle).length;
  }

  /** How many connections are open. */
  get connected() {
    return this.#connections.filter((connection) => connection.isConnected).length;
  }

  /**
   * Opens a further connection if the server is so far that one is worth it. Calls wait for an idle
   * connection, or there are so many that one more would have its share of them.
   * @param {number} timeoutMs
   * @param {() => void} onGrown  called when there is one more
   */
  grow(timeoutMs, onGrown) {
    if (this.#isFixed || this.#isClosed || this.#growing !== null) return;
    const time = now();
    if (time >= this.#nextLook) {
      this.#nextLook = time + LOOK_MS;
      this.#most = connectionCount(this.#connections[0].wireMs);
    }
    if (this.#connections.length >= this.#most || time < this.#pauseEnd) return;
    this.#growing = this.#make();
    this.#open(this.#growing, time + timeoutMs, onGrown);
  }

  /**
   * @param {InstanceType<typeof PooledConnection>} connection
   * @param {number} until  as performance.now() tells it
   * @param {() => void} onGrown
   */
  async #open(connection, until, onGrown) {
    const isOpen = await connection.open(until);
    this.#growing = null;
    if (isOpen && !this.#isClosed) {
      this.#connections.push(connection);
      onGrown();
    } else {
      connection.close();
      this.#pauseEnd = now() + PAUSE_MS;
    }
  }

  /** What was closed or has failed leaves, but for the first. */
  #leaveClosed() {
    this.#connections = this.#connections.filter((connection, i) => {
      const stays = i === 0 || connection.isOpen || !connection.isIdle;
      if (!stays) this.#formerConnects += connection.connects;
      return stays;
    });
  }

  /** Ends what is in flight: the executors then tell its outcome. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
  }

  /** For good: calls wait and are in flight no more. */
  close() {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close();
    // Nothing but the empty command is in flight on it.
    this.#growing?.close();
  }
}

module.exports = { ConnectionPool };
