'use strict';

const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { buildProgram } = require('./rust-program.js');

/*
 * A network with a delay: the servers in one network namespace, the clients in another, and between
 * them link/, which forwards every packet after a delay. The namespaces have no names and end with
 * their processes, which end with this one.
 */

/**
 * @typedef {import('./servers.js').Environment} Environment
 *
 * @typedef {object} Network
 * @property {(roundTripMs: number) => Promise<Environment>} withRoundTrip  Applies to everything
 *   that is sent afterwards.
 * @property {() => Promise<void>} stop
 */

const CLIENTS_ADDRESS = '10.77.0.1';
const SERVERS_ADDRESS = '10.77.0.2';

/** The reason why this machine cannot have such a network; undefined if it can. */
function whyNoNetwork() {
  if (process.platform !== 'linux') return 'only Linux has network namespaces';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  return fs.existsSync('/dev/net/tun') ? undefined : 'there is no /dev/net/tun';
}

/**
 * @param {Iterable<string>} tables
 * @param {string} folder
 * @returns {Promise<Network>}
 */
async function startNetwork(tables, folder) {
  const link = await startLink(folder);
  try {
    const servers = await startServersIn(link.serversNamespace, [...tables]);
    return {
      async withRoundTrip(roundTripMs) {
        await link.delay((roundTripMs * 1000) / 2);
        return {
          addresses: { ...servers.addresses, host: SERVERS_ADDRESS },
          launcher: launcher(link.clientsNamespace),
          sql: async () => {
            throw new Error('workloads that insert are not measured over a network');
          },
        };
      },
      async stop() {
        await servers.stop();
        await link.stop();
      },
    };
  } catch (error) {
    await link.stop();
    throw error;
  }
}

/** @param {string} folder */
async function startLink(folder) {
  const program = buildProgram('link', 'link/main.rs', folder);
  const child = spawn(program, [CLIENTS_ADDRESS, SERVERS_ADDRESS], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error('the link between the namespaces ended');
  });
  failure.catch(() => {}); // it also rejects at the end, when nobody waits
  const lines = readline.createInterface(child.stdout);
  const nextLine = async () => {
    const [line] = await Promise.race([once(lines, 'line'), failure]);
    return /** @type {string} */ (line);
  };
  const [clientsNamespace, serversNamespace] = (await nextLine()).split(' ');
  return {
    clientsNamespace,
    serversNamespace,
    /** @param {number} microseconds  one way */
    async delay(microseconds) {
      child.stdin.write(`${microseconds}\n`);
      await nextLine();
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}

/**
 * @param {string} namespace
 * @param {string[]} tables
 */
async function startServersIn(namespace, tables) {
  const [execPath, ...execArgv] = [...launcher(namespace), process.execPath];
  const assignment = JSON.stringify({ tables, clientsAddress: CLIENTS_ADDRESS });
  const child = fork(path.join(__dirname, 'network-servers.js'), [assignment], {
    execPath,
    execArgv,
  });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error('the servers behind the network did not start');
  });
  failure.catch(() => {}); // it also rejects at the end, when nobody waits
  /** @type {import('./client-process.js').Addresses[]} */
  const [addresses] = await Promise.race([once(child, 'message'), failure]);
  return {
    addresses,
    async stop() {
      child.send('stop');
      await exit;
    },
  };
}

/**
 * Starts programs in a namespace.
 *
 * @param {string} namespace
 */
function launcher(namespace) {
  return ['nsenter', `--net=${namespace}`, '--'];
}

module.exports = { whyNoNetwork, startNetwork };
