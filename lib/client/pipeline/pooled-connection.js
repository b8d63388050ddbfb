'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { Connection } = require('../../core/connection.js');
const { ARRIVED, QUEUED, RequestState } = require('./call.js');
const { batchDeadline, failAll, withdrawExpired } = require('./batch-requests.js');
const { asShared } = require('./outcomes.js');
const tracing = require('../metrics/tracing.js');
const { BatchWriter } = require('./batch-writer.js');
const { IndexOpener } = require('./index-opener.js');
const { ReplyDispatcher } = require('./reply-dispatcher.js');
const { Session } = require('./session.js');
const turn = require('../../runtime/turn.js');

/**
 * Replies to this many requests are dispatched in two portions if no other batch is in flight.
 * The first callers then make their next calls, which keep the server busy during the second
 * portion.
 */
const MIN_PORTIONED = 64;

/** The server answers the empty command even on an unauthorised connection. */
const EMPTY_COMMAND = { bytes: Buffer.from('\n'), commandCount: 1 };

/** @type {readonly Request[]} */
const NO_REQUESTS = [];

/** @type {ReadonlyMap<Definition, Error>} */
const NOTHING_REFUSED = new Map();

/**
 * One connection of a pool and the batches on it. If a function gives the secret, each connect
 * makes a new Connection and a new Session.
 *
 * The Pipeline calls `send` with requests. Their batch goes through these phases (call.js):
 *
 *   queued ───────────────────► in flight ─────────────► arrived
 *   waits for a secret, or      its executor has it      ReplyDispatcher sets
 *   until reused ids are                                 the outcomes
 *   confirmed (index-ids.js)
 *
 * The ConnectionPool calls `open` on a connection that it adds, and `close` at the end.
 */
class PooledConnection {
  #endpoint;
  #secrets;
  #counters;
  #hooks;
  #idleTimeoutMs;
  #maxQueued;
  #opener;
  #writer = new BatchWriter();
  /** @type {Session | null} */
  #session = null;
  /** The current session, and former ones that still have batches. @type {Set<Session>} */
  #sessions = new Set();
  /** The connects of sessions before this one. */
  #formerConnects = 0;
  /** How many batches are in flight, or have outcomes that are not set yet. */
  #inFlight = 0;
  /** In the time of `now()`. */
  #lastUse = 0;
  /** Runs while there is a connection that may be idle. @type {NodeJS.Timeout | null} */
  #idleTimer = null;
  #isOpen = false;

  /**
   * @param {object} settings
   * @param {import('../options.js').Endpoint} settings.endpoint
   * @param {import('../instances').SecretSource} settings.secrets
   * @param {number} settings.idleTimeoutMs
   * @param {import('../instances').Counters} settings.counters
   * @param {import('./pipeline.js').Hooks} settings.hooks
   * @param {number} settings.maxQueued  batches in line behind the one in flight
   */
  constructor({ endpoint, secrets, idleTimeoutMs, counters, hooks, maxQueued }) {
    this.#endpoint = endpoint;
    this.#secrets = secrets;
    this.#counters = counters;
    this.#hooks = hooks;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#maxQueued = maxQueued;
    this.#opener = new IndexOpener(hooks, this.#openIndexes);
  }

  /** Whether the last batch succeeded and the connection has not been closed since. */
  get isOpen() {
    return this.#isOpen;
  }

  /** A round trip on the wire, in milliseconds; null if unknown. */
  get wireMs() {
    return this.#session?.wireMs ?? null;
  }

  get isIdle() {
    return this.#inFlight === 0;
  }

  /** Whether it takes a batch in line behind the one in flight. */
  get canQueue() {
    return this.#inFlight <= this.#maxQueued && this.#isOpen;
  }

  get isConnected() {
    return this.#session?.isConnected === true;
  }

  /** How many connects have succeeded. */
  get connects() {
    return this.#formerConnects + (this.#session?.connects ?? 0);
  }

  /**
   * Closes the connection. Nothing may be in flight: the server can keep what it has not answered,
   * and its locks, for minutes.
   */
  close() {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#isOpen = false;
    if (this.#session === null) return;
    this.#session.connection.close();
    this.#endSession(this.#session);
  }

  /** Ends what is in flight; the executors then state its outcome. */
  destroy() {
    for (const { connection } of this.#sessions) connection.close();
  }

  /**
   * Connects.
   * @param {number} until  deadline, in the time of `now()`
   * @returns {Promise<boolean>} whether the server has answered; never rejects
   */
  async open(until) {
    this.#inFlight++;
    try {
      const session = this.#session ?? (await this.#openSession(until));
      session.noteHandedOver();
      const { error } = await tracing.traceSend(session.connection, EMPTY_COMMAND, until);
      session.noteArrived();
      this.#isOpen = error === null;
    } catch {
      this.#isOpen = false;
    } finally {
      this.#endUse();
    }
    return this.#isOpen;
  }

  /**
   * Sends requests as one batch and sets their outcomes. Never rejects. An `await` costs as much as
   * a tenth of a row, so a batch that has nothing to wait for but its replies has only one.
   * @param {Request[]} requests  from the queue
   * @param {object} report
   * @param {(requests: Request[]) => void} report.retry  takes the requests to be sent again,
   *   before this connection is idle, so that the client does not seem idle in between
   * @param {() => void} report.onEnd  called when all outcomes are set
   */
  async send(requests, { retry, onEnd }) {
    this.#inFlight++;
    const state = new RequestState(QUEUED);
    for (const request of requests) request.state = state;
    try {
      const session = this.#session ?? (await this.#openSession(batchDeadline(requests)));
      const slots = session.acquire(requests);
      /** @type {ReplyDispatcher | null} */
      let dispatcher = null;
      try {
        if (this.#opener.mustRun(session, slots)) {
          dispatcher = await this.#opener.run(session, slots, requests);
        }
        const time = now();
        const live = dispatcher === null ? withdrawExpired(requests, time) : NO_REQUESTS;
        if (live.length > 0) {
          const exchange = this.#handOver(session, state, session.unopenedFor(live), live, time);
          const result = this.#take(exchange, await exchange.sent);
          dispatcher = new ReplyDispatcher(live, result, session.ids);
        }
      } finally {
        session.release(slots);
        this.#retireIfUnused(session);
      }
      if (dispatcher === null) return;
      if (this.#isPortioned(dispatcher)) await this.#dispatchFirstPortion(dispatcher);
      while (!dispatcher.advance(dispatcher.length)) await turn.next();
      retry(dispatcher.retries);
    } catch (error) {
      failAll(requests, state, error);
    } finally {
      this.#endUse();
      onEnd();
    }
  }

  #endUse() {
    this.#inFlight--;
    this.#lastUse = now();
    this.#idleTimer ??= this.#watchIdleness(this.#idleTimeoutMs);
  }

  /**
   * @param {number} afterMs
   * @returns {NodeJS.Timeout}
   */
  #watchIdleness(afterMs) {
    const check = () => {
      const left = this.#idleTimeoutMs - (now() - this.#lastUse);
      if (this.#inFlight > 0) this.#idleTimer = this.#watchIdleness(this.#idleTimeoutMs);
      else if (left > 0) this.#idleTimer = this.#watchIdleness(Math.ceil(left));
      else this.close();
    };
    return setTimeout(check, afterMs).unref();
  }

  /** @param {number} until  deadline, in the time of `now()` */
  async #openSession(until) {
    const secret = await this.#getSecret(until);
    const { address, busyPollMicroseconds } = this.#endpoint;
    const maxQueued = this.#maxQueued;
    const connection = new Connection({ ...address, secret, maxQueued, busyPollMicroseconds });
    this.#session = new Session(connection);
    this.#sessions.add(this.#session);
    return this.#session;
  }

  /** @param {number} until */
  async #getSecret(until) {
    try {
      return await this.#secrets.get(until);
    } catch (error) {
      tracing.traceFailedConnect(this.#endpoint.name, error);
      throw error;
    }
  }

  /**
   * Hands a batch to an executor.
   * @param {Session} session
   * @param {RequestState} state  of the requests
   * @param {readonly Slot[]} unopened  indexes that the batch opens first
   * @param {readonly Request[]} requests
   * @param {number} time  now
   * @param {number} [until]  deadline, like `time` in the time of `now()`
   * @returns {Exchange}
   */
  #handOver(session, state, unopened, requests, time, until = batchDeadline(requests)) {
    const { connects } = session;
    const batch = this.#writer.write(unopened, requests, session.ids);
    const { commandCount } = batch;
    const { byteLength } = batch.bytes;
    this.#counters.countBatch(commandCount, byteLength, 1);
    this.#counters.noteHandedOver(requests, time);
    state.markInFlight(until);
    session.noteHandedOver();
    const sent = tracing.traceSend(session.connection, batch, until);
    this.#writer.release();
    return { session, connects, state, unopened, commandCount, byteLength, sentAt: time, sent };
  }

  /**
   * Takes what the executor has reported of a batch.
   * @param {Exchange} exchange
   * @param {import('../../core/send.js').SendResult} result
   * @returns {import('./reply-dispatcher.js').BatchResult}
   */
  #take({ session, connects, state, unopened, commandCount, byteLength, sentAt }, result) {
    session.noteArrived();
    state.phase = ARRIVED;
    const failure = result.error === null ? null : asShared(result.error);
    this.#isOpen = failure === null;
    if (failure === null) this.#counters.noteReplies(result.receivedBytes, sentAt, now());
    if (failure?.outcome === 'not-sent') {
      this.#counters.countBatch(commandCount, byteLength, -1);
    }
    // The replies of a server that has refused the secret say nothing about the commands.
    const replies = failure?.code === 'ERR_HS_AUTH' ? [] : result.replies;
    const opens = unopened.length > 0;
    const refused = opens
      ? session.noteOpened(unopened, replies, connects, this.#hooks.onOpened)
      : NOTHING_REFUSED;
    if (failure !== null) this.#endSession(session);
    return {
      replies: opens ? replies.slice(unopened.length) : replies,
      refused,
      failure,
      isReconnected: session.connects !== connects,
      address: session.connection.address,
    };
  }

  /**
   * Sends a batch that only opens indexes, and waits for its result.
   * @type {import('./index-opener.js').OpenIndexes}
   */
  #openIndexes = async (session, unopened, until) => {
    const state = new RequestState(QUEUED);
    const exchange = this.#handOver(session, state, unopened, NO_REQUESTS, now(), until);
    return this.#take(exchange, await exchange.sent);
  };

  /** @param {ReplyDispatcher} dispatcher */
  #isPortioned({ length }) {
    return length >= MIN_PORTIONED && this.#inFlight === 1 && this.#maxQueued > 0;
  }

  /** @param {ReplyDispatcher} dispatcher */
  async #dispatchFirstPortion(dispatcher) {
    while (!dispatcher.advance(dispatcher.length >> 1)) await turn.next();
    if (dispatcher.retries.length === 0) await nextTurn();
  }

  /**
   * Called when a session's connection is closed. The connection reconnects by itself, which it
   * must not do if its secret may have changed: the session ends then.
   * @param {Session} session
   */
  #endSession(session) {
    session.ids.closeAll();
    session.checks.forget();
    session.kindChecks.forget();
    if (!this.#secrets.isDynamic || session !== this.#session) return;
    this.#session = null;
    this.#retireIfUnused(session);
  }

  /**
   * Drops a former session once no batch uses it. A batch in line may have reconnected it, so it is
   * closed.
   * @param {Session} session
   */
  #retireIfUnused(session) {
    if (session === this.#session || !session.isUnused) return;
    this.#sessions.delete(session);
    this.#formerConnects += session.connects;
    session.connection.close();
  }
}

/** Resolves when callers that have their results have made their next calls. */
function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A batch that an executor has.
 * @typedef {object} Exchange
 * @property {Session} session
 * @property {number} connects  the connect count when the batch was handed over
 * @property {RequestState} state  of its requests
 * @property {readonly Slot[]} unopened  indexes that it opens first
 * @property {number} commandCount
 * @property {number} byteLength
 * @property {number} sentAt  in the time of `now()`
 * @property {Promise<import('../../core/send.js').SendResult>} sent  never rejects
 *
 * @typedef {InstanceType<typeof Session>} Session
 * @typedef {InstanceType<typeof ReplyDispatcher>} ReplyDispatcher
 * @typedef {import('../instances').RequestState} RequestState
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { PooledConnection };
