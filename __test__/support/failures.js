'use strict';

const assert = require('node:assert/strict');

const { Batch, Connection, Executor, HandlerSocketError } = require('../..');
const { startHealthyPeer } = require('./fake-peer.js');

/**
 * Checks all properties of a batch's error. `cause` has the properties of the cause; without it
 * there must be no cause.
 */
function assertFailure(error, { code, address, outcome, message, cause }) {
  assert.ok(error instanceof HandlerSocketError, `a HandlerSocketError, not ${error}`);
  const { code: actualCode, address: actualAddress, outcome: actualOutcome } = error;
  assert.deepEqual(
    { code: actualCode, address: actualAddress, outcome: actualOutcome, message: error.message },
    { code, address, outcome, message: error.message },
  );
  assert.ok(error.message.startsWith(`${address}: `), error.message);
  if (message) assert.match(error.message, message);
  if (cause === undefined) {
    assert.equal(error.cause, undefined);
  } else {
    assert.ok(error.cause instanceof Error, `an error as the cause, not ${error.cause}`);
    for (const [property, value] of Object.entries(cause)) {
      if (value instanceof RegExp) assert.match(error.cause[property], value);
      else assert.equal(error.cause[property], value, `cause.${property}`);
    }
  }
}

/**
 * Runs a batch that fails, in one execute with another batch on a healthy peer. Checks that the
 * other succeeds, and that the failed batch has the same error as its result.
 * @returns the failed batch's result
 */
async function executeBesideHealthy(context, connection, batch, timeoutMs, options) {
  const healthy = await startHealthyPeer(context);
  const other = new Batch().write('other\n');
  const executor = new Executor().add(connection, batch);
  executor.add(new Connection(healthy.address), other);
  const [result, otherResult] = await executor.executeSettled(timeoutMs, options);
  assert.equal(otherResult.status, 'fulfilled');
  assert.deepEqual(valuesOf(otherResult.replies), [['fine', 'other']]);
  assert.equal(other.error, null);
  assert.equal(result.status, 'rejected');
  assert.equal(batch.error, result.reason);
  assert.equal(batch.replies, result.replies);
  return result;
}

/** The values of each reply. */
function valuesOf(replies) {
  return Array.from(replies, ({ values }) => values);
}

/** A batch of commands given as text, without their line ends. */
function batchOf(...commands) {
  return new Batch().write(commands.map((command) => `${command}\n`).join(''));
}

/** Runs one batch on one connection; rejects with the batch's own error. */
async function run(connection, batch, timeoutMs) {
  const [result] = await new Executor().add(connection, batch).executeSettled(timeoutMs);
  if (result.status === 'rejected') throw result.reason;
  return result.replies;
}

module.exports = { assertFailure, batchOf, executeBesideHealthy, run, valuesOf };
