'use strict';

const { nextTick, now } = require('../../runtime/clock.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { withOutcome } = require('./outcomes.js');
const { Deadlines } = require('./deadline.js');
const { CallQueue } = require('./call-queue.js');
const { ConnectionPool } = require('./connection-pool.js');

/*
 * Auto-pipelining. Calls made in one turn of the event loop travel together, and what arrives while
 * a round trip is in flight makes up the next one.
 *
 *   Call ──► CallQueue ──► batch ──► PooledConnection ──► Session (connection, index ids)
 *              ▲                          │
 *              └── to be repeated ────────┤
 *                                      HandOut ──► Call
 */

/**
 * Bounds of a batch: a call that waits behind it and behind the next one waits no longer than these
 * take. Weights are in look-ups by key, of which the server does so many in a few milliseconds; a
 * range weighs by the rows that may come back.
 */
const MAX_BATCH_WEIGHT = 512;
const MAX_BATCH_BYTES = 1024 * 1024;
/** Few batches need more indexes than one; see IndexIds for why there is a bound. */
const MAX_BATCH_DEFINITIONS = 64;
/** How much of a batch a call gets before others have their turn. */
const MAX_TURN_WEIGHT = 128;
/** Less than this is not worth another connection's batch. */
const MIN_SHARE = 16;
/** So much does not wait for the end of a round trip, but in line behind it. */
const MIN_QUEUED = 32;

/**
 * A microtask that is queued now runs after the handlers of results that were given before, which
 * may be making the next calls.
 */
const SOON = Promise.resolve();

/** The calls to one port of a server, and the connections that carry them. */
class Pipeline {
  #timeoutMs;
  #counters;
  #scope;
  #pool;
  #deadlines;
  #queue = new CallQueue();
  /** Requests to be sent again: before all others. @type {Request[]} */
  #repeats = [];
  #repeatsWeight = 0;
  /** That of the calls of this turn. @type {import('../instances').Deadline | null} */
  #deadline = null;
  #isScheduled = false;
  /** How many calls wait for something else before they are queued. */
  #held = 0;
  #isDestroyed = false;
  /** Called when nothing waits and nothing is in flight. @type {(() => void)[]} */
  #onIdle = [];

  /**
   * @param {import('../options.js').Place} endpoint
   * @param {{ timeoutMs: number, idleTimeoutMs: number }} settings
   * @param {object} shared  with the client's other pipeline
   * @param {import('../instances').Counters} shared.counters
   * @param {import('node:async_hooks').AsyncResource} shared.scope  the client's async context, in
   *   which all of it runs
   * @param {import('../instances').SecretSource} secrets
   * @param {(definition: import('../instances').Definition) => void} [onOpened]  told of each index
   *   that the server opens
   */
  constructor(
    endpoint,
    { timeoutMs, idleTimeoutMs },
    { counters, scope },
    secrets,
    onOpened = nothing,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#counters = counters;
    this.#scope = scope;
    this.#deadlines = new Deadlines(endpoint.name, counters, scope);
    this.#pool = new ConnectionPool(endpoint, secrets, { idleTimeoutMs, counters, onOpened });
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
   * @param {Call} call
   * @param {number} [until]  as performance.now() tells it, where it is not the client's time from
   *   now on
   * @param {boolean} [isItsOwn]  whether that is the time of this call alone: then a batch that has
   *   it goes on for the client's time, and the connection outlives the call
   * @param {Promise<void> | null} [ready]  what it waits for before it is queued: where that
   *   rejects, the call is not sent
   */
  add(call, until, isItsOwn = false, ready = null) {
    const time = now();
    if (until !== undefined) {
      const batchUntil = isItsOwn ? Math.max(until, time + this.#timeoutMs) : until;
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
   * Ends everything now. What is queued was not sent; of what is in flight the executors tell the
   * outcome.
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

  /** Resolves when nothing waits and nothing is in flight; closes the connections then. */
  async end() {
    if (!this.#isIdle) await new Promise((resolve) => this.#onIdle.push(() => resolve(undefined)));
    this.#pool.close();
  }

  /** The weight of the requests that wait. */
  get #waiting() {
    return this.#queue.weight + this.#repeatsWeight;
  }

  get #isIdle() {
    return this.#waiting === 0 && this.#held === 0 && this.#pool.isIdle;
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all microtasks, also where a timer's callback made the call.
    SOON.then(this.#afterMicrotasks);
  }

  #afterMicrotasks = () => nextTick(this.#dispatchInScope);

  // Batches, connects and timers outlive the call for which they begin.
  #dispatchInScope = () => this.#scope.runInAsyncScope(this.#dispatch);

  #dispatch = () => {
    this.#isScheduled = false;
    this.#deadline = null;
    const { usable, mayQueue } = this.#pool;
    let idle = 0;
    for (const connection of usable) if (connection.isIdle) idle++;
    // Another connection would have a share worth its while.
    const isCrowded = this.#waiting > MIN_SHARE * idle;
    for (const connection of usable) {
      if (this.#waiting === 0) break;
      if (connection.isIdle) this.#send(connection, Math.max(this.#waiting / idle--, MIN_SHARE));
      const isWorthIt = mayQueue && this.#waiting >= MIN_QUEUED;
      if (isWorthIt && connection.canQueue) this.#send(connection, this.#waiting);
    }
    if (isCrowded || this.#waiting > 0) this.#pool.grow(this.#timeoutMs, this.#onGrown);
    if (this.#onIdle.length > 0 && this.#isIdle) {
      for (const onIdle of this.#onIdle.splice(0)) onIdle();
    }
  };

  #onGrown = () => this.#schedule();

  /**
   * @param {import('../instances').PooledConnection} connection
   * @param {number} share  how much of what waits it is to get
   */
  #send(connection, share) {
    const requests = this.#take(Math.min(Math.ceil(share), MAX_BATCH_WEIGHT));
    if (requests.length === 0) return;
    connection.run(requests, this.#repeat).then(() => {
      if (this.#waiting > 0 || this.#onIdle.length > 0) this.#schedule();
    });
  }

  /** @param {Request[]} requests  to be sent again */
  #repeat = (requests) => {
    this.#counters.retries += requests.length;
    for (const request of requests) {
      this.#repeatsWeight += request.weight;
      this.#repeats.push(request);
    }
    if (this.#isDestroyed && requests.length > 0) this.destroy();
  };

  /**
   * The next batch: first those that go for the second time, then a share of each call in turn.
   * @param {number} most
   */
  #take(most) {
    const selection = new Selection();
    this.#takeRepeats(selection);
    while (!selection.isFull(most)) {
      const call = this.#queue.shift();
      if (call === null) break;
      takeOf(call, selection, Math.min(selection.weight + MAX_TURN_WEIGHT, most));
      if (call.taken < call.requests.length) this.#queue.push(call);
    }
    return selection.requests;
  }

  /** @param {Selection} selection */
  #takeRepeats(selection) {
    let taken = 0;
    /** @type {Call | null} */
    let last = null;
    for (const request of this.#repeats) {
      const { call } = request;
      const isTied = call.isUnit && call === last;
      if (selection.isFull(MAX_BATCH_WEIGHT) && !isTied) break;
      this.#repeatsWeight -= request.weight;
      selection.addUnlessDone(request);
      last = call;
      taken++;
    }
    if (taken > 0) this.#repeats.splice(0, taken);
  }
}

function nothing() {}

/**
 * Moves requests of a call into a batch.
 * @param {Call} call
 * @param {Selection} selection
 * @param {number} most
 */
function takeOf(call, selection, most) {
  const { isUnit, requests } = call;
  while (call.taken < requests.length) {
    if (!isUnit && selection.isFull(most)) return;
    const request = requests[call.taken++];
    call.waiting -= request.weight;
    selection.addUnlessDone(request);
  }
}

/** Requests that make up a batch. */
class Selection {
  /** @type {Request[]} */
  requests = [];
  weight = 0;
  #bytes = 0;
  /** @type {import('../instances').Definition | null} */
  #last = null;
  /** Where there are several. @type {Set<import('../instances').Definition> | null} */
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
 * @typedef {import('../instances').Call} Call
 * @typedef {import('../instances').Request} Request
 */

module.exports = { Pipeline };
