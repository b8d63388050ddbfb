'use strict';

const { nextTick, now } = require('../../runtime/clock.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { withOutcome } = require('./outcomes.js');
const { Deadlines } = require('./deadline.js');
const { CallQueue } = require('./call-queue.js');
const { ConnectionPool } = require('./connection-pool.js');

/*
 * Auto-pipelining. Calls made in one turn of the event loop travel in one batch, and calls made
 * during a round trip make up the next batch.
 *
 *   Call ──► CallQueue ──► batch ──► PooledConnection ──► Session (connection, index ids)
 *                ▲                        │
 *                └────── retries ──── ReplyDispatcher ──► Call
 *
 * All weights are in look-ups by key. A range weighs by the number of rows that it may return.
 */

/**
 * Bounds of a batch. They keep the wait short for a call that is behind this batch and the next
 * one: the server does this many look-ups in a few milliseconds.
 */
const MAX_BATCH_WEIGHT = 512;
const MAX_BATCH_BYTES = 1024 * 1024;
/** Most batches need one index; index-ids.js says why there is a bound. */
const MAX_BATCH_DEFINITIONS = 64;
/** How much of a batch one call gets before the other calls have their turn. */
const MAX_TURN_WEIGHT = 128;
/** Smaller batches are not split over several connections. */
const MIN_SHARE = 16;
/** Smaller batches are not sent ahead, in line behind the batch in flight. */
const MIN_QUEUED = 32;

/**
 * A microtask queued on it runs after the handlers of earlier results. Those handlers may be making
 * the next calls.
 */
const SOON = Promise.resolve();

/**
 * The calls to one port of a server, and the connections that carry them.
 *
 * Client calls `add` for each call. At the end of the turn, `#dispatch` takes batches from the
 * queue and hands them to idle connections; it runs again when a batch has ended. `end` waits for
 * all calls, `destroy` ends them.
 */
class Pipeline {
  #timeoutMs;
  #counters;
  #scope;
  #pool;
  #deadlines;
  #queue = new CallQueue();
  /** Requests to be sent again, before all others. @type {Request[]} */
  #retries = [];
  #retriesWeight = 0;
  /**
   * The deadline that the calls of this turn share.
   * @type {import('../instances').Deadline | null}
   */
  #deadline = null;
  #isScheduled = false;
  /** How many calls wait for their `ready` promise before they are queued. */
  #held = 0;
  #isDestroyed = false;
  /** Called once nothing waits and nothing is in flight. @type {(() => void)[]} */
  #onIdle = [];

  /**
   * @param {import('../options.js').Endpoint} endpoint
   * @param {{ timeoutMs: number, idleTimeoutMs: number }} settings
   * @param {object} shared  with the client's other pipeline
   * @param {import('../instances').Counters} shared.counters
   * @param {import('node:async_hooks').AsyncResource} shared.scope  the client's async context, in
   *   which the pipeline runs
   * @param {import('../instances').SecretSource} secrets
   * @param {Partial<Hooks>} [hooks]
   */
  constructor(endpoint, { timeoutMs, idleTimeoutMs }, { counters, scope }, secrets, hooks) {
    this.#timeoutMs = timeoutMs;
    this.#counters = counters;
    this.#scope = scope;
    this.#deadlines = new Deadlines(endpoint.name, counters, scope);
    this.#pool = new ConnectionPool(endpoint, secrets, {
      idleTimeoutMs,
      counters,
      hooks: { onOpened: nothing, checkKind: null, checkSchema: null, ...hooks },
    });
  }

  get address() {
    return this.#deadlines.address;
  }

  get connects() {
    return this.#pool.connects;
  }

  get connections() {
    return this.#pool.connected;
  }

  get connectionsInUse() {
    return this.#pool.inUse;
  }

  /**
   * Queues a call.
   * @param {Call} call
   * @param {number} [until]  deadline, in the time of `now()`; by default the client's timeout from
   *   now on
   * @param {boolean} [isOfCall]  whether the caller gave the deadline, for this call alone; its
   *   batch then has the client's timeout, so that the connection outlives the call
   * @param {Promise<void> | null} [ready]  queue the call once it resolves; if it rejects, the call
   *   is not sent
   */
  add(call, until, isOfCall = false, ready = null) {
    const time = now();
    if (until !== undefined) {
      const batchUntil = isOfCall ? Math.max(until, time + this.#timeoutMs) : until;
      this.#deadlines.begin(time, until, batchUntil).add(call);
    } else {
      if (!this.#deadline?.isFresh(time)) {
        this.#deadline = this.#deadlines.begin(time, time + this.#timeoutMs);
      }
      this.#deadline.add(call);
    }
    if (ready === null) this.#enqueue(call);
    else this.#hold(call, ready);
  }

  /** @param {Call} call */
  #enqueue(call) {
    // One that was held may have ended meanwhile; then a close may wait for this.
    if (!call.isSettled) this.#queue.push(call);
    this.#schedule();
  }

  /**
   * @param {Call} call
   * @param {Promise<void>} ready
   */
  #hold(call, ready) {
    this.#held++;
    const release = () => {
      this.#held--;
      this.#enqueue(call);
    };
    ready.then(release, (error) => {
      call.withdraw(() => withOutcome(error, 'not-sent'));
      release();
    });
  }

  /**
   * Ends all calls now. Queued requests were not sent; the executors state the outcome of those in
   * flight.
   */
  destroy() {
    this.#isDestroyed = true;
    const errorOf = () => {
      return new HandlerSocketError('ERR_HS_CLOSED', 'the client was destroyed', {
        address: this.address,
        outcome: 'not-sent',
      });
    };
    this.#deadlines.withdrawAll(errorOf);
    this.#pool.destroy();
    this.#schedule();
  }

  /** Waits until nothing waits and nothing is in flight, then closes the connections. */
  async end() {
    if (!this.#isIdle) await new Promise((resolve) => this.#onIdle.push(() => resolve(undefined)));
    this.#pool.close();
  }

  /** The weight of all requests that are not in a batch. */
  get #waiting() {
    return this.#queue.weight + this.#retriesWeight;
  }

  get #isIdle() {
    return this.#waiting === 0 && this.#held === 0 && this.#pool.isIdle;
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Runs after all microtasks, also if a timer's callback made the call.
    SOON.then(this.#afterMicrotasks);
  }

  #afterMicrotasks = () => nextTick(this.#dispatchInScope);

  // Batches, connects and timers outlive the call that starts them, so they belong to the client.
  #dispatchInScope = () => this.#scope.runInAsyncScope(this.#dispatch);

  #dispatch = () => {
    this.#isScheduled = false;
    this.#deadline = null;
    const { usable, mayQueue } = this.#pool;
    let idle = 0;
    for (const connection of usable) if (connection.isIdle) idle++;
    // One more connection would get a batch that is large enough.
    const isCrowded = this.#waiting > MIN_SHARE * idle;
    for (const connection of usable) {
      if (this.#waiting === 0) break;
      if (connection.isIdle) this.#send(connection, Math.max(this.#waiting / idle--, MIN_SHARE));
      const queuesAhead = mayQueue && this.#waiting >= MIN_QUEUED;
      if (queuesAhead && connection.canQueue) this.#send(connection, this.#waiting);
    }
    if (isCrowded || this.#waiting > 0) this.#pool.grow(this.#timeoutMs, this.#onGrown);
    if (this.#onIdle.length > 0 && this.#isIdle) {
      for (const onIdle of this.#onIdle.splice(0)) onIdle();
    }
  };

  #onGrown = () => this.#schedule();

  /**
   * @param {import('../instances').PooledConnection} connection
   * @param {number} share  weight of the batch
   */
  #send(connection, share) {
    const requests = this.#take(Math.min(Math.ceil(share), MAX_BATCH_WEIGHT));
    if (requests.length === 0) return;
    connection.send(requests, this.#report);
  }

  #report = {
    /** @param {Request[]} requests  to be sent again */
    retry: (requests) => this.#retry(requests),
    onEnd: () => {
      if (this.#waiting > 0 || this.#onIdle.length > 0) this.#schedule();
    },
  };

  /** @param {Request[]} requests */
  #retry(requests) {
    this.#counters.retries += requests.length;
    for (const request of requests) {
      this.#retriesWeight += request.weight;
      this.#retries.push(request);
    }
    if (this.#isDestroyed && requests.length > 0) this.destroy();
  }

  /**
   * Takes the next batch: retries first, then a share of each call in turn.
   * @param {number} most  its weight
   */
  #take(most) {
    const selection = new Selection();
    this.#takeRetries(selection);
    while (!selection.isFull(most)) {
      const call = this.#queue.shift();
      if (call === null) break;
      takeFrom(call, selection, Math.min(selection.weight + MAX_TURN_WEIGHT, most));
      if (call.taken < call.requests.length) this.#queue.push(call);
    }
    return selection.requests;
  }

  /** @param {Selection} selection */
  #takeRetries(selection) {
    let taken = 0;
    /** @type {Call | null} */
    let last = null;
    for (const request of this.#retries) {
      const { call } = request;
      const isTied = call.isUnit && call === last;
      if (selection.isFull(MAX_BATCH_WEIGHT) && !isTied) break;
      this.#retriesWeight -= request.weight;
      selection.addUnlessDone(request);
      last = call;
      taken++;
    }
    if (taken > 0) this.#retries.splice(0, taken);
  }
}

function nothing() {}

/**
 * Moves requests of a call into a batch.
 * @param {Call} call
 * @param {Selection} selection
 * @param {number} most
 */
function takeFrom(call, selection, most) {
  const { isUnit, requests } = call;
  while (call.taken < requests.length) {
    if (!isUnit && selection.isFull(most)) return;
    const request = requests[call.taken++];
    call.waiting -= request.weight;
    selection.addUnlessDone(request);
  }
}

/** The requests of the next batch, and how much of its bounds they use. */
class Selection {
  /** @type {Request[]} */
  requests = [];
  weight = 0;
  #bytes = 0;
  /** @type {import('../instances').Definition | null} */
  #last = null;
  /** null while there is only one. @type {Set<import('../instances').Definition> | null} */
  #definitions = null;

  /** @param {number} weight */
  isFull(weight) {
    return (
      this.weight >= weight ||
      this.#bytes >= MAX_BATCH_BYTES ||
      (this.#definitions !== null && this.#definitions.size >= MAX_BATCH_DEFINITIONS)
    );
  }

  /** @param {Request} request  which may have ended while it waited */
  addUnlessDone(request) {
    if (request.isDone) return;
    const { definition } = request;
    this.requests.push(request);
    this.weight += request.weight;
    this.#bytes += request.command.size;
    if (definition === this.#last) return;
    if (this.#last !== null) {
      this.#definitions ??= new Set([this.#last]);
      this.#definitions.add(definition);
    }
    this.#last = definition;
  }
}

/**
 * @typedef {object} Hooks
 * @property {(definition: import('../instances').Definition) => void} onOpened  called for each
 *   index that the server opens
 * @property {((schema: import('../../../types/schema').TableSchema) => Promise<void>) | null} checkKind  rejects if
 *   a table became what is a danger to open: asked on each connection before the table is opened there
 * @property {((schema: import('../../../types/schema').TableSchema) => Promise<void>) | null} checkSchema  rejects
 *   if a table does not match its schema; called on each connection once the table is open there,
 *   before any request uses it
 *
 * @typedef {import('../instances').Call} Call
 * @typedef {import('../instances').Request} Request
 */

module.exports = { Pipeline };
