'use strict';

const fs = require('node:fs');
const net = require('node:net');
const crypto = require('node:crypto');
const { HOST } = require('./configuration.js');

// Below the range of ports of outgoing connections, so that none of them can take a server's port
// between its kill() and its start().
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 32_000;
const MOST_TRIES = 200;

/**
 * Picks three different ports that are free now. Another process may take one at any time.
 *
 * @returns {Promise<import('./configuration.js').Ports>}
 */
async function pickFreePorts() {
  /** @type {net.Server[]} */
  const held = [];
  try {
    for (let tries = 0; held.length < 3 && tries < MOST_TRIES; tries += 1) {
      const listener = await listenOn(crypto.randomInt(LOWEST_PORT, HIGHEST_PORT));
      if (listener !== null) held.push(listener);
    }
    const [read, write, sql] = held.map(portOf);
    if (read === undefined || write === undefined || sql === undefined) {
      throw new Error(
        `startServer found no three free ports on ${HOST} between ${LOWEST_PORT} and ` +
          `${HIGHEST_PORT} in ${MOST_TRIES} tries. End some of the programs that listen there.`,
      );
    }
    return { read, write, sql };
  } finally {
    await Promise.all(held.map((listener) => new Promise((resolve) => listener.close(resolve))));
  }
}

/**
 * @param {number} port
 * @returns {Promise<net.Server | null>}
 */
function listenOn(port) {
  return new Promise((resolve) => {
    const listener = net.createServer();
    listener.once('error', () => resolve(null));
    listener.listen({ host: HOST, port, exclusive: true }, () => resolve(listener));
  });
}

/** @param {net.Server} listener */
function portOf(listener) {
  return /** @type {net.AddressInfo} */ (listener.address()).port;
}

/**
 * Whether a process listens on a port. If a port is taken, HandlerSocket starts without that
 * listener and reports nothing, and a connect would reach the other program.
 *
 * @param {number} pid
 * @param {number} port
 * @returns {boolean | null} null if the system does not tell.
 */
function ownsListener(pid, port) {
  try {
    const files = openFiles(pid);
    return listenerInodes(port).some((inode) => files.includes(`socket:[${inode}]`));
  } catch {
    return null;
  }
}

/** 127.0.0.1, and the wildcard address that includes it. */
const LISTENING_ADDRESSES = ['0100007F', '00000000'];

/** @param {number} port */
function listenerInodes(port) {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = LISTENING_ADDRESSES.map((address) => `${address}:${hexadecimal}`);
  const listening = '0A';
  return fs
    .readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => addresses.includes(fields[1]) && fields[3] === listening)
    .map((fields) => fields[9]);
}

/** @param {number} pid */
function openFiles(pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).map((file) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${file}`);
    } catch (error) {
      const closedJustNow = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
      if (closedJustNow) return '';
      throw error;
    }
  });
}

module.exports = { pickFreePorts, ownsListener };
