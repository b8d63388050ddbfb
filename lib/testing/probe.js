'use strict';

const net = require('node:net');
const { HOST } = require('./configuration.js');

/** HandlerSocket's reply to an empty line, authorised or not. */
const REPLY = '2\t1\tcmd\n';

/**
 * Whether HandlerSocket replies on a port. The port accepts connects before the server is ready,
 * and the reply comes once it is. Never rejects.
 *
 * @param {number} port
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
function handlerSocketAnswers(port, timeoutMs) {
  return new Promise((resolve) => {
    let received = '';
    const connection = net.connect({ host: HOST, port });
    connection
      .setEncoding('latin1')
      .setTimeout(Math.max(timeoutMs, 1))
      .once('connect', () => connection.write('\n'))
      .on('data', (chunk) => {
        received += chunk;
        if (received.length >= REPLY.length) connection.destroy();
      })
      .once('timeout', () => connection.destroy())
      .on('error', () => {})
      .once('end', () => connection.destroy())
      .once('close', () => resolve(received === REPLY));
  });
}

/**
 * Whether a program listens on a port. Never rejects.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListenedOn(port) {
  return new Promise((resolve) => {
    const connection = net.connect({ host: HOST, port });
    connection
      .once('connect', () => {
        connection.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}

module.exports = { handlerSocketAnswers, isListenedOn };
