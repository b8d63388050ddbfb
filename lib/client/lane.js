'use strict';

const { now } = require('../clock.js');
const { Batch, access } = require('../batch.js');
const { Connection } = require('../connection.js');
const { Executor } = require('../executor.js');
const outcomes = require('./outcomes.js');
const tracing = require('./tracing.js');

/**
 * The results of a batch of this many requests are given in two portions where no other batch is under way: what the first
 * makes callers ask for keeps the server busy while they have the second.
 */
const MIN_PORTIONED = 64;

/** @type {readonly Definition[]} */
const NONE = [];
/** @type {ReadonlyMap<Definition, Error>} */
const NOTHING_REFUSED = new Map();

/**
 * @typedef {object} Link
 * @property {import('./instances').Connection} connection
 * @property {Set<Definition>} opened  the indexes that are open on it
 * @property {number} underWay  how many batches are
 */

/** One connection, or one after the other, and the batches that are under way. */
class Lane {
  #place;
  #secrets;
  #counters;
  /** @type {Link | null} */
  #link = null;
  /** The connects of connections before this one. */
  #formerConnects = 0;
  /** Dense, as the server keeps an array of them; a definition keeps its id. @type {Map<Definition, number>} */
  #ids = new Map();
  #idleTimeoutMs;
  #maxQueued;
  /** As performance.now() tells it. */
  #lastUse = 0;
  /** Runs while there is a connection that may be idle. @type {NodeJS.Timeout | null} */
  #idleTimer = null;
  /** One that has run and was cleared: to write it anew takes less time than to make one. @type {InstanceType<typeof Batch> | null} */
  #spareBatch = null;

  /**
   * @param {import('./options.js').Place} place
   * @param {import('./instances').SecretSource} secrets
   * @param {number} idleTimeoutMs
   * @param {import('./instances').Counters} counters
   */
  constructor(place, secrets, idleTimeoutMs, counters) {
    this.#place = place;
    this.#secrets = secrets;
    this.#counters = counters;
    this.#idleTimeoutMs = idleTimeoutMs;
    // Of several connections one or another mostly has a batch under way; and behind one that is stuck nothing should be.
    this.#maxQueued = place.connections === 1 ? 1 : 0;
    /** How many batches are, for its owner to count. */
    this.underWay = 0;
  }

  /** Whether it takes a batch that will be in line behind the one under way. */
  get canQueue() {
    return this.underWay <= this.#maxQueued && this.isConnected;
  }

  get isConnected() {
    return this.#link?.connection.state === 'connected';
  }

  /** How many connects have succeeded. */
  get connects() {
    return this.#formerConnects + (this.#link?.connection.generation ?? 0);
  }

  /** Nothing must be under way: the server can keep what it had not answered, and its locks, for minutes. */
  close() {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    const link = this.#link;
    link?.connection.close();
    if (link !== null) this.#forget(link);
  }

  /**
   * Sends the requests as one batch and gives each its outcome, except those that it returns: they are to be sent again.
   * @param {Request[]} requests
   * @param {number} until  as performance.now() tells it
   * @returns {Promise<Request[]>}
   */
  async run(requests, until) {
    /** @type {Link | null} */
    let link = null;
    try {
      link = this.#link ?? (await this.#connectAnew(until));
      link.underWay++;
      const { connection } = link;
      const timeoutMs = until - now();
      // The secret was long in coming, or the turn was. Nothing may keep the process alive until the deadline's timer.
      if (timeoutMs <= 0) {
        for (const { call } of requests) call.deadline?.expire(connection.address);
        return [];
      }
      const unopened = this.#unopened(requests, link.opened);
      const batch = this.#write(unopened, requests);
      this.#counters.countBatch(batch, 1);
      for (const { call } of requests) {
        call.sentOn = connection;
        call.sentUntil = until;
      }
      const executor = new Executor().add(connection, batch);
      const [result] = await tracing.traceExecute(connection, batch, executor, timeoutMs);
      if (result.status === 'rejected' && result.reason.outcome === 'not-sent') {
        this.#counters.countBatch(batch, -1);
      }
      this.#spareBatch = batch.clear();
      const ending = this.#end(unopened, result, link);
      const { length } = requests;
      const isPortioned = length >= MIN_PORTIONED && this.underWay === 1 && this.#maxQueued > 0;
      const portion = isPortioned ? length >> 1 : length;
      const repeats = giveOutcomes(requests, 0, portion, ending);
      if (isPortioned) {
        if (repeats.length === 0) await nextTurn();
        repeats.push(...giveOutcomes(requests, portion, length, ending));
      }
      // After a batch that did not fail: the connection was made anew, and has open what this batch has opened.
      if (ending.failure === null && repeats.length > 0) {
        const { refused } = ending;
        link.opened = new Set(unopened.filter((definition) => !refused.has(definition)));
      }
      return repeats;
    } catch (error) {
      for (const { call } of requests) call.fail(error);
      return [];
    } finally {
      if (link !== null && --link.underWay === 0 && link !== this.#link) this.#retire(link);
      this.#lastUse = now();
      this.#idleTimer ??= this.#watchIdleness(this.#idleTimeoutMs);
    }
  }

  /**
   * @param {number} afterMs
   * @returns {NodeJS.Timeout}
   */
  #watchIdleness(afterMs) {
    const look = () => {
      const left = this.#idleTimeoutMs - (now() - this.#lastUse);
      if (this.underWay > 0) this.#idleTimer = this.#watchIdleness(this.#idleTimeoutMs);
      else if (left > 0) this.#idleTimer = this.#watchIdleness(Math.ceil(left));
      else this.close();
    };
    return setTimeout(look, afterMs).unref();
  }

  /** @param {number} until */
  async #connectAnew(until) {
    const secret = await this.#askSecret(until - now());
    const connection = new Connection({
      ...this.#place.address,
      secret,
      maxQueued: this.#maxQueued,
    });
    this.#link = { connection, opened: new Set(), underWay: 0 };
    return this.#link;
  }

  /** @param {number} timeoutMs */
  async #askSecret(timeoutMs) {
    try {
      return await this.#secrets.ask(timeoutMs);
    } catch (error) {
      tracing.traceFailedConnect(this.#place.name, error);
      throw error;
    }
  }

  /**
   * @param {Request[]} requests
   * @param {ReadonlySet<Definition>} opened
   * @returns {readonly Definition[]}
   */
  #unopened(requests, opened) {
    let definitions;
    let last;
    for (const { call, definition } of requests) {
      // Most requests of a batch are for the same index.
      if (definition === last) continue;
      last = definition;
      if (opened.has(definition)) continue;
      definitions ??= new Set();
      // All that the call needs: were only some of its requests done, they would be done in another order.
      for (const { definition } of call.requests) definitions.add(definition);
    }
    return definitions === undefined ? NONE : [...definitions];
  }

  /**
   * @param {readonly Definition[]} unopened
   * @param {Request[]} requests
   */
  #write(unopened, requests) {
    const batch = this.#spareBatch ?? new Batch();
    this.#spareBatch = null;
    for (const definition of unopened) {
      access.append(batch, `P\t${this.#idOf(definition)}${definition.request}`);
    }
    let last;
    let id = 0;
    for (const { definition, command } of requests) {
      if (definition !== last) id = this.#idOf(definition);
      last = definition;
      access.command(batch, id, command);
    }
    return batch;
  }

  /** @param {Definition} definition */
  #idOf(definition) {
    const known = this.#ids.get(definition);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(definition, id);
    return id;
  }

  /**
   * What came of a batch.
   * @param {readonly Definition[]} unopened  what it was to open first
   * @param {import('../..').ExecuteResult} result
   * @param {Link} link
   * @returns {Ending}
   */
  #end(unopened, result, link) {
    const { address } = link.connection;
    const failure = result.status === 'rejected' ? result.reason : null;
    // What a server says that has refused the secret is about nothing else.
    const replies = failure?.code === 'ERR_HS_AUTH' ? [] : result.replies;
    const opens = unopened.length > 0;
    const refused = opens ? this.#takeOpened(unopened, replies, link.opened) : NOTHING_REFUSED;
    if (failure !== null) this.#forget(link);
    return { replies: opens ? replies.slice(unopened.length) : replies, refused, failure, address };
  }

  /**
   * Remembers what the server has opened, and gives what it has refused to open.
   * @param {readonly Definition[]} unopened
   * @param {readonly Reply[]} replies
   * @param {Set<Definition>} opened  to add to
   * @returns {Map<Definition, Error>}
   */
  #takeOpened(unopened, replies, opened) {
    const refused = new Map();
    for (const [i, definition] of unopened.entries()) {
      const { ok, error } = replies[i] ?? {};
      if (ok) opened.add(definition);
      if (error) refused.set(definition, outcomes.explainClosedIndex(definition, error));
    }
    return refused;
  }

  /**
   * The connection is closed. It makes a new connect by itself; where its secret may be another one by then, it must not.
   * @param {Link} link
   */
  #forget(link) {
    link.opened.clear();
    if (!this.#secrets.changes || link !== this.#link) return;
    this.#link = null;
    if (link.underWay === 0) this.#retire(link);
  }

  /**
   * Nothing is under way on a connection that has no place here any more. What was in line on it may have connected it anew.
   * @param {Link} link
   */
  #retire({ connection }) {
    this.#formerConnects += connection.generation;
    connection.close();
  }
}

/** Until those who were given their results have made their next calls. */
function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * @typedef {object} Ending
 * @property {readonly Reply[]} replies  to the requests, from the first on: fewer, after a failure
 * @property {ReadonlyMap<Definition, Error>} refused  what could not be opened
 * @property {import('../..').HandlerSocketError | null} failure  the batch's
 * @property {string} address
 */

/**
 * Gives some of the requests what came of them, except those that it returns.
 * @param {Request[]} requests
 * @param {number} start  of those
 * @param {number} end
 * @param {Ending} ending
 */
function giveOutcomes(requests, start, end, { replies, refused, failure, address }) {
  const takenBack = outcomes.countTakenBack(requests, replies);
  const repeats = [];
  for (let i = start; i < end; i++) {
    const request = requests[i];
    const reply = replies[i];
    if (reply?.ok) {
      request.answer(i < takenBack ? outcomes.takenBack(request, address) : reply);
    } else if (refused.has(request.definition)) {
      request.answer(/** @type {Error} */ (refused.get(request.definition)));
    } else if (outcomes.mayRepeat(request, reply, failure)) {
      if (reply === undefined) request.wasRepeated = true;
      else request.wasReopened = true;
      repeats.push(request);
    } else {
      request.answer(reply?.error ? outcomes.explainRefusal(request, reply.error) : lost(failure));
    }
  }
  return repeats;
}

/** @param {import('../..').HandlerSocketError | null} failure */
function lost(failure) {
  return failure ?? new Error('a batch that did not fail has a reply for each command');
}

/**
 * @typedef {import('./instances').Request} Request
 * @typedef {import('./instances').Definition} Definition
 * @typedef {import('../..').Reply} Reply
 */

module.exports = { Lane };
