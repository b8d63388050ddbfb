'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Client, ShardedClient } = require('..');
const { startPeer } = require('./support/fake-peer.js');

const TABLE = { database: 't', table: 'kv', columns: ['id', 'v'] };

/** Opens an index of several columns, and refuses to open one of a single column. */
function openWholeOnly(visitor) {
  const open = new Set();
  let answered = 0;
  const reply = (line) => {
    const tokens = line.split('\t');
    if (tokens[0] !== 'P') return open.has(tokens[0]) ? '0\t2\t1\tx\n' : '2\t1\tstmtnum\n';
    if (!tokens[5].includes(',')) return '2\t1\tfld\n';
    open.add(tokens[1]);
    return '0\t1\n';
  };
  visitor.socket.on('data', () => {
    const lines = visitor.received.split('\n').slice(0, -1);
    visitor.send(lines.slice(answered).map(reply).join(''));
    answered = lines.length;
  });
}

test('an updateReturning whose find was sent is unknown, over several servers too', async (t) => {
  const { port } = await startPeer(t, openWholeOnly);
  const server = { port, writePort: port };
  const servers = [server, { ...server, host: 'localhost' }];
  const sharded = { ...TABLE, shardBy: ['id'] };
  const clients = [
    [new Client(server), TABLE],
    [new ShardedClient({ servers: [server] }), sharded],
    [new ShardedClient({ servers, onServerDown: 'next' }), sharded],
  ];
  for (const [client, target] of clients) {
    t.after(() => client.close());
    await assert.rejects(client.openIndex(target).updateReturning('=', 1, { v: 2 }), {
      code: 'ERR_HS_NOT_OPENED',
      outcome: 'unknown',
    });
  }
});
