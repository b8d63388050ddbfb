'use strict';

const native = require('../native.js');

/*
 * The executes of this environment. While any is under way, one libuv worker at a time polls on behalf of them all; it
 * comes back when something has finished, and is sent again if something is left. When nothing is under way nothing is
 * pending, and the process may end. docs/driver.md tells why.
 */

const driver = new native.Driver();

/**
 * What the executes under way resolve to, by their ids.
 * @type {Map<number, { resolve: (batches: native.FinishedBatch[]) => void, reject: (reason: unknown) => void }>}
 */
const underWay = new Map();
let isPumping = false;

/**
 * Begins an execute.
 * @param {native.Connection[]} connections
 * @param {string[]} batches  byte strings
 * @param {number} timeoutMs
 */
function execute(connections, batches, timeoutMs) {
  const id = driver.execute(connections, batches, timeoutMs);
  /** @type {Promise<native.FinishedBatch[]>} */
  const finished = new Promise((resolve, reject) => underWay.set(id, { resolve, reject }));
  if (!isPumping) pump();
  return { finished, abort: () => driver.abort(id) };
}

async function pump() {
  isPumping = true;
  try {
    while (underWay.size > 0) {
      await driver.poll();
      for (const { id, batches } of driver.takeFinished()) {
        underWay.get(id)?.resolve(batches);
        underWay.delete(id);
      }
    }
  } catch (error) {
    // The worker could not be sent off. Nothing more will be heard of what is under way.
    for (const { reject } of underWay.values()) reject(error);
    underWay.clear();
  } finally {
    isPumping = false;
  }
}

/**
 * @param {native.Connection[]} connections
 * @param {string[]} batches  byte strings
 * @param {number} timeoutMs
 */
function executeSync(connections, batches, timeoutMs) {
  return driver.executeSync(connections, batches, timeoutMs).batches;
}

/** @param {native.Connection} connection */
function closeConnection(connection) {
  driver.closeConnection(connection);
}

module.exports = { execute, executeSync, closeConnection };
