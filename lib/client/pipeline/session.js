'use strict';

const { nativeOf } = require('../../core/connection.js');
const { explainClosedIndex } = require('./outcomes.js');
const { IndexIds } = require('./index-ids.js');
const { SchemaChecks } = require('./schema-checks.js');

/**
 * A connection and what is open on it. A connection whose secret is fixed connects anew by itself,
 * so that its session lasts; where a function gives the secret, each connect has a session of its
 * own.
 */
class Session {
  ids = new IndexIds();
  /** Of the tables that are open on it. */
  checks = new SchemaChecks(this);
  /** How many batches are on their way on it. */
  users = 0;

  /** @param {import('../instances').Connection} connection */
  constructor(connection) {
    this.connection = connection;
  }

  get isConnected() {
    return this.connection.state === 'connected';
  }

  /** A round trip on the wire, in milliseconds; null if nobody knows. */
  get wireMs() {
    return nativeOf(this.connection).roundTripMs;
  }

  /** The connect count. */
  get connects() {
    return this.connection.generation;
  }

  /**
   * Takes ids for the indexes that requests need.
   * @param {readonly Request[]} requests
   * @param {number} connects  the connect count
   */
  acquireIds(requests, connects) {
    if (requests.length === 1) return [this.ids.acquire(requests[0].definition, connects)];
    const definitions = new Set();
    let last;
    for (const { definition } of requests) {
      // Most requests of a batch are for the same index, and a ping is for none.
      if (definition !== last && definition !== null) definitions.add(definition);
      last = definition;
    }
    return Array.from(definitions, (definition) => this.ids.acquire(definition, connects));
  }

  /**
   * The ids of the indexes that requests need and that are not open.
   * @param {readonly Request[]} requests  for which ids were acquired
   * @param {number} connects  the connect count
   */
  unopenedFor(requests, connects) {
    /** @type {Set<import('../instances').Slot> | undefined} */
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
   * Remembers what the server has opened.
   * @param {readonly import('../instances').Slot[]} slots  as they were sent
   * @param {readonly import('../../..').Reply[]} replies  the first of them to these
   * @param {number} sentWith  the connect count when they were handed over
   * @param {(definition: Definition) => void} onOpened
   * @returns {Map<Definition, Error>} what it has refused to open
   */
  noteOpened(slots, replies, sentWith, onOpened) {
    const { connects } = this;
    // Where a batch behind this one may have made the connection anew, nothing is known of the new
    // one.
    const isKnown = connects === sentWith || this.users === 1;
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
 * The requests whose indexes have to be opened together: were one of a unit's open and the other
 * not, its requests would be done in another order.
 * @param {Request} request
 */
function sentTogether(request) {
  const { call, holder } = request;
  return call.isUnit ? call.requests.filter((other) => other.holder === holder) : [request];
}

/** @type {readonly import('../instances').Slot[]} */
const NO_SLOTS = [];

/**
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Request} Request
 */

module.exports = { Session };
