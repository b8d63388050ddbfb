'use strict';

const { now } = require('../clock.js');
const { Request } = require('../client/call.js');
const { Client, access } = require('../client/client.js');
const { Health, isUnreachable } = require('./health.js');

/** One server of the ring: its primary, which takes the writes, and the replicas that may take reads. */
class Shard {
  #primary;
  #replicas;
  #writes;
  #reads;
  /** Who takes the reads. */
  #readers;
  /** How many reads have been spread over them. */
  #spread = 0;

  /**
   * @param {import('./options.js').ServerSettings} settings
   * @param {import('./options.js').Reads} reads
   */
  constructor({ host, port, options, replicas }, reads) {
    this.address = `${host}:${port}`;
    /** Whether to pass it over; replicas may take reads where the primary is down, and the other way round. */
    this.#writes = new Health();
    this.#reads = new Health();
    this.#primary = new Member(options);
    this.#replicas = replicas.map((replica) => new Member(replica));
    const readers = {
      primary: [this.#primary],
      replica: this.#replicas,
      any: [this.#primary, ...this.#replicas],
    };
    this.#readers = readers[reads];
  }

  /**
   * Does an operation at the primary, or a read at the first of its readers that can be reached.
   * @param {Operation} operation
   * @param {number} [timeoutMs]  for all tries together; the client's if it is not given
   * @returns {Promise<any>}
   */
  submit(operation, timeoutMs) {
    if (operation.isWrite) return access.submit(this.#primary.client, operation, timeoutMs);
    const [only] = this.#readers;
    if (this.#readers.length === 1) return access.submit(only.client, operation, timeoutMs);
    const readers = this.#readersInTurn();
    return this.#read(operation, timeoutMs ?? only.timeoutMs, readers).then(({ result }) => result);
  }

  /**
   * What does the reads of a walk: by one reader as long as it can be reached, since they may be in different states.
   * @returns {(operation: Operation, timeoutMs?: number) => Promise<any>}
   */
  walker() {
    let readers = this.#readersInTurn();
    return async (operation, timeoutMs = readers[0].timeoutMs) => {
      const { result, reader } = await this.#read(operation, timeoutMs, readers);
      if (reader !== readers[0]) readers = [reader, ...readers.filter((one) => one !== reader)];
      return result;
    };
  }

  /** @param {boolean} isWrite */
  healthFor(isWrite) {
    return isWrite ? this.#writes : this.#reads;
  }

  stats() {
    return {
      address: this.address,
      primary: this.#primary.client.stats(),
      replicas: this.#replicas.map(({ client }) => client.stats()),
    };
  }

  async close() {
    await Promise.all([this.#primary, ...this.#replicas].map(({ client }) => client.close()));
  }

  /**
   * @param {Operation} operation
   * @param {number} timeoutMs
   * @param {readonly Member[]} readers
   */
  async #read(operation, timeoutMs, readers) {
    const until = now() + timeoutMs;
    for (let i = 0; ; i++) {
      const isLast = i === readers.length - 1;
      const left = until - now();
      try {
        // One that does not answer is to leave time for another.
        const reader = readers[i];
        const mostMs = Math.max(isLast ? left : left / 2, 1);
        return { reader, result: await reader.read(again(operation), mostMs) };
      } catch (error) {
        if (isLast || !isUnreachable(error)) throw error;
      }
    }
  }

  /** Each begins as often as the others; those that are down come last. */
  #readersInTurn() {
    const first = this.#spread++ % this.#readers.length;
    const readers = [...this.#readers.slice(first), ...this.#readers.slice(0, first)];
    if (readers.every(({ health }) => health.isUp)) return readers;
    const isWorthATry = new Map(readers.map((reader) => [reader, reader.health.isWorthATry]));
    return readers.toSorted((a, b) => Number(isWorthATry.get(b)) - Number(isWorthATry.get(a)));
  }
}

/** A primary or a replica. */
class Member {
  /** @param {import('../..').ClientOptions & { timeoutMs: number }} options */
  constructor(options) {
    this.client = new Client(options);
    this.timeoutMs = options.timeoutMs;
    this.health = new Health();
  }

  /**
   * @param {Operation} operation
   * @param {number} timeoutMs
   */
  read(operation, timeoutMs) {
    return this.health.watch(() => access.submit(this.client, operation, timeoutMs));
  }
}

/**
 * The operation with requests that no call has taken.
 * @param {Operation} operation
 */
function again(operation) {
  const requests = operation.requests.map(
    ({ definition, command }) => new Request(definition, command),
  );
  return { ...operation, requests };
}

/** @typedef {import('../client/table-index.js').Operation} Operation */

module.exports = { Shard, again };
