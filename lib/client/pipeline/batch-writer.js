'use strict';

const { Batch, access } = require('../../core/batch.js');
const { UNUSED_ID } = require('./index-ids.js');

/** Writes batches of requests. */
class BatchWriter {
  /**
   * One that has run and was cleared: to write it anew takes less time than to make one.
   * @type {InstanceType<typeof Batch> | null}
   */
  #spare = null;

  /**
   * @param {readonly import('../instances').Slot[]} unopened  what it opens first
   * @param {readonly import('../instances').Request[]} requests
   * @param {import('../instances').IndexIds} ids
   */
  write(unopened, requests, ids) {
    const batch = this.#spare ?? new Batch();
    this.#spare = null;
    for (const { id, definition } of unopened) {
      access.append(batch, `P\t${id}${definition.request}`);
    }
    let last;
    let id = UNUSED_ID;
    for (const { definition, command } of requests) {
      if (definition !== last) id = definition === null ? UNUSED_ID : ids.slotOf(definition).id;
      last = definition;
      access.command(batch, id, command);
    }
    return batch;
  }

  /** @param {InstanceType<typeof Batch>} batch  that has run, and whose replies were taken */
  reuse(batch) {
    this.#spare = batch.clear();
  }
}

module.exports = { BatchWriter };
