'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { poissonArrivals } = require('../bench/arrivals.js');
const { drawChart } = require('../bench/chart.js');
const { compareVersions, judge } = require('../bench/comparison.js');
const { GOALS } = require('../bench/goals.js');
const { LIMITS } = require('../bench/limits.js');
const { report } = require('../bench/report.js');
const { medianInterval } = require('../bench/statistics.js');
const { RATIO_PAGES, ratios, summary } = require('../bench/summary.js');
const { WORKLOADS } = require('../bench/workloads.js');

const ROUNDS = 9;
const MACHINE = {
  'Node.js': '20',
  Date: '2026-01-01',
  CPU: 'one',
  Cores: '2',
  MariaDB: '10.11.19-MariaDB',
  Redis: '7',
};

describe('bench: which version is worse', () => {
  const steady = rounds(100);

  test('names a rate that fell by more than the noise', () => {
    const fallen = {
      before: steady,
      beforeAgain: steady,
      after: rounds(80),
      afterAgain: rounds(80),
    };
    assert.equal(judge('rate', fallen).verdict, 'worse');
  });

  test('names CPU time that rose by more than the noise', () => {
    const risen = {
      before: steady,
      beforeAgain: steady,
      after: rounds(120),
      afterAgain: rounds(120),
    };
    assert.equal(judge('cpu', risen).verdict, 'worse');
    assert.equal(judge('rate', risen).verdict, 'better');
  });

  test('names nothing where two processes of one version differ as much', () => {
    const apart = {
      before: steady,
      beforeAgain: rounds(75),
      after: rounds(80),
      afterAgain: rounds(80),
    };
    const { noise, verdict } = judge('rate', apart);
    assert.ok(noise > 0.3);
    assert.equal(verdict, '');
  });

  test('names nothing where the rounds disagree', () => {
    const mixed = Array.from({ length: ROUNDS }, (_, round) => (round % 2 === 0 ? 60 : 130));
    const figures = { before: steady, beforeAgain: steady, after: mixed, afterAgain: mixed };
    assert.equal(judge('rate', figures).verdict, '');
  });

  test('leaves out a workload at which a version failed', () => {
    const clients = [{ failure: 'Unknown option' }, {}, {}, {}];
    const figures = /** @type {any} */ ({ name: 'get', comparesRates: true, clients });
    assert.deepEqual(compareVersions(figures), []);
  });

  test('has the interval of the median by order statistics', () => {
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert.deepEqual(medianInterval(nine), { low: 2, median: 5, high: 8 });
    assert.deepEqual(medianInterval([3, 1, 2]), { low: 1, median: 2, high: 3 });
  });
});

describe('bench: arrivals', () => {
  test('are in order, at the rate, and independent of each other', () => {
    const arrivals = poissonArrivals(10_000, 2);
    const gaps = Array.from(arrivals, (time, i) => time - (arrivals[i - 1] ?? 0));
    assert.ok(gaps.every((gap) => gap >= 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    // 20,000 exponential gaps: their mean is within 5%, and their deviation is their mean.
    assert.ok(Math.abs(mean / 0.1 - 1) < 0.05, `a mean gap of ${mean} ms`);
    assert.ok(Math.abs(Math.sqrt(variance) / mean - 1) < 0.1, `a deviation of ${variance}`);
  });
});

describe('bench: what it reports', () => {
  test('reads each goal of a planned workload from its figures', () => {
    const results = resultsOf(WORKLOADS);
    const limits = new Set(LIMITS.map(({ name }) => name));
    assert.ok(limits.size > 0);
    for (const { workload, what, figure } of GOALS) {
      if (workload !== '') assert.equal(figure(results).length, ROUNDS, `${workload}: ${what}`);
    }
  });

  test('calls a goal unreached whose client failed', () => {
    const results = resultsOf(WORKLOADS.filter(({ name }) => name === 'get, 1 caller'));
    const own = results.workloads[0].clients[0];
    own.failure = 'Unknown option';
    own.rounds = [];
    assert.match(
      report(results),
      /hansock get: rate, of ioredis .* a client failed \| \*\*no\*\* \|/,
    );
  });

  test('draws rates alone where no network was measured', () => {
    const results = resultsOf(WORKLOADS.filter(({ situation }) => situation === 'loopback'));
    const chart = drawChart(results);
    assert.match(chart, /Rows a second/);
    assert.doesNotMatch(chart, /round trip|NaN/);
  });

  test('draws and sums up all workloads', () => {
    const results = resultsOf(WORKLOADS);
    assert.match(drawChart(results), /round trip of 2 ms/);
    assert.doesNotMatch(drawChart(results) + summary(results), /NaN|undefined/);
    assert.match(summary(results), /\| get, 1,000 callers \| \*\*100\*\* \| 100 \(1\.00\)/);
  });

  test('gives pages of docs/ the ratios beside whom they are about', () => {
    const results = resultsOf(WORKLOADS);
    for (const peers of Object.values(RATIO_PAGES)) {
      const text = ratios(results, peers);
      assert.match(
        text,
        new RegExp(`^\\| get, 1,000 callers \\|${' 1\\.00 \\|'.repeat(peers.length)}$`, 'm'),
      );
      assert.doesNotMatch(text, /NaN|undefined/);
    }
    for (const workload of results.workloads) workload.clients[0].rounds = [];
    assert.match(
      ratios(results, ['redis']),
      /^The last full run of the benchmark was without redis\./,
    );
  });
});

/** @param {number} value */
function rounds(value) {
  return Array(ROUNDS).fill(value);
}

/**
 * Results as if every figure were 100.
 *
 * @param {import('../bench/workloads.js').Workload[]} workloads
 * @returns {import('../bench/results.js').Results}
 */
function resultsOf(workloads) {
  const round = { rate: 100, cpu: 100, p50: 100, p99: 100, utilisation: 100 };
  return {
    machine: MACHINE,
    rounds: ROUNDS,
    seconds: 1,
    leftOut: [],
    limits: [],
    sharding: '',
    workloads: workloads.map(({ name, section, operation, clients }) => ({
      name,
      section,
      comparesRates: operation !== 'openLoop',
      valueBytes: 0,
      clients: clients.map(({ label }) => ({
        label,
        rounds: Array.from({ length: ROUNDS }, () => ({ ...round })),
        latencies: [1, 2, 3, 4],
        peakMemory: 1,
      })),
    })),
  };
}
