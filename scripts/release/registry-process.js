'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { run } = require('../command.js');

/**
 * Starts registry.js, which ends with this process, whatever ends it.
 *
 * @param {string} storage
 */
async function startRegistry(storage) {
  const uplink = (await run('npm', ['config', 'get', 'registry'])).trim();
  const program = path.join(__dirname, 'registry.js');
  const child = spawn(process.execPath, [program, storage, uplink], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [port] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`the registry ended with status ${code}`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

module.exports = { startRegistry };
