'use strict';

const { roundTripMs } = require('../../core/connection.js');
const { explainClosedIndex } = require('./outcomes.js');
const { IndexIds } = require('./index-ids.js');
const { SchemaChecks } = require('./schema-checks.js');

/**
 * A connection and the indexes that are open on it. With a fixed secret, the session outlasts
 * reconnects, which the connection does by itself. With a secret function, each connect has a
 * session of its own.
 *
 * A PooledConnection uses it in this order, for each batch: `acquire`, `unopenedFor`,
 * `noteHandedOver`, `noteArrived` and `noteOpened` when the replies are there, `release`.
 */
class Session {
  ids = new IndexIds();
  /** Checks of the tables that are open on it. */
  checks = new SchemaChecks(() => this.connects);
  /** Checks of what tables are, before they are opened. */
  kindChecks = new SchemaChecks(() => this.connects + (this.isConnected ? 0 : 1));
  /** How many batches use it. */
  #users = 0;
  /** How many of them executors have. */
  #inFlight = 0;
  /** The connect count, if it is known: the addon takes half a microsecond to tell it. @type {number | null} */
  #connects = null;

  /** @param {import('../instances').Connection} connection */
  constructor(connection) {
    this.connection = connection;
  }

  get isConnected() {
    return this.connection.state === 'connected';
  }

  /** A round trip on the wire, in milliseconds; null if unknown. */
  get wireMs() {
    return roundTripMs(this.connection);
  }

  get isUnused() {
    return this.#users === 0;
  }

  /** The connect count. It changes only while a batch is in flight. */
  get connects() {
    if (this.#inFlight > 0) return this.connection.generation;
    this.#connects ??= this.connection.generation;
    return this.#connects;
  }

  /** Called when a batch is handed to an executor. */
  noteHandedOver() {
    this.#inFlight++;
    this.#connects = null;
  }

  /** Called when the executor has reported its end. */
  noteArrived() {
    this.#inFlight--;
  }

  /**
   * Acquires the session for a batch, with ids for the indexes that its requests need.
   * @param {readonly Request[]} requests
   * @returns {readonly Slot[]} to be released
   */
  acquire(requests) {
    const slots = this.#acquireIds(requests);
    this.#users++;
    return slots;
  }

  /** @param {readonly Slot[]} slots */
  release(slots) {
    this.ids.release(slots);
    this.#users--;
  }

  /** @param {readonly Request[]} requests */
  #acquireIds(requests) {
    const { connects } = this;
    const [{ definition: first }] = requests;
    if (requests.length === 1)
      return first === null ? NO_SLOTS : [this.ids.acquire(first, connects)];
    const definitions = new Set();
    let last;
    for (const { definition } of requests) {
      // Most requests of a batch are for the same index; a ping has none.
      if (definition !== last && definition !== null) definitions.add(definition);
      last = definition;
    }
    return Array.from(definitions, (definition) => this.ids.acquire(definition, connects));
  }

  /**
   * The ids of the indexes that the batch has to open first.
   * @param {readonly Request[]} requests  for which ids were acquired
   */
  unopenedFor(requests) {
    const { connects } = this;
    /** @type {Set<Slot> | undefined} */
    let slots;
    let last;
    for (const request of requests) {
      const { definition } = request;
      if (definition === last || definition === null) continue;
      last = definition;
      if (this.ids.slotOf(definition).isOpen(connects)) continue;
      slots ??= new Set();
      for (const { definition } of sentTogether(request)) slots.add(this.ids.slotOf(definition));
    }
    return slots === undefined ? NO_SLOTS : [...slots];
  }

  /**
   * Records which indexes the server has opened.
   * @param {readonly Slot[]} slots  in the order in which the batch opens them
   * @param {readonly import('../../..').Reply[]} replies  of the batch, the ones to the slots first
   * @param {number} sentWith  the connect count when the batch was handed over
   * @param {(definition: Definition) => void} onOpened
   * @returns {Map<Definition, Error>} the indexes that the server has refused to open
   */
  noteOpened(slots, replies, sentWith, onOpened) {
    const { connects } = this;
    // A batch behind this one may have reconnected; then nobody knows what is open.
    const isKnown = connects === sentWith || this.#users === 1;
    const refused = new Map();
    for (const [i, slot] of slots.entries()) {
      const { ok, error } = replies[i] ?? {};
      if (ok && isKnown) slot.openedAt = connects;
      if (ok) onOpened(slot.definition);
      if (error) refused.set(slot.definition, explainClosedIndex(slot.definition, error));
    }
    return refused;
  }
}

/**
 * The requests whose indexes have to be opened together. If one index of a unit were open and the
 * other not, the unit's requests would be executed in another order.
 * @param {Request} request
 */
function sentTogether(request) {
  const { call, state } = request;
  return call.isUnit ? call.requests.filter((other) => other.state === state) : [request];
}

/** @type {readonly Slot[]} */
const NO_SLOTS = [];

/**
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { Session };
