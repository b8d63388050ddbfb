'use strict';

const { ByteWriter } = require('../../protocol/byte-writer.js');
const { UNUSED_ID } = require('./index-ids.js');

/** A batch that needed more memory than this, in bytes, does not keep it for the next one. */
const MAX_KEPT_BYTES = 64 * 1024;

/** Writes one batch after the other into the same memory. */
class BatchWriter {
  #writer = new ByteWriter();

  /**
   * Writes a batch, in place of the one before.
   * @param {readonly import('../instances').Slot[]} unopened  indexes that the batch opens first
   * @param {readonly import('../instances').Request[]} requests
   * @param {import('../instances').IndexIds} ids
   * @returns {WrittenBatch}
   */
  write(unopened, requests, ids) {
    const writer = this.#writer;
    writer.truncate(0);
    for (const { id, definition } of unopened) {
      writer.byteString(`P\t${id}${definition.request}\n`);
    }
    let last;
    let id = UNUSED_ID;
    for (const { definition, command } of requests) {
      if (definition !== last) id = definition === null ? UNUSED_ID : ids.slotOf(definition).id;
      last = definition;
      writer.command(id, command);
    }
    return { bytes: writer.bytes, commandCount: unopened.length + requests.length };
  }

  /**
   * Releases the memory of a large batch. The bytes of the last one must not be used afterwards.
   */
  release() {
    if (this.#writer.capacity > MAX_KEPT_BYTES) this.#writer = new ByteWriter();
  }
}

/**
 * @typedef {object} WrittenBatch
 * @property {Uint8Array} bytes  a view, valid until `write` or `release` is called
 * @property {number} commandCount
 */

module.exports = { BatchWriter };
