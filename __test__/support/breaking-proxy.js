'use strict';

const { once } = require('node:events');
const net = require('node:net');

/**
 * A proxy to a server's port that can end all its connections, like a server that is restarted.
 * @param {import('node:test').TestContext} context
 * @param {number} port  of the server
 */
async function startBreakingProxy(context, port) {
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const proxy = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  const breakAll = async () => {
    const closed = [...sockets].map((socket) => once(socket, 'close'));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(async () => {
    await breakAll();
    proxy.close();
  });
  return { port: /** @type {net.AddressInfo} */ (proxy.address()).port, breakAll };
}

module.exports = { startBreakingProxy };
