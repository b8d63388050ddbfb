'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { DATABASE } = require('../tables.js');

/**
 * The least that JavaScript can do: a bare socket that writes prepared bytes and splits the replies
 * at line ends and TABs. It has no errors, escapes or deadlines.
 *
 * @type {import('../client-process.js').Connect}
 */
async function connect({ addresses, table }) {
  const { host, port, secret } = addresses;
  const socket = net.connect({ host, port, noDelay: true }).setEncoding('latin1');
  await once(socket, 'connect');
  const request = pipelined(socket);
  const columns = table.columns.join(',');
  const opened = `P\t1\t${DATABASE}\t${table.name}\tPRIMARY\t${columns}\n`;
  for (const line of [await request(`A\t1\t${secret}\n`), await request(opened)]) {
    if (!line.startsWith('0\t')) throw new Error(`the server refused the handshake: ${line}`);
  }
  const commands = readyCommands(table.rows);
  /** @type {Partial<import('../client-process.js').Session>} */
  const session = {
    get: (id) => request(commands[id]),
    // The error code and the number of columns precede the values.
    read: (/** @type {string} */ line) => table.readArray(line.split('\t').slice(2)),
  };
  return { sessions: [session], close: async () => socket.destroy() };
}

/** @param {net.Socket} socket */
function pipelined(socket) {
  /** @type {((line: string) => void)[]} */
  const waiting = [];
  let rest = '';
  socket.on('data', (/** @type {string} */ text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    const answered = waiting.splice(0, lines.length);
    for (const [i, resolve] of answered.entries()) resolve(lines[i]);
  });
  return (/** @type {string} */ command) =>
    new Promise((/** @type {(line: string) => void} */ resolve) => {
      waiting.push(resolve);
      socket.write(command, 'latin1');
    });
}

/** @type {string[]} Kept from slice to slice. */
let ready = [];

/** @param {number} rows */
function readyCommands(rows) {
  if (ready.length === 0) ready = Array.from({ length: rows + 1 }, (_, id) => `1\t=\t1\t${id}\n`);
  return ready;
}

module.exports = { connect };
