'use strict';

const { Deadlines } = require('./deadline.js');
const { Lane } = require('./lane.js');
const { Queue } = require('./queue.js');

/*
 * Auto-pipelining. Calls made in one turn of the event loop travel together, and what arrives while a round trip is under
 * way makes up the next one.
 */

/** Bounds of a batch: what waits behind it, and behind the next one, waits no longer than these take. */
const MAX_BATCH_KEYS = 512;
const MAX_BATCH_BYTES = 1024 * 1024;
/** What a call gets of a batch before others have their turn. */
const MAX_KEYS_A_TURN = 128;
/** Fewer keys than this are not worth another connection's batch. */
const MIN_SHARE = 16;
/** This many do not wait for the end of a round trip, but in line behind it. */
const MIN_QUEUED = 32;

/** When microtasks run, those are in line first who have just got their results and may be calling again. */
const SOON = Promise.resolve();

/** The calls to one port of a server, and the connections that carry them. */
class Pipeline {
  #timeoutMs;
  #counters;
  #lanes;
  #deadlines;
  /** Calls with requests that no lane has taken. @type {InstanceType<typeof Queue<Call>>} */
  #queue = new Queue();
  /** Requests to be sent again: before all others. @type {Request[]} */
  #repeats = [];
  /** How many keys the requests ask for that wait. */
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
    this.#deadlines = new Deadlines(place.name, counters);
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
      if (!this.#deadline?.isFresh) this.#deadline = this.#deadlines.begin(this.#timeoutMs);
      this.#deadline.add(call);
    } else {
      this.#deadlines.begin(timeoutMs).add(call);
    }
    this.#queue.push(call);
    for (const { keys } of call.requests) this.#waiting += keys;
    this.#schedule();
  }

  /** Resolves when nothing waits and nothing is under way; closes the connections then. */
  async end() {
    if (this.#waiting > 0 || this.#lanes.some((lane) => lane.underWay > 0)) {
      await new Promise((resolve) => this.#onIdle.push(() => resolve(undefined)));
    }
    for (const lane of this.#lanes) lane.close();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all microtasks, also where a timer's callback made the call.
    SOON.then(this.#afterMicrotasks);
  }

  #afterMicrotasks = () => process.nextTick(this.#flush);

  #flush = () => {
    this.#isScheduled = false;
    this.#deadline = null;
    let idle = 0;
    for (const lane of this.#lanes) if (lane.underWay === 0) idle++;
    for (const lane of this.#lanes) {
      if (this.#waiting === 0) break;
      if (lane.underWay === 0) this.#send(lane, Math.max(this.#waiting / idle--, MIN_SHARE));
      if (this.#waiting >= MIN_QUEUED && lane.canQueue) this.#send(lane, this.#waiting);
    }
    if (
      this.#waiting === 0 &&
      this.#onIdle.length > 0 &&
      !this.#lanes.some((lane) => lane.underWay > 0)
    ) {
      for (const onIdle of this.#onIdle.splice(0)) onIdle();
    }
  };

  /**
   * @param {import('./instances').Lane} lane
   * @param {number} share  how many keys it is to get of those that wait
   */
  #send(lane, share) {
    const requests = this.#take(Math.min(Math.ceil(share), MAX_BATCH_KEYS));
    if (requests.length === 0) return;
    lane.underWay++;
    lane.run(requests, latestDeadline(requests)).then((repeats) => {
      lane.underWay--;
      this.#counters.retries += repeats.length;
      for (const request of repeats) {
        this.#waiting += request.keys;
        this.#repeats.push(request);
      }
      if (this.#waiting > 0 || this.#onIdle.length > 0) this.#schedule();
    });
  }

  /**
   * The next batch: first those that go for the second time, then a share of each call in turn.
   * @param {number} most
   */
  #take(most) {
    const requests = this.#takeRepeats();
    let keys = 0;
    let bytes = 0;
    while (keys < most && bytes < MAX_BATCH_BYTES) {
      const call = this.#queue.shift();
      if (call === undefined) break;
      const { isUnit, isSettled } = call;
      const turnEnd = Math.min(keys + MAX_KEYS_A_TURN, most);
      while (call.taken < call.requests.length) {
        const isOver = keys >= turnEnd || bytes >= MAX_BATCH_BYTES;
        if (isOver && !isUnit && !isSettled) break;
        const request = call.requests[call.taken++];
        this.#waiting -= request.keys;
        if (isSettled) continue;
        keys += request.keys;
        bytes += request.command.size;
        requests.push(request);
      }
      if (call.taken < call.requests.length) this.#queue.push(call);
    }
    return requests;
  }

  /** All of them: they were in one batch before. */
  #takeRepeats() {
    if (this.#repeats.length === 0) return [];
    const repeats = this.#repeats;
    this.#repeats = [];
    for (const { keys } of repeats) this.#waiting -= keys;
    return repeats.filter(({ call }) => !call.isSettled);
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
