'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { Connection } = require('../../core/connection.js');
const { HandlerSocketError } = require('../../errors/index.js');
const { ARRIVED, QUEUED, RequestState } = require('./call.js');
const { asShared, withOutcome } = require('./outcomes.js');
const tracing = require('../metrics/tracing.js');
const { BatchWriter } = require('./batch-writer.js');
const { ReplyDispatcher } = require('./reply-dispatcher.js');
const { Session } = require('./session.js');
const turn = require('../../runtime/turn.js');

/**
 * Replies to this many requests are dispatched in two portions, where no other batch is in flight.
 * The first callers then make their next calls, which keep the server busy during the second
 * portion.
 */
const MIN_PORTIONED = 64;

/** The server answers it, authorised or not. */
const EMPTY_COMMAND = { bytes: Buffer.from('\n'), commandCount: 1 };

/** @type {ReadonlyMap<Definition, Error>} */
const NOTHING_REFUSED = new Map();

/**
 * One connection of a pool and the batches on it. Where a function gives the secret, each connect
 * has a Connection of its own, and so a Session of its own.
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
  #onOpened;
  #idleTimeoutMs;
  #maxQueued;
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
   * @param {(definition: Definition) => void} settings.onOpened  called for each index that the
   *   server opens
   * @param {number} settings.maxQueued  batches in line behind the one in flight
   */
  constructor({ endpoint, secrets, idleTimeoutMs, counters, onOpened, maxQueued }) {
    this.#endpoint = endpoint;
    this.#secrets = secrets;
    this.#counters = counters;
    this.#onOpened = onOpened;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#maxQueued = maxQueued;
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
      const { error } = await tracing.traceSend(session.connection, EMPTY_COMMAND, until);
      this.#isOpen = error === null;
    } catch {
      this.#isOpen = false;
    } finally {
      this.#endUse();
    }
    return this.#isOpen;
  }

  /**
   * Sends requests as one batch and sets their outcomes. Never rejects.
   * @param {Request[]} requests  from the queue
   * @param {(requests: Request[]) => void} retry  takes the requests to be sent again, before this
   *   connection is idle, so that the client does not seem idle in between
   */
  async send(requests, retry) {
    this.#inFlight++;
    const state = new RequestState(QUEUED);
    for (const request of requests) request.state = state;
    try {
      const session = this.#session ?? (await this.#openSession(batchDeadline(requests)));
      const dispatcher = await this.#sendOn(session, state, requests);
      if (dispatcher === null) return;
      await this.#dispatchReplies(dispatcher);
      retry(dispatcher.retries);
    } catch (error) {
      failAll(requests, state, error);
    } finally {
      this.#endUse();
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
   * Sends a batch over a session.
   * @param {Session} session
   * @param {RequestState} state
   * @param {readonly Request[]} requests
   * @returns {Promise<ReplyDispatcher | null>} null if all requests have their outcomes already
   */
  async #sendOn(session, state, requests) {
    const { connects } = session;
    const slots = session.acquire(requests, connects);
    try {
      if (slots.some((slot) => slot.mustBeConfirmed(connects))) {
        const failed = await this.#confirmIds(session, slots, requests);
        if (failed !== null) return failed;
      }
      const live = withdrawExpired(requests);
      if (live.length === 0) return null;
      // The connection may have reconnected while ids were confirmed.
      const unopened = session.unopenedFor(live, session.connects);
      const result = await this.#exchange(session, state, unopened, live, batchDeadline(live));
      return new ReplyDispatcher(live, result, session.ids);
    } finally {
      session.release(slots);
      this.#retireIfUnused(session);
    }
  }

  /**
   * Opens indexes under ids that other indexes had, before any request uses those ids. Requests
   * whose index the server refuses to open get their outcome here.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {readonly Request[]} requests
   * @returns {Promise<ReplyDispatcher | null>} null unless the connection failed
   */
  async #confirmIds(session, slots, requests) {
    const unconfirmed = slots.filter((slot) => slot.mustBeConfirmed(session.connects));
    const live = withdrawExpired(requests);
    if (live.length === 0) return null;
    const opening = new RequestState(QUEUED);
    const result = await this.#exchange(session, opening, unconfirmed, [], batchDeadline(live));
    for (const { call, definition } of live) {
      const error = result.refused.get(definition);
      if (error !== undefined) call.withdraw(() => error);
    }
    const queued = live.filter((request) => request.isQueued);
    if (result.failure === null || queued.length === 0) return null;
    // The failed batch had none of the requests themselves.
    const failure = withOutcome(result.failure, 'not-sent');
    return new ReplyDispatcher(queued, { ...result, failure, replies: [] }, session.ids);
  }

  /**
   * Hands a batch to an executor and waits for its result.
   * @param {Session} session
   * @param {RequestState} state  of the requests
   * @param {readonly Slot[]} unopened  indexes that the batch opens first
   * @param {readonly Request[]} requests
   * @param {number} until  deadline, in the time of `now()`
   * @returns {Promise<import('./reply-dispatcher.js').BatchResult>}
   */
  async #exchange(session, state, unopened, requests, until) {
    const { connection, connects } = session;
    const batch = this.#writer.write(unopened, requests, session.ids);
    const { commandCount } = batch;
    const { byteLength } = batch.bytes;
    this.#counters.countBatch(commandCount, byteLength, 1);
    const sentAt = now();
    this.#counters.noteHandedOver(requests, sentAt);
    state.markInFlight(until);
    const sent = tracing.traceSend(connection, batch, until);
    this.#writer.release();
    const result = await sent;
    state.phase = ARRIVED;
    const failure = result.error === null ? null : asShared(result.error);
    this.#isOpen = failure === null;
    if (failure === null) this.#counters.noteReplies(result.receivedBytes, now() - sentAt);
    if (failure?.outcome === 'not-sent') {
      this.#counters.countBatch(commandCount, byteLength, -1);
    }
    // The replies of a server that has refused the secret say nothing about the commands.
    const replies = failure?.code === 'ERR_HS_AUTH' ? [] : result.replies;
    const opens = unopened.length > 0;
    const refused = opens
      ? session.noteOpened(unopened, replies, connects, this.#onOpened)
      : NOTHING_REFUSED;
    if (failure !== null) this.#endSession(session);
    return {
      replies: opens ? replies.slice(unopened.length) : replies,
      refused,
      failure,
      isReconnected: session.connects !== connects,
      address: connection.address,
    };
  }

  /** @param {ReplyDispatcher} dispatcher */
  async #dispatchReplies(dispatcher) {
    const { length } = dispatcher;
    const isPortioned = length >= MIN_PORTIONED && this.#inFlight === 1 && this.#maxQueued > 0;
    if (isPortioned) {
      while (!dispatcher.advance(length >> 1)) await turn.next();
      if (dispatcher.retries.length === 0) await nextTurn();
    }
    while (!dispatcher.advance(length)) await turn.next();
  }

  /**
   * Called when a session's connection is closed. The connection reconnects by itself, which it
   * must not do where its secret may have changed: the session ends then.
   * @param {Session} session
   */
  #endSession(session) {
    session.ids.closeAll();
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

/**
 * Withdraws the requests whose deadline has passed before anything of them was handed over.
 * @param {readonly Request[]} requests
 * @returns {readonly Request[]} the others
 */
function withdrawExpired(requests) {
  const time = now();
  let isWhole = true;
  for (const { call, isQueued } of requests) {
    if (isQueued && !call.deadline?.withdrawIfExpired(call, time)) continue;
    isWhole = false;
  }
  return isWhole ? requests : requests.filter((request) => request.isQueued);
}

/**
 * The deadline of a batch: the latest of its requests, so that no call ends before its time.
 * @param {readonly Request[]} requests
 */
function batchDeadline(requests) {
  let latest = 0;
  for (const { call } of requests) latest = Math.max(latest, call.deadline?.batchExpiresAt ?? 0);
  return latest;
}

/**
 * Fails requests whose batch threw: for want of a secret, or by a defect of ours. Neither is
 * retried (retry.js). Requests of the same calls that are still queued wait for the same secret, so
 * they fail too.
 * @param {readonly Request[]} requests
 * @param {RequestState} state
 * @param {any} error
 */
function failAll(requests, state, error) {
  for (const request of requests) {
    if (request.isQueued) request.call.withdraw(() => asShared(error));
    else if (request.state === state) request.fail(asShared(lostError(error)));
  }
}

/**
 * The error of requests that were handed over and whose executor has reported nothing.
 * @param {unknown} cause
 */
function lostError(cause) {
  return new HandlerSocketError('ERR_HS_LOST', `the batch was lost: ${cause}`, {
    outcome: 'unknown',
    cause,
  });
}

/** Resolves when callers that have their results have made their next calls. */
function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * @typedef {InstanceType<typeof Session>} Session
 * @typedef {InstanceType<typeof ReplyDispatcher>} ReplyDispatcher
 * @typedef {InstanceType<typeof RequestState>} RequestState
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { PooledConnection };
