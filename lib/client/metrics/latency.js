'use strict';

/*
 * A histogram of the times of the last minute. Each bucket is wider than the one before by a tenth,
 * so percentiles are right to a few per cent, and adding a time increments one integer.
 *
 *   slots:  [10 s] [10 s] [10 s] [10 s] [10 s] [10 s]   each with counts by bucket; the oldest is
 *                                                       cleared when the next ten seconds begin
 */

const SLOT_MS = 10_000;
const SLOTS = 6;
const BUCKETS_A_DOUBLING = 8;
/** The first bucket holds times up to a microsecond. */
const UNITS_A_MS = 1000;
/** The last bucket holds times over an hour. */
const BUCKETS = BUCKETS_A_DOUBLING * 32;

/** The counts of ten seconds. */
class Slot {
  /** Number of these ten seconds, from the beginning of the clock. */
  ordinal = -1;
  counts = new Uint32Array(BUCKETS);
}

/** Percentiles of how long something took in the last minute. */
class Latency {
  #slots = Array.from({ length: SLOTS }, () => new Slot());

  /**
   * @param {number} ms
   * @param {number} times  how often
   * @param {number} time  when, in the time of `now()`
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
   * Percentiles of the last minute, in milliseconds; null if it has no times.
   * @param {number} time  now, in the time of `now()`
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
 * The middle of the bucket that holds the time of this rank.
 * @param {readonly number[]} counts
 * @param {number} rank
 */
function percentile(counts, rank) {
  if (rank === 0) return null;
  let sum = 0;
  const bucket = counts.findIndex((count) => {
    sum += count;
    return sum >= rank;
  });
  return 2 ** ((bucket + 0.5) / BUCKETS_A_DOUBLING) / UNITS_A_MS;
}

module.exports = { Latency };
