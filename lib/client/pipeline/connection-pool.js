'use strict';

const { now } = require('../../runtime/clock.js');
const { connectionCount } = require('./connection-count.js');
const { PooledConnection } = require('./pooled-connection.js');

/** How often the pool asks how far away the server is, in milliseconds. */
const CHECK_EVERY_MS = 250;
/** Pause after a connect that failed or got no answer, in milliseconds. */
const PAUSE_MS = 1000;

/**
 * The connections to one port of a server: as many as the user asked for, or as few as serve the
 * calls well.
 *
 * The first connection connects with the first batch. A pool that grows by itself opens further
 * ones with an empty command, and they carry calls once the server has answered it: a server
 * without room for one more accepts the connect and never answers. Calls go to the first idle
 * connection, so that surplus ones reach their idle timeout and are removed.
 *
 *             grow                answered
 *   (none) ────────► being opened ────────► usable ──► idle for idleTimeoutMs, or failed
 *      ▲                  │ failed                                   │
 *      └──────────────────┴──────────────────────────────────────────┘
 */
class ConnectionPool {
  #make;
  #isFixed;
  /** The first one is never removed. @type {InstanceType<typeof PooledConnection>[]} */
  #connections;
  /** The most connections that the pool may grow to. */
  #limit = 1;
  #nextCheck = 0;
  /** The connection that is being opened. @type {InstanceType<typeof PooledConnection> | null} */
  #growing = null;
  #isClosed = false;
  /** The connects of connections that were removed. */
  #formerConnects = 0;
  #pauseEnd = 0;

  /**
   * @param {import('../options.js').Endpoint} endpoint
   * @param {import('../instances').SecretSource} secrets
   * @param {object} settings
   * @param {number} settings.idleTimeoutMs
   * @param {import('../instances').Counters} settings.counters
   * @param {import('./pipeline.js').Hooks} settings.hooks
   */
  constructor(endpoint, secrets, settings) {
    const { connections } = endpoint;
    this.#isFixed = connections !== 'auto';
    // Queue ahead only with a single connection: with several, another is usually free, and nothing
    // should wait behind a stuck one.
    const maxQueued = connections === 'auto' || connections === 1 ? 1 : 0;
    this.#make = () => new PooledConnection({ ...settings, endpoint, secrets, maxQueued });
    const count = connections === 'auto' ? 1 : connections;
    this.#connections = Array.from({ length: count }, this.#make);
  }

  /** The connections that take calls, in order of preference. */
  get usable() {
    if (this.#isFixed || this.#connections.length === 1) return this.#connections;
    this.#removeClosed();
    return this.#limit === 1 ? this.#connections.slice(0, 1) : this.#connections;
  }

  /** Whether a batch may be in line behind the one in flight. */
  get mayQueue() {
    return this.#isFixed || this.#limit === 1;
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
   * Opens one more connection if the server is far enough away. The pipeline calls it when calls
   * wait for an idle connection, or when there are enough calls for one more.
   * @param {number} timeoutMs
   * @param {() => void} onGrown  called when the connection takes calls
   */
  grow(timeoutMs, onGrown) {
    if (this.#isFixed || this.#isClosed || this.#growing !== null) return;
    const time = now();
    if (time >= this.#nextCheck) {
      this.#nextCheck = time + CHECK_EVERY_MS;
      this.#limit = connectionCount(this.#connections[0].wireMs);
    }
    if (this.#connections.length >= this.#limit || time < this.#pauseEnd) return;
    this.#growing = this.#make();
    this.#open(this.#growing, time + timeoutMs, onGrown);
  }

  /**
   * @param {InstanceType<typeof PooledConnection>} connection
   * @param {number} until  deadline, in the time of `now()`
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

  /** Removes connections that were closed or have failed, except the first. */
  #removeClosed() {
    this.#connections = this.#connections.filter((connection, i) => {
      const stays = i === 0 || connection.isOpen || !connection.isIdle;
      if (!stays) this.#formerConnects += connection.connects;
      return stays;
    });
  }

  /** Ends what is in flight; the executors then state its outcome. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Closes the pool. No call may be queued or in flight. */
  close() {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close();
    // Only the empty command is in flight on it.
    this.#growing?.close();
  }
}

module.exports = { ConnectionPool };
