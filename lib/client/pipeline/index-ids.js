'use strict';

/*
 * The ids under which the indexes of a connection are open.
 *
 *   free ──► assigned ──► open ──► reused by another index ──► confirmed ──► open
 *
 * The server keeps an index open under an id until it has opened another index there. If it refuses
 * the other index, the old one stays, and a command under the id changes the old table. So an id
 * that another index had on the same connect is not used before the server has confirmed the new
 * index. A free id needs no such care: while nothing is open there, the server answers `stmtnum`
 * and does nothing.
 */

/**
 * Ids of a connection. Programs open tens of indexes. Updates with ever new sets of columns open
 * more, and each index takes memory in the server. All batches in flight together use fewer ids
 * than this (MAX_BATCH_DEFINITIONS), so there is always an id to reuse.
 */
const MAX_IDS = 256;

/** No index is ever open under this id. */
const UNUSED_ID = MAX_IDS;

const NEVER = -1;

/** An id and the index that has it. */
class Slot {
  /** The connect count when the server confirmed that the index is open. */
  openedAt = NEVER;
  /** The connect count when the id was taken from another index. */
  reusedAt = NEVER;
  /** How many batches in flight use it. */
  users = 0;
  lastUse = 0;

  /**
   * @param {number} id
   * @param {Definition} definition
   */
  constructor(id, definition) {
    this.id = id;
    this.definition = definition;
  }

  /** @param {number} connects  the connect count */
  isOpen(connects) {
    return this.openedAt === connects;
  }

  /**
   * Whether another index may be open under the id.
   * @param {number} connects
   */
  mustBeConfirmed(connects) {
    return this.reusedAt === connects && this.openedAt !== connects;
  }
}

/** The ids of one connection. Connect counts are its own. */
class IndexIds {
  /** @type {Map<Definition, Slot>} */
  #slots = new Map();
  #uses = 0;

  /**
   * Acquires the id of an index. The index keeps it until it is released.
   * @param {Definition} definition
   * @param {number} connects
   */
  acquire(definition, connects) {
    const slot = this.#slots.get(definition) ?? this.#assign(definition, connects);
    slot.users++;
    slot.lastUse = ++this.#uses;
    return slot;
  }

  /** @param {Iterable<Slot>} slots */
  release(slots) {
    for (const slot of slots) slot.users--;
  }

  /** @param {Definition} definition  that has an id */
  slotOf(definition) {
    return /** @type {Slot} */ (this.#slots.get(definition));
  }

  /**
   * Called when the server does not know the index.
   * @param {Definition} definition
   */
  close(definition) {
    const slot = this.#slots.get(definition);
    if (slot !== undefined) slot.openedAt = NEVER;
  }

  /** Called when the connection has ended. */
  closeAll() {
    for (const slot of this.#slots.values()) slot.openedAt = NEVER;
  }

  /**
   * @param {Definition} definition
   * @param {number} connects
   */
  #assign(definition, connects) {
    const { size } = this.#slots;
    const slot = size < MAX_IDS ? new Slot(size, definition) : this.#reuse(definition, connects);
    this.#slots.set(definition, slot);
    return slot;
  }

  /**
   * @param {Definition} definition
   * @param {number} connects
   */
  #reuse(definition, connects) {
    let oldest = null;
    for (const slot of this.#slots.values()) {
      if (slot.users > 0) continue;
      if (oldest === null || slot.lastUse < oldest.lastUse) oldest = slot;
    }
    if (oldest === null) throw new Error('batches in flight use fewer ids than there are');
    this.#slots.delete(oldest.definition);
    oldest.definition = definition;
    oldest.openedAt = NEVER;
    oldest.reusedAt = connects;
    return oldest;
  }
}

/** @typedef {import('../instances').Definition} Definition */

module.exports = { IndexIds, UNUSED_ID };
