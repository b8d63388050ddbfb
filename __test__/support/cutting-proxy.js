'use strict';

const { once } = require('node:events');
const net = require('node:net');

/**
 * A proxy to a server's port that ends its first connection after this many lines of replies.
 * @param {import('node:test').TestContext} context
 * @param {number} port  of the server
 * @param {number} lines
 */
async function startCuttingProxy(context, port, lines) {
  const sockets = new Set();
  let isFirst = true;
  const server = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // The other side may reset, because this side provokes it.
      socket.on('error', () => {});
    }
    client.pipe(upstream);
    let left = isFirst ? lines : Infinity;
    isFirst = false;
    upstream.on('data', (data) => {
      let end = 0;
      while (end < data.length && left > 0) if (data[end++] === 0x0a) left--;
      client.write(data.subarray(0, end));
      if (left === 0) client.end();
    });
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: /** @type {net.AddressInfo} */ (server.address()).port };
}

module.exports = { startCuttingProxy };
