'use strict';

const { clearTimeout, now, setImmediate, setTimeout } = require('../../runtime/clock.js');
const { Batch, access } = require('../../core/batch.js');
const { Connection } = require('../../core/connection.js');
const { ARRIVED, Holder, QUEUED } = require('./call.js');
const { failAll, latestDeadline, withdrawLate, withdrawRefused } = require('./batch-requests.js');
const { asShared, withOutcome } = require('./outcomes.js');
const tracing = require('../metrics/tracing.js');
const { BatchWriter } = require('./batch-writer.js');
const { HandOut } = require('./hand-out.js');
const { Session } = require('./session.js');
const turn = require('../../runtime/turn.js');

/**
 * The results of a batch of this many requests are given in two portions where no other batch is in
 * flight: what the first makes callers ask for keeps the server busy while they have the second.
 */
const MIN_PORTIONED = 64;

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
  #hooks;
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
   * @param {import('../options.js').Place} settings.endpoint
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
      // An empty command, which the server refuses, authorised or not.
      const batch = new Batch().write('\n');
      const timeoutMs = Math.max(until - now(), 0);
      const result = await tracing.traceExecute(session.connection, batch, timeoutMs);
      this.#isOpen = result.status === 'fulfilled';
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
   * @param {(requests: Request[]) => void} repeat  takes those that are to be sent again: before
   *   this connection is idle, so that nobody takes the client for idle in between
   */
  async run(requests, repeat) {
    this.#inFlight++;
    const batch = new Holder(QUEUED);
    for (const request of requests) request.holder = batch;
    try {
      const session = this.#session ?? (await this.#openSession(latestDeadline(requests)));
      const handOut = await this.#carry(session, batch, requests);
      if (handOut === null) return;
      await this.#giveResults(handOut);
      repeat(handOut.repeats);
    } catch (error) {
      failAll(requests, batch, error);
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
   * @param {Holder} batch
   * @param {readonly Request[]} requests
   */
  async #carry(session, batch, requests) {
    const slots = session.acquireIds(requests, session.connects);
    session.users++;
    try {
      const failed = await this.#openFirst(session, slots, requests);
      if (failed !== null) return failed;
      const live = withdrawLate(requests);
      if (live.length === 0) return null;
      // It may have connected anew while something was opened first.
      const unopened = session.unopenedFor(live, session.connects);
      const result = await this.#exchange(session, batch, unopened, live, latestDeadline(live));
      return new HandOut(live, result, session.ids);
    } finally {
      session.ids.release(slots);
      session.users--;
      this.#retireIfUnused(session);
    }
  }

  /**
   * Opens indexes before anything is sent to them: those under ids that others had, and those of tables that have to be
   * what their schemas say. An open table is not changed. Requests whose index is refused have their outcome then.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {readonly Request[]} requests
   * @returns {Promise<HandOut | null>} if the connection has failed
   */
  async #openFirst(session, slots, requests) {
    for (;;) {
      const { connects } = session;
      const mayWait = slots.some((slot) => this.#isOpenedFirst(session, slot));
      if (!mayWait) return null;
      const live = withdrawLate(requests);
      const asked = new Set(live.map(({ definition }) => definition));
      const first = slots.filter(
        (slot) => asked.has(slot.definition) && this.#isOpenedFirst(session, slot),
      );
      if (first.length === 0) return null;
      const unopened = first.filter((slot) => !slot.isOpen(connects));
      if (unopened.length > 0) {
        const until = latestDeadline(live);
        const result = await this.#exchange(session, new Holder(QUEUED), unopened, [], until);
        withdrawRefused(live, result.refused);
        const queued = live.filter((request) => request.isQueued);
        if (result.failure !== null && queued.length > 0) {
          // Of the requests themselves nothing was handed over.
          const failure = withOutcome(result.failure, 'not-sent');
          return new HandOut(queued, { ...result, failure, replies: [] }, session.ids);
        }
      }
      withdrawRefused(live, await this.#checkSchemas(session, first, latestDeadline(live)));
    }
  }

  /**
   * @param {Session} session
   * @param {Slot} slot
   */
  #isOpenedFirst(session, slot) {
    const { connects, checks } = session;
    if (slot.mustBeConfirmed(connects)) return true;
    if (this.#hooks.checkSchema === null || slot.definition.schema === undefined) return false;
    // Opened beside a write, it might be opened on a new connection, where nobody has looked.
    return !slot.isOpen(connects) || !checks.isDone(slot.definition.schema);
  }

  /**
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {number} until  as performance.now() tells it
   */
  #checkSchemas(session, slots, until) {
    const { checkSchema } = this.#hooks;
    if (checkSchema === null) return NOTHING_REFUSED;
    const { connects } = session;
    const opened = slots.filter((slot) => slot.isOpen(connects)).map((slot) => slot.definition);
    return session.checks.run(opened, checkSchema, until);
  }

  /**
   * Hands a batch over to an executor and waits for its word.
   * @param {Session} session
   * @param {Holder} holder  of the requests
   * @param {readonly Slot[]} unopened  what is opened first
   * @param {readonly Request[]} requests
   * @param {number} until  as performance.now() tells it
   * @returns {Promise<import('./hand-out.js').BatchResult>}
   */
  async #exchange(session, holder, unopened, requests, until) {
    const { connection, connects } = session;
    const batch = this.#writer.write(unopened, requests, session.ids);
    this.#counters.countBatch(batch, 1);
    const begun = now();
    const timeoutMs = Math.max(until - begun, 0);
    this.#counters.noteHandedOver(requests, begun);
    holder.handOver(until);
    const result = await tracing.traceExecute(connection, batch, timeoutMs);
    holder.stage = ARRIVED;
    const failure = result.status === 'rejected' ? asShared(result.reason) : null;
    this.#isOpen = failure === null;
    if (failure === null) this.#counters.noteReplies(access.receivedBytes(batch), now() - begun);
    if (failure?.outcome === 'not-sent') this.#counters.countBatch(batch, -1);
    this.#writer.reuse(batch);
    // What a server says that has refused the secret is about nothing else.
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

  /** @param {HandOut} handOut */
  async #giveResults(handOut) {
    const { length } = handOut;
    const isPortioned = length >= MIN_PORTIONED && this.#inFlight === 1 && this.#maxQueued > 0;
    if (isPortioned) {
      while (!handOut.advance(length >> 1)) await turn.next();
      if (handOut.repeats.length === 0) await nextTurn();
    }
    while (!handOut.advance(length)) await turn.next();
  }

  /**
   * The connection is closed. It makes a new connect by itself; where its secret may be another one
   * by then, it must not.
   * @param {Session} session
   */
  #endSession(session) {
    session.ids.closeAll();
    session.checks.forget();
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
    if (session === this.#session || session.users > 0) return;
    this.#sessions.delete(session);
    this.#formerConnects += session.connects;
    session.connection.close();
  }
}

/** Until those who were given their results have made their next calls. */
function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * @typedef {InstanceType<typeof Session>} Session
 * @typedef {InstanceType<typeof HandOut>} HandOut
 * @typedef {import('../instances').Holder} Holder
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { PooledConnection };
