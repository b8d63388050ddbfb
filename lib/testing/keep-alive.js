'use strict';

// Taken at load time: a test that installs fake timers later does not stop a server's start.
const { setInterval, clearInterval } = globalThis;

const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

/**
 * Runs an operation and keeps the process alive until it has completed. All other handles of this
 * folder are unreferenced, so that a forgotten server keeps no process alive.
 *
 * @template T
 * @param {() => Promise<T>} operation
 * @returns {Promise<T>}
 */
async function keepingProcessAlive(operation) {
  const hold = setInterval(() => {}, LONGEST_INTERVAL_MS);
  try {
    return await operation();
  } finally {
    clearInterval(hold);
  }
}

module.exports = { keepingProcessAlive };
