'use strict';

const { now } = require('../runtime/clock.js');
const { Definitions } = require('../client/pipeline/definition.js');
const { readOutcomes } = require('../client/pipeline/steps.js');
const { Ketama } = require('../core/ketama.js');
const { HandlerSocketError } = require('../errors/index.js');
const { failOver } = require('./fail-over.js');
const { resultOf, rowsOfAll } = require('./fan-out.js');
const { partition } = require('./partition.js');
const { Shard } = require('./shard.js');
const { hashedText } = require('./shard-key.js');

/** The most shard parts whose server is remembered; they take some megabytes. */
const MAX_KNOWN = 65_536;
/** Longer shard parts are not remembered, in characters. */
const MAX_KNOWN_LENGTH = 64;

/**
 * The servers of a ShardedClient, and the assignment of operations to them. A ShardedIndex submits
 * operations here; fail-over.js executes them at nodes:
 *
 *   operation ──► shard part of each key ──► ring ──► shard ──► node: primary or replica
 */
class Cluster {
  #ring;
  #goesToNext;
  #timeoutMs;
  #definitions = new Definitions();
  /**
   * The shards of shard parts. A look-up on the ring takes longer.
   * @type {Map<string, Shard>}
   */
  #owners = new Map();

  /** @param {ReturnType<typeof import('./options.js').parseShardedOptions>} settings */
  constructor({ servers, reads, onServerDown, timeoutMs }) {
    this.shards = servers.map((server) => new Shard(server, reads));
    this.#ring = new Ketama(servers).createContinuum();
    this.#goesToNext = onServerDown === 'next';
    this.#timeoutMs = timeoutMs;
  }

  /** @type {import('../client/operation.js').Define} */
  define = (target, schema) => this.#definitions.get(target, schema);

  /**
   * The changes of the tables since their schemas were read, at each server.
   */
  async findChanges() {
    const { schemas } = this.#definitions;
    const found = await Promise.all(this.shards.map((shard) => shard.findChanges(schemas)));
    return found.flat();
  }

  /**
   * Connects to each server, and opens the indexes that were defined so far.
   * @param {import('../client/pipeline/call-options.js').ConnectSettings} settings
   */
  async connect(settings) {
    const definitions = this.#definitions.whole;
    await Promise.all(this.shards.map((shard) => shard.connect(settings, definitions)));
  }

  /** @param {string | Uint8Array} hashed */
  addressOf(hashed) {
    return this.#ring.getServer(hashed);
  }

  /** @param {readonly unknown[]} parts  of a key, as many as the ring is asked by */
  addressOfParts(parts) {
    return this.addressOf(hashedText(parts, 'key'));
  }

  /**
   * Makes the submit function of a scan that begins at the server of a shard part.
   * @param {string | Uint8Array} hashed
   */
  pinnedReader(hashed) {
    return this.#pinnedReader((isWrite) =>
      this.#candidates(hashed, nodesByShard(isWrite), isWrite),
    );
  }

  /**
   * Makes the submit function of a scan of one server.
   * @param {Shard} shard
   */
  pinnedReaderAt(shard) {
    return this.#pinnedReader((isWrite) => inOrder(shard.nodesFor(isWrite), isWrite));
  }

  /**
   * Reads at all servers at once, and joins their rows.
   * @param {(submit: import('../client/operation.js').Submit) => Promise<unknown[]>} find
   */
  async findAll(find) {
    const asked = this.shards.map(async (shard) => {
      try {
        return { rows: await find((operation) => this.#submitTo(shard, operation)) };
      } catch (error) {
        if (error instanceof HandlerSocketError) return { address: shard.address, error };
        throw error;
      }
    });
    return rowsOfAll(await Promise.all(asked));
  }

  /**
   * Executes an operation whose requests all belong to one server.
   * @param {Operation} operation
   * @param {string | Uint8Array} hashed  the shard part
   * @returns {Promise<any>}
   */
  submit(operation, hashed) {
    const { isWrite } = operation;
    const onlyNode = this.#goesToNext ? null : this.#owner(hashed).onlyNode(isWrite);
    if (onlyNode !== null) return onlyNode.submit(operation);
    return this.#submit(operation, this.#candidates(hashed, nodesByShard(isWrite), isWrite));
  }

  /**
   * Executes an operation whose requests belong to different servers, at all of them at once.
   * @param {Operation} operation
   * @param {readonly (string | Uint8Array)[]} hashed  one for each request
   */
  async submitEach(operation, hashed) {
    const { isWrite } = operation;
    // All requests to one server go to the same node.
    const nodesOf = nodesByShard(isWrite);
    const positions = Array.from(hashed, (_, i) => i);
    // If calls fail over to the next server, keys of one server may have different next servers.
    const parts = partition(positions, (i) =>
      this.#goesToNext ? hashed[i] : this.#owner(hashed[i]),
    );
    const groups = Array.from(parts.values(), (positions) => {
      return { positions, candidates: this.#candidates(hashed[positions[0]], nodesOf, isWrite) };
    });
    return resultOf(operation, await failOver(operation, groups, this.#until(operation)));
  }

  /**
   * Executes a read at one server.
   * @param {Shard} shard
   * @param {Operation} operation
   */
  #submitTo(shard, operation) {
    return this.#submit(operation, inOrder(shard.nodesFor(operation.isWrite), operation.isWrite));
  }

  /**
   * @param {Operation} operation
   * @param {readonly Node[]} candidates
   */
  async #submit(operation, candidates) {
    const { outcomes } = await failOver(
      operation,
      [groupOf(operation, candidates)],
      this.#until(operation),
    );
    return readOutcomes(operation, outcomes);
  }

  /**
   * Executes reads at one node as long as it can be reached, because nodes may have different rows.
   * @param {(isWrite: boolean) => readonly Node[]} firstCandidates
   * @returns {(operation: Operation) => Promise<any>}
   */
  #pinnedReader(firstCandidates) {
    /** @type {Node | null} */
    let pinned = null;
    return async (operation) => {
      const candidates =
        pinned === null ? firstCandidates(operation.isWrite) : pinned.shard.readersFrom(pinned);
      const group = groupOf(operation, candidates);
      const { outcomes, nodes } = await failOver(operation, [group], this.#until(operation));
      const result = await readOutcomes(operation, outcomes);
      pinned = nodes[0];
      return result;
    };
  }

  /**
   * The deadline of an operation, in the time of `now()`.
   * @param {Operation} operation
   */
  #until({ call }) {
    return now() + (call?.timeoutMs ?? this.#timeoutMs);
  }

  /**
   * The nodes that may do the requests of a shard part, in the order in which they are tried.
   * @param {string | Uint8Array} hashed
   * @param {(shard: Shard) => readonly Node[]} nodesOf
   * @param {boolean} isWrite
   */
  #candidates(hashed, nodesOf, isWrite) {
    if (!this.#goesToNext) return inOrder(nodesOf(this.#owner(hashed)), isWrite);
    const shards = this.#ring.getServerOrdinals(hashed).map((ordinal) => this.shards[ordinal]);
    return inOrder(shards.flatMap(nodesOf), isWrite);
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
}

/**
 * Returns the nodes of a shard, determined once for each operation, because each call puts another
 * reader first.
 * @param {boolean} isWrite
 */
function nodesByShard(isWrite) {
  /** @type {Map<Shard, readonly Node[]>} */
  const known = new Map();
  return (/** @type {Shard} */ shard) => {
    const nodes = known.get(shard) ?? shard.nodesFor(isWrite);
    known.set(shard, nodes);
    return nodes;
  };
}

/**
 * Sorts nodes that are down after the others.
 * @param {readonly Node[]} nodes
 * @param {boolean} isWrite
 */
function inOrder(nodes, isWrite) {
  if (nodes.every((node) => node.healthFor(isWrite).isUp)) return nodes;
  const isAvailable = nodes.map((node) => node.healthFor(isWrite).isAvailable);
  return [...nodes.filter((_, i) => isAvailable[i]), ...nodes.filter((_, i) => !isAvailable[i])];
}

/**
 * @param {Operation} operation
 * @param {readonly Node[]} candidates
 */
function groupOf({ requests }, candidates) {
  return { positions: Array.from(requests, (_, i) => i), candidates };
}

/**
 * @typedef {import('../client/operation.js').Operation} Operation
 * @typedef {InstanceType<typeof Shard>} Shard
 * @typedef {InstanceType<typeof import('./shard.js').Node>} Node
 */

module.exports = { Cluster };
