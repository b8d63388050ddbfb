'use strict';

const { now } = require('../clock.js');
const { inspect } = require('node:util');
const { HandlerSocketError } = require('../errors.js');
const { Call } = require('./call.js');
const { Counters } = require('./counters.js');
const { Definitions } = require('./definition.js');
const { parseOptions } = require('./options.js');
const { Pipeline } = require('./pipeline.js');
const { SecretSource } = require('./secret.js');
const { Index, MADE_BY_CLIENT } = require('./table-index.js');
const { traceOperation } = require('./tracing.js');

/**
 * The package's own access to a client.
 * @typedef {object} Access
 * @property {(client: Client, operation: import('./table-index.js').Operation, timeoutMs?: number) => Promise<any>} submit
 *   a time of its own, if it is given one
 */

/** @type {Access} */
let access;

class Client {
  static {
    access = {
      submit: (client, operation, timeoutMs) => client.#submit(operation, timeoutMs),
    };
  }

  #settings;
  #counters = new Counters();
  #definitions = new Definitions();
  #reads;
  /** null where only a path for reads was given. */
  #writes;
  /** @type {Promise<void> | null} */
  #closed = null;

  /** @param {import('../..').ClientOptions} [options] */
  constructor(options = {}) {
    const settings = parseOptions(options);
    const { read, write } = settings;
    const secrets = new SecretSource(read.secret);
    this.#settings = settings;
    this.#reads = new Pipeline(read, settings, this.#counters, secrets);
    this.#writes =
      write &&
      new Pipeline(
        write,
        settings,
        this.#counters,
        // One function that serves both ports is asked once where both wait for it.
        write.secret === read.secret ? secrets : new SecretSource(write.secret),
      );
  }

  /** @param {import('../..').OpenIndexTarget<readonly string[], Record<string, string>>} target */
  openIndex(target) {
    return new Index(MADE_BY_CLIENT, target, {
      define: (target) => this.#definitions.get(target),
      submit: (operation) => this.#submit(operation),
      // A page on its way is a call that is pending: it is not to take the place of one that is asked for.
      readsAhead: this.#settings.maxPending === Number.POSITIVE_INFINITY,
    });
  }

  stats() {
    const { batches, commands, bytes, retries, pending, errors } = this.#counters;
    return {
      connections: this.#reads.connections + (this.#writes?.connections ?? 0),
      generation: this.#reads.connects + (this.#writes?.connects ?? 0),
      pending,
      batches,
      commands,
      bytes,
      retries,
      errors: { ...errors },
    };
  }

  close() {
    this.#closed ??= Promise.all([this.#reads.end(), this.#writes?.end()]).then(() => {});
    return this.#closed;
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  [inspect.custom]() {
    const { read, write } = this.#settings;
    return `Client ${inspect({ read: read.address, write: write?.address, ...this.stats() })}`;
  }

  /**
   * @param {import('./table-index.js').Operation} operation
   * @param {number} [timeoutMs]
   */
  #submit(operation, timeoutMs) {
    const { name, isWrite, isUnit, requests, finish, read, since } = operation;
    const refusal = since === undefined ? this.#refusal() : null;
    if (refusal !== null) {
      this.#counters.countError(refusal);
      return this.#trace(operation, Promise.reject(refusal));
    }
    const pipeline = isWrite ? this.#writes : this.#reads;
    if (pipeline === null) {
      throw new TypeError(
        `${name} needs options.writePath or options.writePort: the client was given only options.path, which is for reads`,
      );
    }
    if (requests.length === 0) return Promise.resolve(finish([]));
    const call = new Call(name, isWrite, requests, finish, read);
    call.isUnit = isUnit === true;
    pipeline.add(call, since === undefined ? timeoutMs : this.#leftSince(since));
    return this.#trace(operation, call.promise);
  }

  /**
   * @param {import('./table-index.js').Operation} operation
   * @param {Promise<any>} promise
   */
  #trace(operation, promise) {
    if (operation.isProbe) return promise;
    return traceOperation(operation, this.#settings.traceValues, promise);
  }

  /**
   * How much is left of the time of a call, in milliseconds.
   * @param {number} since  when it was taken on
   */
  #leftSince(since) {
    return Math.max(this.#settings.timeoutMs - (now() - since), 0);
  }

  /** Why no call is taken on now; null if it is. */
  #refusal() {
    if (this.#closed !== null) {
      return new HandlerSocketError('ERR_HS_CLOSED', 'the client was closed', {
        outcome: 'not-sent',
      });
    }
    const { maxPending } = this.#settings;
    if (this.#counters.pending >= maxPending) {
      return new HandlerSocketError(
        'ERR_HS_OVERLOADED',
        `${maxPending} calls have no result yet, and options.maxPending allows no more`,
        { outcome: 'not-sent' },
      );
    }
    return null;
  }
}

module.exports = { Client, access };
