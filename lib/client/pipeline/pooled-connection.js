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
 * The results of a batch of this many requests are given in two portions where no other batch is in
 * flight: what the first makes callers ask for keeps the server busy while they have the second.
 */
const MIN_PORTIONED = 64;

/** The server answers it, authorised or not. */
const EMPTY_COMMAND = { bytes: Buffer.from('\n'), commandCount: 1 };

/** @type {ReadonlyMap<Definition, Error>} */
const NOTHING_REFUSED = new Map();

/**
 * One connection of a pool, or one after the other, and the batches on it. A batch goes through
 * these phases:
 *
 * - queued: it waits for a secret, or until ids are confirmed that other indexes had. Nothing was
 *   handed over.
 * - in flight: its executor has it.
 * - arrived: its result is handed out.
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
  /** This one, and those before it that have batches. @type {Set<Session>} */
  #sessions = new Set();
  /** The connects of sessions before this one. */
  #formerConnects = 0;
  /** How many batches are on their way, results that are being handed out included. */
  #inFlight = 0;
  /** As performance.now() tells it. */
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
   * @param {(definition: Definition) => void} settings.onOpened  told of each index that the server
   *   opens
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

  /** Whether the last batch has succeeded and the connection was not closed since. */
  get isOpen() {
    return this.#isOpen;
  }

  /** A round trip on the wire, in milliseconds; null if nobody knows. */
  get wireMs() {
    return this.#session?.wireMs ?? null;
  }

  get isIdle() {
    return this.#inFlight === 0;
  }

  /** Whether it takes a batch that will be in line behind the one in flight. */
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
   * Nothing must be in flight: the server can keep what it had not answered, and its locks, for
   * minutes.
   */
  close() {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#isOpen = false;
    if (this.#session === null) return;
    this.#session.connection.close();
    this.#endSession(this.#session);
  }

  /** Ends what is in flight: the executors then tell its outcome. */
  destroy() {
    for (const { connection } of this.#sessions) connection.close();
  }

  /**
   * Connects, and gives whether the server has answered. It never rejects.
   * @param {number} until  as performance.now() tells it
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
   * Sends the requests as one batch and sets their outcomes. It never rejects.
   * @param {Request[]} requests  from the queue
   * @param {(requests: Request[]) => void} retry  takes those that are to be sent again: before
   *   this connection is idle, so that nobody takes the client for idle in between
   */
  async run(requests, retry) {
    this.#inFlight++;
    const state = new RequestState(QUEUED);
    for (const request of requests) request.state = state;
    try {
      const session = this.#session ?? (await this.#openSession(latestDeadline(requests)));
      const dispatcher = await this.#carry(session, state, requests);
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
    const look = () => {
      const left = this.#idleTimeoutMs - (now() - this.#lastUse);
      if (this.#inFlight > 0) this.#idleTimer = this.#watchIdleness(this.#idleTimeoutMs);
      else if (left > 0) this.#idleTimer = this.#watchIdleness(Math.ceil(left));
      else this.close();
    };
    return setTimeout(look, afterMs).unref();
  }

  /** @param {number} until  as performance.now() tells it */
  async #openSession(until) {
    const secret = await this.#askSecret(until);
    const { address, busyPollMicroseconds } = this.#endpoint;
    const maxQueued = this.#maxQueued;
    const connection = new Connection({ ...address, secret, maxQueued, busyPollMicroseconds });
    this.#session = new Session(connection);
    this.#sessions.add(this.#session);
    return this.#session;
  }

  /** @param {number} until */
  async #askSecret(until) {
    try {
      return await this.#secrets.ask(until);
    } catch (error) {
      tracing.traceFailedConnect(this.#endpoint.name, error);
      throw error;
    }
  }

  /**
   * Sends a batch and gives what is to be handed out; null if all its requests have their outcomes.
   * @param {Session} session
   * @param {RequestState} state
   * @param {readonly Request[]} requests
   */
  async #carry(session, state, requests) {
    const { connects } = session;
    const slots = session.acquire(requests, connects);
    try {
      if (slots.some((slot) => slot.mustBeConfirmed(connects))) {
        const failed = await this.#confirmIds(session, slots, requests);
        if (failed !== null) return failed;
      }
      const live = withdrawLate(requests);
      if (live.length === 0) return null;
      // It may have connected anew while ids were confirmed.
      const unopened = session.unopenedFor(live, session.connects);
      const result = await this.#exchange(session, state, unopened, live, latestDeadline(live));
      return new ReplyDispatcher(live, result, session.ids);
    } finally {
      session.release(slots);
      this.#retireIfUnused(session);
    }
  }

  /**
   * Opens indexes under ids that others had, before anything is sent under these. Requests whose
   * index is refused have their outcome then.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {readonly Request[]} requests
   * @returns {Promise<ReplyDispatcher | null>} if the connection has failed
   */
  async #confirmIds(session, slots, requests) {
    const unconfirmed = slots.filter((slot) => slot.mustBeConfirmed(session.connects));
    const live = withdrawLate(requests);
    if (live.length === 0) return null;
    const opening = new RequestState(QUEUED);
    const result = await this.#exchange(session, opening, unconfirmed, [], latestDeadline(live));
    for (const { call, definition } of live) {
      const error = result.refused.get(definition);
      if (error !== undefined) call.withdraw(() => error);
    }
    const queued = live.filter((request) => request.isQueued);
    if (result.failure === null || queued.length === 0) return null;
    // Of the requests themselves nothing was handed over.
    const failure = withOutcome(result.failure, 'not-sent');
    return new ReplyDispatcher(queued, { ...result, failure, replies: [] }, session.ids);
  }

  /**
   * Hands a batch over to an executor and waits for its word.
   * @param {Session} session
   * @param {RequestState} state  of the requests
   * @param {readonly Slot[]} unopened  what is opened first
   * @param {readonly Request[]} requests
   * @param {number} until  as performance.now() tells it
   * @returns {Promise<import('./reply-dispatcher.js').BatchResult>}
   */
  async #exchange(session, state, unopened, requests, until) {
    const { connection, connects } = session;
    const batch = this.#writer.write(unopened, requests, session.ids);
    const { commandCount } = batch;
    const { byteLength } = batch.bytes;
    this.#counters.countBatch(commandCount, byteLength, 1);
    const begun = now();
    this.#counters.noteHandedOver(requests, begun);
    state.markInFlight(until);
    const sent = tracing.traceSend(connection, batch, until);
    this.#writer.release();
    const result = await sent;
    state.phase = ARRIVED;
    const failure = result.error === null ? null : asShared(result.error);
    this.#isOpen = failure === null;
    if (failure === null) this.#counters.noteReplies(result.receivedBytes, now() - begun);
    if (failure?.outcome === 'not-sent') {
      this.#counters.countBatch(commandCount, byteLength, -1);
    }
    // What a server says that has refused the secret is about nothing else.
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
   * The connection is closed. It makes a new connect by itself; where its secret may be another one
   * by then, it must not.
   * @param {Session} session
   */
  #endSession(session) {
    session.ids.closeAll();
    if (!this.#secrets.changes || session !== this.#session) return;
    this.#session = null;
    this.#retireIfUnused(session);
  }

  /**
   * Ends a session that another one has taken the place of, when no batch is left on it: what was
   * in line may have connected it anew.
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
 * Takes back those requests of which the time is over, and gives the others. Nothing of any was
 * handed over.
 * @param {readonly Request[]} requests
 * @returns {readonly Request[]}
 */
function withdrawLate(requests) {
  const time = now();
  let isWhole = true;
  for (const { call, isQueued } of requests) {
    if (isQueued && !call.deadline?.withdrawIfExpired(call, time)) continue;
    isWhole = false;
  }
  return isWhole ? requests : requests.filter((request) => request.isQueued);
}

/** @param {readonly Request[]} requests */
function latestDeadline(requests) {
  let latest = 0;
  for (const { call } of requests) latest = Math.max(latest, call.deadline?.batchExpiresAt ?? 0);
  return latest;
}

/**
 * Fails the requests that a batch could not be sent for. What waits in the queue of the same calls
 * waited for the same.
 * @param {readonly Request[]} requests
 * @param {RequestState} state
 * @param {any} error
 */
function failAll(requests, state, error) {
  for (const request of requests) {
    if (request.isQueued) request.call.withdraw(() => asShared(error));
    else if (request.state === state) request.fail(asShared(wentAstray(error)));
  }
}

/**
 * The error of what was handed over, and of which the executor has said nothing.
 * @param {unknown} cause
 */
function wentAstray(cause) {
  return new HandlerSocketError('ERR_HS_LOST', `the batch was lost: ${cause}`, {
    outcome: 'unknown',
    cause,
  });
}

/** Until those who were given their results have made their next calls. */
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
