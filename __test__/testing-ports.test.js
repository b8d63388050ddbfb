'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { test } = require('node:test');
const { ownsListener } = require('../lib/testing/ports.js');

test('finds the owner of a listener on all addresses', async () => {
  const listener = net.createServer().listen(0, '0.0.0.0');
  await once(listener, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (listener.address());
  try {
    const owned = ownsListener(process.pid, port);
    assert.equal(owned, process.platform === 'linux' ? true : null);
  } finally {
    listener.close();
  }
});
