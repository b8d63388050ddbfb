'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const native = require('../native.js');

/** How many workers are out. Seen from outside, since nothing but time tells them from tries. */
let workers = 0;
const { poll } = native.Driver.prototype;
native.Driver.prototype.poll = async function () {
  workers++;
  try {
    return await poll.call(this);
  } finally {
    workers--;
  }
};

const { Connection, Executor } = require('..');
const { answer, startHealthyPeer, startPeer } = require('./support/fake-peer.js');
const { batchOf } = require('./support/failures.js');

const PATIENCE_MS = 10_000;
/** Turns in each of which an execute begins. */
const MANY = 1000;

function begin(connection) {
  return new Executor().add(connection, batchOf('x')).executeSettled(PATIENCE_MS);
}

describe('tries in turns of the event loop', () => {
  test('end, also where an execute begins in each turn', async (t) => {
    const answerFirst = answer((_line, ordinal) => (ordinal === 0 ? '0\t1\n' : undefined));
    const peer = await startPeer(t, answerFirst);
    const quick = new Connection((await startHealthyPeer(t)).address);
    const stalled = new Connection(peer.address, { maxQueued: MANY });
    await begin(stalled);
    // After quick replies waits are tried, and no worker is out.
    for (let i = 0; i < 100; i++) await begin(quick);
    const begun = [];
    while (workers === 0 && begun.length < MANY) {
      begun.push(begin(stalled));
      await turn();
    }
    assert.ok(workers > 0, `no worker was sent in ${begun.length} turns`);
    stalled.close();
    await Promise.all(begun);
  });
});
