'use strict';

const { AsyncResource } = require('node:async_hooks');
const { AbortError, HandlerSocketError } = require('../errors/index.js');
const { offAbort, onAbort } = require('../runtime/abort.js');
const { now } = require('../runtime/clock.js');
const { checkSql } = require('../schema/sql.js');
const { Counters } = require('./metrics/counters.js');
const { traceOperation } = require('./metrics/tracing.js');
const { parseOptions } = require('./options.js');
const { Call } = require('./pipeline/call.js');
const { Definitions } = require('./pipeline/definition.js');
const { Pipeline } = require('./pipeline/pipeline.js');
const { SecretSource } = require('./pipeline/secret.js');
const { ping, probe, readProbe } = require('./probes.js');

/** The most places that are remembered: more than a connection has ids for. */
const MAX_READABLE = 1024;

/**
 * The read port has this much longer than the write, in milliseconds, so that later writes can wait
 * for the same open.
 */
const OPEN_LONGER_MS = 50;

/** The server's message for an unknown column. */
const NO_SUCH_COLUMN = 'fld';

/**
 * The two ports of a client's server. Client hands its operations to `submit`, which makes a Call of
 * each for the pipeline of its port:
 *
 *   operation ──► refused? ──► Call ──► the index is open on the read port? ──► pipeline
 *                                       (asked before a write)
 */
class Ports {
  #settings;
  #counters;
  #definitions;
  #reads;
  /** null if the client has no port for writes. */
  #writes;
  /** The places of definitions that the read port has opened. @type {Set<string>} */
  #readable = new Set();
  /**
   * The opens in flight on the read port that writes wait for, by place.
   * @type {Map<string, Opening>}
   */
  #opening = new Map();
  /**
   * The client's own async context. Timers, connects and the secret function outlive the call that
   * starts them, so they run in this context and not in that call's.
   */
  #scope = new AsyncResource('hansock.Client', { requireManualDestroy: true });
  /** @type {Promise<void> | null} */
  #closed = null;
  #isDestroyed = false;

  /** @param {import('../..').ClientOptions} [options] */
  constructor(options = {}) {
    const settings = parseOptions(options);
    const { read, write } = settings;
    const secrets = new SecretSource(read.secret);
    this.#counters = new Counters();
    this.#definitions = new Definitions();
    const shared = { counters: this.#counters, scope: this.#scope };
    this.#settings = settings;
    const { checkKind, checkSchema } = schemaChecks(settings.sql);
    this.#reads = new Pipeline(read, settings, shared, secrets, {
      checkKind,
      onOpened: (definition) => this.#noteReadable(definition.place),
    });
    this.#writes =
      write &&
      new Pipeline(
        write,
        settings,
        shared,
        // Ports with the same secret function share a call of it if both wait for it.
        write.secret === read.secret ? secrets : new SecretSource(write.secret),
        { checkKind, checkSchema },
      );
  }

  /** A page read ahead counts as pending and must not displace a call that the caller made. */
  get readsAhead() {
    return this.#settings.maxPending === Number.POSITIVE_INFINITY;
  }

  get addresses() {
    const { read, write } = this.#settings;
    return { read: read.address, write: write?.address };
  }

  /** @type {import('./operation.js').Define} */
  define = (target, schema) => this.#definitions.get(target, schema);

  /**
   * Executes an operation.
   * @param {Operation} operation
   * @param {number} [until]  deadline, in the time of `now()`; by default the client's timeout
   * @returns {Promise<any>}
   */
  submit(operation, until = this.#untilOf(operation)) {
    const { name, isWrite, requests, finish, call: settings } = operation;
    const refusal = this.#refusal(operation);
    if (refusal !== null) return this.#trace(operation, this.#refuse(operation, refusal));
    const pipeline = this.#pipelineOf(name, isWrite);
    if (requests.length === 0) return Promise.resolve(finish?.([]));
    const call = new Call(operation);
    const promise = /** @type {Promise<any>} */ (call.promise);
    const ready = isWrite ? this.#readiness(requests[0].definition, until) : null;
    pipeline.add(call, until, settings?.timeoutMs !== undefined, ready);
    if (settings?.signal !== undefined) {
      endOnAbort(call, settings.signal, pipeline.address, operation.settlesEach === true);
    }
    return this.#trace(operation, promise);
  }

  /**
   * Opens indexes. The write port opens only those that the read port has opened, because a wrong
   * name does harm there.
   * @param {import('./pipeline/call-options.js').ConnectSettings} settings
   * @param {readonly Definition[]} [definitions]  by default those of this client
   */
  async connect({ writes, call }, definitions = this.#definitions.whole) {
    if (writes) this.#pipelineOf('connect', true);
    const operation = { name: 'connect', isProbe: true, read: readProbe, finish: nothing, call };
    const since = now();
    await this.submit({ ...operation, isWrite: false, requests: requestsToOpen(definitions) });
    if (!writes) return;
    await this.submit({
      ...operation,
      isWrite: true,
      requests: requestsToOpen(definitions),
      since,
    });
  }

  /** @param {import('./pipeline/call-options.js').CallSettings} [call] */
  async ping(call) {
    const begun = now();
    /** @param {boolean} isWrite */
    const ask = async (isWrite) => {
      await this.submit({
        name: 'ping',
        isWrite,
        isProbe: true,
        requests: [ping()],
        read: readProbe,
        call,
      });
      return now() - begun;
    };
    const writesAreUsed = this.#writes !== null && this.#writes.connects > 0;
    const [readMs, writeMs] = await Promise.all([ask(false), writesAreUsed ? ask(true) : null]);
    return { readMs, writeMs };
  }

  /**
   * The changes of tables since their schemas were read.
   * @param {unknown} [sql]  by default the client's own
   * @param {ReadonlySet<Schema>} [schemas]  by default those of this client's indexes
   */
  async findChanges(sql = this.#settings.sql, schemas = this.#definitions.schemas) {
    if (sql === undefined) {
      throw new TypeError(
        `verify needs options.sql: the client of ${this.#settings.read.name} has no SQL connection`,
      );
    }
    checkSql(sql, 'sql');
    const { findChanges } = require('../schema/drift.js');
    return findChanges(sql, schemas);
  }

  stats() {
    const time = now();
    const { batches, commands, bytes, bytesIn, retries, pending, errors } = this.#counters;
    return {
      connections: this.#reads.connections + (this.#writes?.connections ?? 0),
      connectionsInUse: this.#reads.connectionsInUse + (this.#writes?.connectionsInUse ?? 0),
      generation: this.#reads.connects + (this.#writes?.connects ?? 0),
      pending,
      batches,
      commands,
      bytes,
      bytesIn,
      bytesOut: bytes,
      retries,
      errors: { ...errors },
      latency: {
        queueMs: this.#counters.queue.percentiles(time),
        roundTripMs: this.#counters.roundTrip.percentiles(time),
      },
    };
  }

  close() {
    this.#closed ??= this.#scope.runInAsyncScope(() => this.#end());
    return this.#closed;
  }

  destroy() {
    this.#isDestroyed = true;
    this.close();
    this.#reads.destroy();
    this.#writes?.destroy();
  }

  /**
   * Returns what a write waits for; null if it need not wait. An index that cannot be opened does
   * harm on the write port: the server then refuses inserts until it is restarted. So the read port
   * opens it first.
   * @param {Definition} definition
   * @param {number} [until]  the write's deadline, in the time of `now()`
   * @returns {Promise<void> | null}
   */
  #readiness(definition, until = now() + this.#settings.timeoutMs) {
    if (definition === null || this.#readable.has(definition.place)) return null;
    const { read, write } = this.#settings;
    if (read.name === write?.name) return null;
    const { place } = definition;
    const last = this.#opening.get(place);
    // Do not join an open whose deadline is earlier: it would end this write too.
    const isInTime = last !== undefined && last.until >= until;
    const { opened, definition: asked } = isInTime
      ? last
      : this.#open(last?.definition ?? definition, until + OPEN_LONGER_MS);
    // Every write waits this way, so that writes keep their order.
    return opened.catch((error) => {
      const isOwn = asked === definition || error.serverMessage !== NO_SUCH_COLUMN;
      if (isOwn || this.#closed !== null) throw error;
      // Another write's wrong column must not fail this one.
      return this.#open(definition, until).opened;
    });
  }

  /**
   * Opens an index on the read port.
   * @param {Definition} definition
   * @param {number} until  deadline, in the time of `now()`
   * @returns {Opening}
   */
  #open(definition, until) {
    const { place } = definition;
    const operation = { name: 'open', isWrite: false, requests: [probe(definition)] };
    const call = new Call({ ...operation, read: readProbe });
    call.isCounted = false;
    const opened = /** @type {Promise<void>} */ (call.promise)
      .then(() => this.#noteReadable(place))
      .finally(() => {
        if (this.#opening.get(place) === opening) this.#opening.delete(place);
      });
    const opening = { definition, opened, until };
    this.#opening.set(place, opening);
    this.#reads.add(call, until);
    return opening;
  }

  /** @param {string} place */
  #noteReadable(place) {
    if (this.#readable.size === MAX_READABLE) this.#readable.clear();
    this.#readable.add(place);
  }

  /**
   * @param {string} name  of the method
   * @param {boolean} isWrite
   */
  #pipelineOf(name, isWrite) {
    const pipeline = isWrite ? this.#writes : this.#reads;
    if (pipeline !== null) return pipeline;
    throw new TypeError(
      `${name} needs options.writePath or options.writePort: the client has no port for writes`,
    );
  }

  async #end() {
    await Promise.all([this.#reads.end(), this.#writes?.end()]);
  }

  /**
   * The deadline of a call; undefined for the client's timeout from now on. The rest of a call has
   * the time that the call has left.
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
    const { read, write, traceValues } = this.#settings;
    const place = operation.isWrite ? (write ?? read) : read;
    return traceOperation(operation, place.name, traceValues, promise);
  }

  /**
   * Why the client does not accept a call now; null if it does.
   * @param {Operation} operation
   */
  #refusal({ since, call }) {
    if (call?.signal?.aborted) {
      return new AbortError({ outcome: 'not-sent', cause: call.signal.reason });
    }
    if (since !== undefined && !this.#isDestroyed) return null;
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
 * What is asked before a table is opened on each connection, and before the first write to it; null where nobody can be
 * asked.
 * @param {unknown} sql
 * @returns {Pick<import('./pipeline/pipeline.js').Hooks, 'checkKind' | 'checkSchema'>}
 */
function schemaChecks(sql) {
  if (sql === undefined) return { checkKind: null, checkSchema: null };
  const { checkSameKind, checkUnchanged } = require('../schema/drift.js');
  return {
    checkKind: (schema) => checkSameKind(sql, schema),
    checkSchema: (schema) => checkUnchanged(sql, schema),
  };
}

/**
 * An abort ends only the caller's wait: the batch that has its requests continues.
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

/**
 * The requests that open these indexes; without any, one that pings the port.
 * @param {readonly Definition[]} definitions
 */
function requestsToOpen(definitions) {
  return definitions.length > 0 ? definitions.map(probe) : [ping()];
}

function nothing() {}

/**
 * An open of an index that is in flight on the read port.
 * @typedef {object} Opening
 * @property {Definition} definition
 * @property {Promise<void>} opened
 * @property {number} until  its deadline, in the time of `now()`
 *
 * @typedef {import('./operation.js').Operation} Operation
 * @typedef {import('./instances').Definition} Definition
 * @typedef {import('../../types/schema').TableSchema} Schema
 */

module.exports = { Ports };
