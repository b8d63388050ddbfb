'use strict';

const { HandlerSocketError } = require('../../errors/index.js');
const { Latency } = require('./latency.js');

/** The figures of stats(). The pipeline counts calls, batches and replies as they pass. */
class Counters {
  batches = 0;
  commands = 0;
  bytes = 0;
  bytesIn = 0;
  /** Time from a call until its request is handed to an executor. */
  queue = new Latency();
  /** Time from then until the batch's last reply. */
  roundTrip = new Latency();
  retries = 0;
  pending = 0;
  /** How often each code was an error's. @type {Record<string, number>} */
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
   * Adds the waits of requests that are handed to an executor now.
   * @param {readonly import('../instances').Request[]} requests
   * @param {number} time  in the time of `now()`
   */
  noteHandedOver(requests, time) {
    for (let first = 0; first < requests.length; ) {
      const { deadline } = requests[first].call;
      let end = first + 1;
      // Calls of one turn share a deadline, and so the time when they were made.
      while (end < requests.length && requests[end].call.deadline === deadline) end++;
      if (deadline !== null) this.queue.add(time - deadline.startedAt, end - first, time);
      first = end;
    }
  }

  /**
   * @param {number} receivedBytes
   * @param {number} sentAt  all times are in the time of `now()`
   * @param {number} arrivedAt
   */
  noteReplies(receivedBytes, sentAt, arrivedAt) {
    this.bytesIn += receivedBytes;
    this.roundTrip.add(arrivedAt - sentAt, 1, arrivedAt);
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
