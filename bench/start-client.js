'use strict';

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/**
 * Starts client-process.js.
 *
 * @param {import('./workloads.js').Client} client
 * @param {import('./workloads.js').Workload} workload
 * @param {import('./servers.js').Environment} environment
 */
function startNode(client, workload, { addresses, launcher }) {
  const assignment = JSON.stringify({ client, workload, addresses });
  const [execPath, ...execArgv] = [...launcher, process.execPath];
  const child = fork(path.join(__dirname, 'client-process.js'), [assignment], {
    execPath,
    execArgv,
    serialization: 'advanced',
  });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error('its process ended before its work was done');
  });
  // It also ends after its work, when nobody waits for it.
  failure.catch(() => {});
  return {
    /**
     * @param {number} seconds
     * @returns {Promise<import('./client-process.js').Slice>}
     */
    async measure(seconds) {
      child.send(seconds);
      /** @type {import('./client-process.js').Answer[]} */
      const [answer] = await Promise.race([once(child, 'message'), failure]);
      if ('failure' in answer) throw new Error(answer.failure);
      return answer.slice;
    },
    async stop() {
      child.kill();
      await exit;
    },
  };
}

module.exports = { startNode };
