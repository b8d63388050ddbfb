'use strict';

const net = require('node:net');
const { HOST } = require('./configuration.js');

/** What HandlerSocket answers to an empty line, with and without a secret. */
const ANSWER = '2\t1\tcmd\n';

/**
 * Never rejects. The port accepts connections before the server is ready; the answer comes when it
 * is.
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
        if (received.length >= ANSWER.length) connection.destroy();
      })
      .once('timeout', () => connection.destroy())
      .on('error', () => {})
      .once('end', () => connection.destroy())
      .once('close', () => resolve(received === ANSWER));
  });
}

/**
 * Never rejects.
 *
 * @param {number} port
 * @returns {Promise<boolean>} Whether somebody listens there.
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
