'use strict';

const { Deadline } = require('./deadline.js');
const { Lane } = require('./lane.js');
const { Queue } = require('./queue.js');

/*
 * Auto-pipelining. Calls made in one turn of the event loop travel together, and what arrives while a round trip is under
 * way makes up the next one.
 */

/** Bounds of a batch: what waits behind it waits no longer than these take. */
const MAX_BATCH_REQUESTS = 1024;
const MAX_BATCH_BYTES = 1024 * 1024;
/** What a call gets of a batch before others have their turn. */
const MAX_REQUESTS_A_TURN = 128;
/** Fewer requests than this are not worth another connection's batch. */
const MIN_SHARE = 16;

/** The calls to one port of a server, and the connections that carry them. */
class Pipeline {
  #timeoutMs;
  #address;
  #counters;
  #lanes;
  /** Calls with requests that no lane has taken. @type {InstanceType<typeof Queue<Call>>} */
  #queue = new Queue();
  /** Requests to be sent again: before all others. @type {Request[]} */
  #repeats = [];
  /** How many requests wait. */
  #waiting = 0;
  /** That of the calls of this turn. @type {import('./instances').Deadline | null} */
  #deadline = null;
  #isScheduled = false;
  /** Called when nothing waits and nothing is under way. @type {(() => void)[]} */
  #onIdle = [];

  /**
   * @param {import('./options.js').Place} place
   * @param {{ timeoutMs: number, idleTimeoutMs: number }} settings
   * @param {import('./instances').Counters} counters
   * @param {import('./instances').SecretSource} secrets
   */
  constructor(place, { timeoutMs, idleTimeoutMs }, counters, secrets) {
    this.#timeoutMs = timeoutMs;
    this.#counters = counters;
    this.#address = place.name;
    this.#lanes = Array.from({ length: place.connections }, () => {
      return new Lane(place, secrets, idleTimeoutMs, counters);
    });
  }

  get connects() {
    return this.#lanes.reduce((sum, lane) => sum + lane.connects, 0);
  }

  get connections() {
    return this.#lanes.filter((lane) => lane.isConnected).length;
  }

  /**
   * @param {Call} call
   * @param {number} [timeoutMs]  where it is not the client's
   */
  add(call, timeoutMs) {
    if (timeoutMs === undefined) {
      if (!this.#deadline?.isFresh) {
        this.#deadline = new Deadline(this.#timeoutMs, this.#address, this.#counters);
      }
      this.#deadline.add(call);
    } else {
      new Deadline(timeoutMs, this.#address, this.#counters).add(call);
    }
    this.#queue.push(call);
    this.#waiting += call.requests.length;
    this.#schedule();
  }

  /** Resolves when nothing waits and nothing is under way; closes the connections then. */
  async end() {
    if (this.#waiting > 0 || this.#lanes.some((lane) => lane.isBusy)) {
      await new Promise((resolve) => this.#onIdle.push(() => resolve(undefined)));
    }
    for (const lane of this.#lanes) lane.close();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all microtasks, also where a timer's callback made the call: those who have just got their results may be
    // calling again.
    queueMicrotask(() => {
      process.nextTick(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    });
  }

  #flush() {
    this.#deadline = null;
    const idle = this.#lanes.filter((lane) => !lane.isBusy);
    for (const [i, lane] of idle.entries()) {
      if (this.#waiting === 0) break;
      const share = Math.ceil(this.#waiting / (idle.length - i));
      const requests = this.#take(Math.min(Math.max(share, MIN_SHARE), MAX_BATCH_REQUESTS));
      if (requests.length > 0) this.#send(lane, requests);
    }
    if (this.#waiting === 0 && !this.#lanes.some((lane) => lane.isBusy)) {
      for (const onIdle of this.#onIdle.splice(0)) onIdle();
    }
  }

  /**
   * @param {import('./instances').Lane} lane
   * @param {Request[]} requests
   */
  async #send(lane, requests) {
    lane.isBusy = true;
    const repeats = await lane.run(requests, latestDeadline(requests));
    lane.isBusy = false;
    this.#counters.retries += repeats.length;
    this.#waiting += repeats.length;
    this.#repeats.push(...repeats);
    this.#schedule();
  }

  /**
   * The next batch: first those that go for the second time, then a share of each call in turn.
   * @param {number} most
   */
  #take(most) {
    const repeats = this.#repeats.splice(0, most);
    this.#waiting -= repeats.length;
    const requests = repeats.filter(({ call }) => !call.isSettled);
    let bytes = 0;
    while (requests.length < most && bytes < MAX_BATCH_BYTES) {
      const call = this.#queue.shift();
      if (call === undefined) break;
      const left = call.requests.length - call.taken;
      if (call.isSettled) {
        this.#waiting -= left;
        continue;
      }
      const turn = Math.min(left, MAX_REQUESTS_A_TURN, most - requests.length);
      const end = call.taken + (call.isUnit ? left : turn);
      for (; call.taken < end && (call.isUnit || bytes < MAX_BATCH_BYTES); call.taken++) {
        const request = call.requests[call.taken];
        bytes += request.text.length;
        requests.push(request);
        this.#waiting--;
      }
      if (call.taken < call.requests.length) this.#queue.push(call);
    }
    return requests;
  }
}

/** @param {Request[]} requests */
function latestDeadline(requests) {
  let latest = 0;
  for (const { call } of requests) latest = Math.max(latest, call.deadline?.at ?? 0);
  return latest;
}

/**
 * @typedef {import('./instances').Call} Call
 * @typedef {import('./instances').Request} Request
 */

module.exports = { Pipeline };
