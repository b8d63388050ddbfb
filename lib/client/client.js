'use strict';

const { AsyncResource } = require('node:async_hooks');
const { inspect } = require('node:util');
const { offAbort, onAbort } = require('../abort.js');
const { AbortError, HandlerSocketError } = require('../errors.js');
const { now } = require('../timers.js');
const { Call } = require('./call.js');
const { Counters } = require('./counters.js');
const { Definitions } = require('./definition.js');
const { parseOptions } = require('./options.js');
const { Pipeline } = require('./pipeline/pipeline.js');
const { SecretSource } = require('./pipeline/secret.js');
const { Index, MADE_BY_CLIENT } = require('./table-index.js');
const { traceOperation } = require('./tracing.js');

/**
 * The package's own access to a client.
 * @typedef {object} Access
 * @property {(client: Client, operation: Operation, until?: number) => Promise<any>} submit
 *   by a time of its own, if it is given one, as performance.now() tells it
 */

/** @type {Access} */
let access;

class Client {
  static {
    access = {
      submit: (client, operation, until) => client.#submit(operation, until),
    };
  }

  #settings;
  #counters = new Counters();
  #definitions = new Definitions();
  #reads;
  /** null where only a path for reads was given. */
  #writes;
  /**
   * The client's own async context. Timers, connects, the secret function and what else outlives a
   * call belong to it, and to no request that happens to begin them.
   */
  #scope = new AsyncResource('hansock.Client', { requireManualDestroy: true });
  /** @type {Promise<void> | null} */
  #closed = null;

  /** @param {import('../..').ClientOptions} [options] */
  constructor(options = {}) {
    const settings = parseOptions(options);
    const { read, write } = settings;
    const secrets = new SecretSource(read.secret);
    const shared = { counters: this.#counters, scope: this.#scope };
    this.#settings = settings;
    this.#reads = new Pipeline(read, settings, shared, secrets);
    this.#writes =
      write &&
      new Pipeline(
        write,
        settings,
        shared,
        // One function that serves both ports is asked once where both wait for it.
        write.secret === read.secret ? secrets : new SecretSource(write.secret),
      );
  }

  /** @param {import('../..').OpenIndexTarget<readonly string[], Record<string, string>>} target */
  openIndex(target) {
    return new Index(MADE_BY_CLIENT, target, {
      define: (target) => this.#definitions.get(target),
      submit: (operation) => this.#submit(operation),
      // A page on its way is a call that is pending: it is not to take the place of one that is
      // asked for.
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
    this.#closed ??= this.#scope.runInAsyncScope(() => this.#end());
    return this.#closed;
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  [inspect.custom]() {
    const { read, write } = this.#settings;
    return `Client ${inspect({ read: read.address, write: write?.address, ...this.stats() })}`;
  }

  async #end() {
    await Promise.all([this.#reads.end(), this.#writes?.end()]);
  }

  /**
   * @param {Operation} operation
   * @param {number} [until]  as performance.now() tells it
   */
  #submit(operation, until = this.#untilOf(operation)) {
    const { name, isWrite, requests, finish, call: settings } = operation;
    const refusal = this.#refusal(operation);
    if (refusal !== null) return this.#trace(operation, this.#refuse(operation, refusal));
    const pipeline = isWrite ? this.#writes : this.#reads;
    if (pipeline === null) {
      throw new TypeError(
        `${name} needs options.writePath or options.writePort: the client was given only options.path, which is for reads`,
      );
    }
    if (requests.length === 0) return Promise.resolve(finish?.([]));
    const call = new Call(operation);
    const promise = /** @type {Promise<any>} */ (call.promise);
    pipeline.add(call, until, settings?.timeoutMs !== undefined);
    if (settings?.signal !== undefined) {
      endOnAbort(call, settings.signal, pipeline.address, operation.settlesEach === true);
    }
    return this.#trace(operation, promise);
  }

  /**
   * When a call ends, where it is not the client's time from now on: the rest of a call has what is
   * left of the call's time.
   * @param {Operation} operation
   */
  #untilOf({ since, call }) {
    if (since === undefined && call?.timeoutMs === undefined) return undefined;
    return (since ?? now()) + (call?.timeoutMs ?? this.#settings.timeoutMs);
  }

  /**
   * @param {Operation} operation
   * @param {import('../..').HandlerSocketError} refusal
   */
  async #refuse({ settlesEach, requests, read, finish }, refusal) {
    this.#counters.countError(refusal);
    if (!settlesEach || requests.length === 0) throw refusal;
    return finish?.(requests.map((_, position) => read(refusal, position)));
  }

  /**
   * @param {Operation} operation
   * @param {Promise<any>} promise
   */
  #trace(operation, promise) {
    if (operation.isProbe) return promise;
    return traceOperation(operation, this.#settings.traceValues, promise);
  }

  /**
   * Why a call is not taken on now; null if it is.
   * @param {Operation} operation
   */
  #refusal({ since, call }) {
    if (call?.signal?.aborted) {
      return new AbortError({ outcome: 'not-sent', cause: call.signal.reason });
    }
    if (since !== undefined) return null;
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

/**
 * An abort detaches the caller alone: the batch that has its requests goes on.
 * @param {InstanceType<typeof Call>} call
 * @param {AbortSignal} signal
 * @param {string} address
 * @param {boolean} settlesEach
 */
function endOnAbort(call, signal, address, settlesEach) {
  const abort = () => {
    call.abort((outcome) => {
      return new AbortError({ address, outcome, cause: signal.reason });
    }, settlesEach);
  };
  call.onSettled = () => offAbort(signal, abort);
  onAbort(signal, abort);
}

/** @typedef {import('./table-index.js').Operation} Operation */

module.exports = { Client, access };
