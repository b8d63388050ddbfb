'use strict';

const { Client } = require('../..');
const { answer, startPeer } = require('./fake-peer.js');

function makeClient(context, options) {
  const client = new Client(options);
  context.after(() => client.close());
  return client;
}

/**
 * A client of a peer that has both of a server's ports. It has one connection, since a peer that is
 * slow on purpose would seem far away.
 */
function clientOf(context, { port }, options) {
  return makeClient(context, { port, writePort: port, connections: 1, ...options });
}

/** The reply of a server with a table in which each row's `v` is its key. */
function tableReply(line) {
  const [first, op, , key] = line.split('\t');
  return first === 'P' || op === '+' ? '0\t1\n' : `0\t1\t${key}\n`;
}

const serveTable = answer(tableReply);

/** A peer that reads at once, and answers once it is opened. */
async function startGated(context) {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const peer = await startPeer(context, async (visitor) => {
    for (let i = 0; ; i++) {
      const lines = await visitor.lines(i + 1);
      await opened;
      visitor.send(tableReply(lines[i]));
    }
  });
  return { ...peer, open };
}

module.exports = { clientOf, makeClient, serveTable, startGated, tableReply };
