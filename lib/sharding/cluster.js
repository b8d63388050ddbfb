'use strict';

const { now } = require('../clock.js');
const { Definitions } = require('../client/definition.js');
const { Ketama } = require('../ketama.js');
const { cutUp, gather } = require('./fan-out.js');
const { isUnreachable } = require('./health.js');
const { Shard, again } = require('./shard.js');

/** How many shard parts' servers are remembered: some megabytes. */
const MAX_KNOWN = 65_536;
/** Longer ones are not, in characters. */
const MAX_KNOWN_LENGTH = 64;

/** The servers, and which of them does what. */
class Cluster {
  #ring;
  #passesOver;
  #timeoutMs;
  #definitions = new Definitions();
  /** Of the shard parts that were asked for: to ask the ring takes longer. @type {Map<string, Shard>} */
  #owners = new Map();

  /** @param {ReturnType<typeof import('./options.js').parseShardedOptions>} settings */
  constructor({ servers, reads, onServerDown, timeoutMs }) {
    this.shards = servers.map((server) => new Shard(server, reads));
    this.#ring = new Ketama(servers).createContinuum();
    this.#passesOver = onServerDown === 'next';
    this.#timeoutMs = timeoutMs;
  }

  /** @param {import('../..').IndexTarget} target */
  define = (target) => this.#definitions.get(target);

  /** @param {string | Uint8Array} hashed */
  addressOf(hashed) {
    return this.#ring.getServer(hashed);
  }

  /**
   * What does the operations of a walk: all at the server that did the first.
   * @param {string | Uint8Array} hashed
   * @returns {(operation: Operation) => Promise<any>}
   */
  walkerFor(hashed) {
    if (!this.#passesOver) return this.#owner(hashed).walker();
    /** @type {Map<Shard, ReturnType<Shard['walker']>>} */
    const walkers = new Map(this.shards.map((shard) => [shard, shard.walker()]));
    /** @type {SubmitAt} */
    const walkAt = (shard, operation, timeoutMs) => {
      return /** @type {ReturnType<Shard['walker']>} */ (walkers.get(shard))(operation, timeoutMs);
    };
    /** @type {Shard | null} */
    let answering = null;
    return async (operation) => {
      if (answering !== null) return walkAt(answering, operation);
      const ended = await this.#submitPassingOver(operation, [hashed], walkAt);
      if (ended.failures.length > 0) throw ended.failures[0].error;
      [answering] = ended.places;
      return operation.finish(ended.outcomes);
    };
  }

  /**
   * Does an operation at a certain server, and remembers whether it was reached.
   * @param {Shard} shard
   * @param {Operation} operation
   * @returns {Promise<any>}
   */
  submitTo(shard, operation) {
    const submit = () => shard.submit(operation);
    return this.#passesOver ? shard.healthFor(operation.isWrite).watch(submit) : submit();
  }

  /**
   * Does an operation whose requests all belong to one server.
   * @param {Operation} operation
   * @param {string | Uint8Array} hashed  the shard part
   * @returns {Promise<any>}
   */
  submit(operation, hashed) {
    if (!this.#passesOver) {
      return this.#owner(hashed).submit(operation);
    }
    return this.#submitPassingOver(operation, Array(operation.requests.length).fill(hashed)).then(
      ({ outcomes, failures: [failure] }) => {
        if (failure !== undefined) throw failure.error;
        return operation.finish(outcomes);
      },
    );
  }

  /**
   * Does an operation whose requests belong to different servers, at all of them at once.
   * @param {Operation} operation
   * @param {readonly (string | Uint8Array)[]} hashed  one for each request
   */
  submitEach(operation, hashed) {
    if (this.#passesOver) return this.#submitPassingOver(operation, hashed);
    const places = hashed.map((one) => this.#owner(one));
    return gather(cutUp(operation, places), (shard, portion) => shard.submit(portion));
  }

  /**
   * The same, and what a server that cannot be reached should have done goes to the next one on the ring.
   * @param {Operation} operation
   * @param {readonly (string | Uint8Array)[]} hashed
   * @param {SubmitAt} submitAt
   */
  async #submitPassingOver(operation, hashed, submitAt = submitAnew) {
    const until = now() + this.#timeoutMs;
    const untried = new Map(hashed.map((one) => [one, this.#inOrder(one)]));
    /** @type {import('../client/call.js').Outcome[]} */
    const outcomes = [];
    const failures = [];
    /** @type {Shard[]} */
    const lastPlaces = [];
    let positions = hashed.map((_, i) => i);
    while (positions.length > 0) {
      const requests = positions.map((position) => operation.requests[position]);
      const open = positions.map((position) => hashed[position]);
      const placeOf = takeEach(untried, new Set(open), operation.isWrite);
      const places = open.map((one) => /** @type {Shard} */ (placeOf.get(one)));
      const left = until - now();
      for (const [i, position] of positions.entries()) lastPlaces[position] = places[i];
      const part = await gather(cutUp({ ...operation, requests }, places), (shard, portion) => {
        // One that does not answer is to leave time for the next.
        const timeoutMs = Math.max(operation.isWrite ? left : left / 2, 1);
        const submit = () => submitAt(shard, portion, timeoutMs);
        const health = shard.healthFor(operation.isWrite);
        return health.watch(submit, (outcomes) => outcomes.some(isUnreachable));
      });
      for (const [i, outcome] of part.outcomes.entries()) outcomes[positions[i]] = outcome;
      const next = [];
      for (const failure of part.failures) {
        const failed = failure.positions.map((i) => positions[i]);
        const isOver = until <= now() || untried.get(hashed[failed[0]])?.length === 0;
        if (isOver || !mayGoOn(operation, failure.error)) {
          failures.push({ ...failure, positions: failed });
        } else {
          next.push(...failed);
        }
      }
      positions = next;
    }
    return { outcomes, failures, places: lastPlaces };
  }

  /** @param {string | Uint8Array} hashed */
  #owner(hashed) {
    if (typeof hashed !== 'string' || hashed.length > MAX_KNOWN_LENGTH) {
      return this.shards[this.#ring.getServerOrdinal(hashed)];
    }
    const known = this.#owners.get(hashed);
    if (known !== undefined) return known;
    const owner = this.shards[this.#ring.getServerOrdinal(hashed)];
    if (this.#owners.size === MAX_KNOWN) this.#owners.clear();
    this.#owners.set(hashed, owner);
    return owner;
  }

  /** @param {string | Uint8Array} hashed */
  #inOrder(hashed) {
    return this.#ring.getServerOrdinals(hashed).map((ordinal) => this.shards[ordinal]);
  }
}

/** @type {SubmitAt} */
function submitAnew(shard, operation, timeoutMs) {
  return shard.submit(again(operation), timeoutMs);
}

/**
 * The next server to try for each shard part.
 * @param {Map<string | Uint8Array, Shard[]>} untried
 * @param {Set<string | Uint8Array>} hashed
 * @param {boolean} isWrite
 */
function takeEach(untried, hashed, isWrite) {
  /** @type {Map<string | Uint8Array, Shard>} */
  const places = new Map();
  for (const one of hashed) places.set(one, takeNext(untried.get(one) ?? [], isWrite));
  return places;
}

/**
 * The next server to try, which leaves the list: the first that is worth it, or else the first.
 * @param {Shard[]} untried  not empty
 * @param {boolean} isWrite
 */
function takeNext(untried, isWrite) {
  const found = untried.findIndex((shard) => shard.healthFor(isWrite).isWorthATry);
  return untried.splice(Math.max(found, 0), 1)[0];
}

/**
 * Whether an operation that failed at one server may be done at another.
 * @param {Operation} operation
 * @param {{ outcome?: string }} error
 */
function mayGoOn({ isWrite }, error) {
  return isUnreachable(error) && (!isWrite || error.outcome === 'not-sent');
}

/**
 * @typedef {import('../client/table-index.js').Operation} Operation
 * @typedef {InstanceType<typeof Shard>} Shard
 * @typedef {(shard: Shard, operation: Operation, timeoutMs?: number) => Promise<any>} SubmitAt
 */

module.exports = { Cluster };
