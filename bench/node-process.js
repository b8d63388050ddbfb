'use strict';

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/**
 * Starts contender.js.
 *
 * @param {import('./works.js').Contender} contender
 * @param {import('./works.js').Work} work
 * @param {import('../lib/testing').TestServer} server
 */
function startNode(contender, work, { host, port, writePort, secret, sqlPort }) {
  const addresses = { host, port, writePort, secret, sqlPort };
  const assignment = JSON.stringify({ contender, work, addresses });
  const child = fork(path.join(__dirname, 'contender.js'), [assignment], {
    serialization: 'advanced',
  });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error('its process ended before its work was done');
  });
  // It ends after its work too, when nobody waits.
  failure.catch(() => {});
  return {
    /**
     * @param {number} seconds
     * @returns {Promise<import('./contender.js').Slice>}
     */
    async measure(seconds) {
      child.send(seconds);
      const [slice] = await Promise.race([once(child, 'message'), failure]);
      return slice;
    },
    async stop() {
      child.kill();
      await exit;
    },
  };
}

module.exports = { startNode };
