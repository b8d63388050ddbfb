'use strict';

const { Ports } = require('../client/ports.js');
const { Health } = require('./health.js');

/**
 * One server of the ring: the primary, which takes the writes, and the replicas, which may take
 * reads.
 */
class Shard {
  #primary;
  #replicas;
  /** The nodes that take reads. */
  #readers;
  /** How many operations were spread over the readers. */
  #spread = 0;

  /**
   * @param {import('./options.js').ServerSettings} settings
   * @param {import('./options.js').Reads} reads
   */
  constructor({ host, port, options, replicas }, reads) {
    this.address = `${host}:${port}`;
    this.#primary = new Node(this, options);
    this.#replicas = replicas.map((replica) => new Node(this, replica));
    const readers = {
      primary: [this.#primary],
      replica: this.#replicas,
      any: [this.#primary, ...this.#replicas],
    };
    this.#readers = readers[reads];
  }

  /**
   * The only node that may execute an operation; null if there are several.
   * @param {boolean} isWrite
   */
  onlyNode(isWrite) {
    if (isWrite) return this.#primary;
    return this.#readers.length === 1 ? this.#readers[0] : null;
  }

  /**
   * The nodes that may execute an operation. Each reader comes first as often as the others.
   * @param {boolean} isWrite
   * @returns {Node[]}
   */
  nodesFor(isWrite) {
    if (isWrite) return [this.#primary];
    const first = this.#spread++ % this.#readers.length;
    return [...this.#readers.slice(first), ...this.#readers.slice(0, first)];
  }

  /**
   * The nodes that may execute a read, with this one first.
   * @param {Node} node
   */
  readersFrom(node) {
    return [node, ...this.#readers.filter((reader) => reader !== node)];
  }

  stats() {
    return {
      address: this.address,
      primary: this.#primary.ports.stats(),
      replicas: this.#replicas.map(({ ports }) => ports.stats()),
    };
  }

  /**
   * @param {import('../client/pipeline/call-options.js').ConnectSettings} settings
   * @param {readonly import('../client/instances').Definition[]} definitions
   */
  async connect({ writes, call }, definitions) {
    await Promise.all([
      this.#primary.ports.connect({ writes, call }, definitions),
      ...this.#replicas.map(({ ports }) => ports.connect({ writes: false, call }, definitions)),
    ]);
  }

  /** @param {ReadonlySet<import('../../types/schema').TableSchema>} schemas */
  async findChanges(schemas) {
    const { address } = this;
    const changes = await this.#primary.ports.findChanges(undefined, schemas);
    return changes.map((change) => ({ address, ...change }));
  }

  /** @param {import('../client/pipeline/call-options.js').CallSettings} [call] */
  async ping(call) {
    const [primary, ...replicas] = await Promise.all(
      [this.#primary, ...this.#replicas].map(({ ports }) => ports.ping(call)),
    );
    return { address: this.address, primary, replicas };
  }

  destroy() {
    for (const { ports } of [this.#primary, ...this.#replicas]) ports.destroy();
  }

  async close() {
    await Promise.all([this.#primary, ...this.#replicas].map(({ ports }) => ports.close()));
  }
}

/** A primary or a replica. */
class Node {
  /** One port may fail without the other. */
  #reads = new Health();
  #writes = new Health();

  /**
   * @param {Shard} shard
   * @param {import('../..').ClientOptions} options
   */
  constructor(shard, options) {
    this.shard = shard;
    this.ports = new Ports(options);
  }

  /**
   * @param {import('../client/operation.js').Operation} operation
   * @param {number} [until]  deadline, in the time of `now()`; by default the client's timeout
   * @returns {Promise<any>}
   */
  submit(operation, until) {
    return this.ports.submit(operation, until);
  }

  /** @param {boolean} isWrite */
  healthFor(isWrite) {
    return isWrite ? this.#writes : this.#reads;
  }
}

module.exports = { Node, Shard };
