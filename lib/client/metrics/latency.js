'use strict';

/*
 * Times of the last minute, in buckets that grow by a tenth: what is read from them is right to a few
 * per cent, and to add one is to count up an integer.
 */

const SLOT_MS = 10_000;
const SLOTS = 6;
const BUCKETS_A_DOUBLING = 8;
/** Times are counted from a microsecond on. */
const UNITS_A_MS = 1000;
/** The last one has all that took longer than an hour. */
const BUCKETS = BUCKETS_A_DOUBLING * 32;

/** Counts of ten seconds. */
class Slot {
  /** Which ten seconds, since the clock began. */
  ordinal = -1;
  counts = new Uint32Array(BUCKETS);
}

class Latency {
  #slots = Array.from({ length: SLOTS }, () => new Slot());

  /**
   * @param {number} ms
   * @param {number} times  how often it was that
   * @param {number} time  when that was, as performance.now() tells it
   */
  add(ms, times, time) {
    const ordinal = Math.floor(time / SLOT_MS);
    const slot = this.#slots[ordinal % SLOTS];
    if (slot.ordinal !== ordinal) {
      slot.ordinal = ordinal;
      slot.counts.fill(0);
    }
    slot.counts[bucketOf(ms)] += times;
  }

  /**
   * Of the last minute, in milliseconds; null where there was nothing.
   * @param {number} time  as performance.now() tells it
   */
  percentiles(time) {
    const oldest = Math.floor(time / SLOT_MS) - SLOTS;
    const live = this.#slots.filter(({ ordinal }) => ordinal > oldest);
    const counts = Array.from({ length: BUCKETS }, (_, i) => {
      return live.reduce((sum, slot) => sum + slot.counts[i], 0);
    });
    const total = counts.reduce((sum, count) => sum + count, 0);
    return { p50: percentile(counts, total * 0.5), p99: percentile(counts, total * 0.99) };
  }
}

/** @param {number} ms */
function bucketOf(ms) {
  const units = Math.max(ms * UNITS_A_MS, 1);
  return Math.min(Math.floor(Math.log2(units) * BUCKETS_A_DOUBLING), BUCKETS - 1);
}

/**
 * The middle of the bucket up to which so many are counted.
 * @param {readonly number[]} counts
 * @param {number} wanted
 */
function percentile(counts, wanted) {
  if (wanted === 0) return null;
  let sum = 0;
  const bucket = counts.findIndex((count) => {
    sum += count;
    return sum >= wanted;
  });
  return 2 ** ((bucket + 0.5) / BUCKETS_A_DOUBLING) / UNITS_A_MS;
}

module.exports = { Latency };
