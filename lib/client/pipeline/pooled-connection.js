'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { Connection } = require('../../core/connection.js');
const { ARRIVED, QUEUED, RequestState } = require('./call.js');
const { batchDeadline, failAll, withdrawExpired, withdrawRefused } = require('./batch-requests.js');
const { asShared, withOutcome } = require('./outcomes.js');
const tracing = require('../metrics/tracing.js');
const { BatchWriter } = require('./batch-writer.js');
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
    const slots = session.acquire(requests, session.connects);
    try {
      const failed = await this.#openFirst(session, slots, requests);
      if (failed !== null) return failed;
      const live = withdrawExpired(requests);
      if (live.length === 0) return null;
      // The connection may have reconnected while indexes were opened first.
      const unopened = session.unopenedFor(live, session.connects);
      const result = await this.#exchange(session, state, unopened, live, batchDeadline(live));
      return new ReplyDispatcher(live, result, session.ids);
    } finally {
      session.release(slots);
      this.#retireIfUnused(session);
    }
  }

  /**
   * Opens indexes before any request uses them: those under ids that other indexes had, and those
   * of tables that have to match their schemas, since an open table is not changed. Requests whose
   * index is refused get their outcome here.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {readonly Request[]} requests
   * @returns {Promise<ReplyDispatcher | null>} null unless the connection failed
   */
  async #openFirst(session, slots, requests) {
    for (;;) {
      const { connects } = session;
      const mayWait = slots.some((slot) => this.#isOpenedFirst(session, slot));
      if (!mayWait) return null;
      const live = withdrawExpired(requests);
      const asked = new Set(live.map(({ definition }) => definition));
      const first = slots.filter(
        (slot) => asked.has(slot.definition) && this.#isOpenedFirst(session, slot),
      );
      if (first.length === 0) return null;
      const unopened = first.filter((slot) => !slot.isOpen(connects));
      if (unopened.length > 0) {
        const until = batchDeadline(live);
        const result = await this.#exchange(session, new RequestState(QUEUED), unopened, [], until);
        withdrawRefused(live, result.refused);
        const queued = live.filter((request) => request.isQueued);
        if (result.failure !== null && queued.length > 0) {
          // The failed batch had none of the requests themselves.
          const failure = withOutcome(result.failure, 'not-sent');
          return new ReplyDispatcher(queued, { ...result, failure, replies: [] }, session.ids);
        }
      }
      withdrawRefused(live, await this.#checkSchemas(session, first, batchDeadline(live)));
    }
  }

  /**
   * Whether an index has to be open before any request uses it.
   * @param {Session} session
   * @param {Slot} slot
   */
  #isOpenedFirst(session, slot) {
    const { connects, checks } = session;
    if (slot.mustBeConfirmed(connects)) return true;
    if (this.#hooks.checkSchema === null || slot.definition.schema === undefined) return false;
    // An index opened together with a write might be opened on a new connection, whose tables were
    // not checked.
    return !slot.isOpen(connects) || !checks.isDone(slot.definition.schema);
  }

  /**
   * Checks that the tables of open indexes match their schemas.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {number} until  deadline, in the time of `now()`
   */
  #checkSchemas(session, slots, until) {
    const { checkSchema } = this.#hooks;
    if (checkSchema === null) return NOTHING_REFUSED;
    const { connects } = session;
    const opened = slots.filter((slot) => slot.isOpen(connects)).map((slot) => slot.definition);
    return session.checks.run(opened, checkSchema, until);
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
      ? session.noteOpened(unopened, replies, connects, this.#hooks.onOpened)
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
   * must not do if its secret may have changed: the session ends then.
   * @param {Session} session
   */
  #endSession(session) {
    session.ids.closeAll();
    session.checks.forget();
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
 * @typedef {InstanceType<typeof Session>} Session
 * @typedef {InstanceType<typeof ReplyDispatcher>} ReplyDispatcher
 * @typedef {import('../instances').RequestState} RequestState
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { PooledConnection };
