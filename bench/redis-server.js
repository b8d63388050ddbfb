'use strict';

const { execFile } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { promisify } = require('node:util');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { hashKey, jsonKey } = require('./clients/redis-keys.js');
const { tableOf, userOf } = require('./tables.js');

const MOST_ATTEMPTS = 5;
const LONGEST_START_MS = 10_000;
const POLL_MS = 20;

/**
 * A throwaway Redis that holds the users' table, on every address of this network namespace. It
 * ends with this process, even if that is killed.
 */
async function startRedis() {
  const folder = await GuardedFolder.create();
  try {
    const port = await launchOnFreePort(folder);
    await load(port);
    return { port, stop: () => folder.remove() };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** @param {InstanceType<typeof GuardedFolder>} folder */
async function launchOnFreePort(folder) {
  const log = path.join(folder.path, 'redis.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = ['--port', String(port), '--protected-mode', 'no', '--save', ''];
    const server = folder.launch('redis-server', settings, log);
    if (await isReady(server, port)) return port;
    // Another program may have taken the port in the meantime.
    if (attempt === MOST_ATTEMPTS) {
      const lines = fs.readFileSync(log, 'utf8').trim().split('\n');
      throw new Error(`redis-server ${server.ending}: ${lines.at(-1)}`);
    }
  }
}

async function freePort() {
  const listener = net.createServer().listen(0);
  await once(listener, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (listener.address());
  listener.close();
  await once(listener, 'close');
  return port;
}

/**
 * @param {InstanceType<typeof import('../lib/testing/guarded-folder.js').GroupLeader>} server
 * @param {number} port
 */
async function isReady(server, port) {
  const deadline = performance.now() + LONGEST_START_MS;
  while (server.ending === null && performance.now() < deadline) {
    const info = await command(port, ['INFO', 'server']).catch(() => '');
    if (info.includes(`process_id:${server.pid}\r\n`)) return true;
    await delay(POLL_MS);
  }
  await server.kill();
  return false;
}

/** @param {number} port */
async function load(port) {
  const { rows } = tableOf('users');
  await command(port, ['--pipe'], users(rows));
  const keys = await command(port, ['DBSIZE']);
  if (Number(keys) !== 2 * rows) throw new Error(`Redis holds ${keys} keys, not ${2 * rows}`);
}

/** @param {number} rows */
function* users(rows) {
  for (let id = 1; id <= rows; id++) {
    const user = userOf(id);
    yield serialized(['SET', jsonKey(id), JSON.stringify(user)]);
    yield serialized(['HSET', hashKey(id), ...Object.entries(user).flat()]);
  }
}

/**
 * A command in Redis' own protocol.
 *
 * @param {string[]} words  in ASCII
 */
function serialized(words) {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/**
 * The output of redis-cli.
 *
 * @param {number} port
 * @param {string[]} given
 * @param {Iterable<string>} [input]
 */
async function command(port, given, input = []) {
  const running = promisify(execFile)('redis-cli', ['-p', String(port), ...given]);
  running.child.stdin?.on('error', () => {}); // it ended early, and its status shows that
  running.child.stdin?.end([...input].join(''));
  const { stdout } = await running;
  return stdout;
}

module.exports = { startRedis };
