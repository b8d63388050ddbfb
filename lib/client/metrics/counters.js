'use strict';

const { HandlerSocketError } = require('../../errors/index.js');
const { now } = require('../../runtime/clock.js');
const { Latency } = require('./latency.js');

/** What a client counts. */
class Counters {
  batches = 0;
  commands = 0;
  bytes = 0;
  bytesIn = 0;
  /** From a call to the time when an executor has its request. */
  queue = new Latency();
  /** From then to the batch's last reply. */
  roundTrip = new Latency();
  retries = 0;
  pending = 0;
  /** By code. @type {Record<string, number>} */
  errors = {};

  /**
   * @param {number} commands
   * @param {number} bytes
   * @param {1 | -1} times  -1 to uncount a batch of which nothing was sent
   */
  countBatch(commands, bytes, times) {
    this.batches += times;
    this.commands += times * commands;
    this.bytes += times * bytes;
  }

  /**
   * How long requests have waited that are handed over now.
   * @param {readonly import('../instances').Request[]} requests
   * @param {number} time  as performance.now() tells it
   */
  noteHandedOver(requests, time) {
    for (let first = 0; first < requests.length; ) {
      const { deadline } = requests[first].call;
      let end = first + 1;
      // Calls of one turn share it.
      while (end < requests.length && requests[end].call.deadline === deadline) end++;
      if (deadline !== null) this.queue.add(time - deadline.startedAt, end - first, time);
      first = end;
    }
  }

  /**
   * @param {number} receivedBytes
   * @param {number} roundTripMs
   */
  noteReplies(receivedBytes, roundTripMs) {
    this.bytesIn += receivedBytes;
    this.roundTrip.add(roundTripMs, 1, now());
  }

  /** Counts a call that is pending now. */
  countCall() {
    this.pending++;
  }

  /**
   * Counts a call that has settled.
   * @param {unknown} error  null if it succeeded
   */
  countSettled(error) {
    this.pending--;
    if (error !== null) this.countError(error);
  }

  /** @param {unknown} error */
  countError(error) {
    if (!(error instanceof HandlerSocketError)) return;
    this.errors[error.code] = (this.errors[error.code] ?? 0) + 1;
  }
}

module.exports = { Counters };
