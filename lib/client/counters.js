'use strict';

const { HandlerSocketError } = require('../errors.js');

/** What a client counts. */
class Counters {
  batches = 0;
  commands = 0;
  bytes = 0;
  retries = 0;
  pending = 0;
  /** By code. @type {Record<string, number>} */
  errors = {};

  /**
   * @param {import('../..').Batch} batch
   * @param {1 | -1} times  -1 to take it back: nothing of it was sent
   */
  countBatch({ commandCount, byteLength }, times) {
    this.batches += times;
    this.commands += times * commandCount;
    this.bytes += times * byteLength;
  }

  /** @param {unknown} error */
  countError(error) {
    if (!(error instanceof HandlerSocketError)) return;
    this.errors[error.code] = (this.errors[error.code] ?? 0) + 1;
  }
}

module.exports = { Counters };
