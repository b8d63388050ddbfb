'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client, Connection } = require('..');
const { runChild } = require('./support/children.js');
const { makeClient, serveTable } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const INDEX = { database: 't', table: 'kv', columns: ['v'] };
const MOST = 1000;

describe('busyPollMicroseconds', () => {
  test('gives callers their own rows, one after the other and all at once', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port, busyPollMicroseconds: MOST });
    const index = client.openIndex(INDEX);
    for (let i = 0; i < 300; i++) assert.deepEqual(await index.get(i), { v: String(i) });
    const many = await Promise.all(Array.from({ length: 300 }, (_, i) => index.get(i)));
    assert.deepEqual(
      many.map(({ v }) => v),
      Array.from({ length: 300 }, (_, i) => String(i)),
    );
  });

  test('lets timers and immediates run while callers keep calling', async (t) => {
    const peer = await startPeer(t, serveTable);
    const client = makeClient(t, { port: peer.port, busyPollMicroseconds: MOST });
    const index = client.openIndex(INDEX);
    let isOver = false;
    const calls = (async () => {
      while (!isOver) await index.get(1);
    })();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    isOver = true;
    await calls;
  });

  test('uses no processor time while servers do not answer', async (t) => {
    const answerFirst = answer((_line, ordinal) => (ordinal < 2 ? '0\t1\tx\n' : undefined));
    const peer = await startPeer(t, answerFirst);
    const program = async ({ Client }, port, busyPollMicroseconds) => {
      const client = new Client({ port, busyPollMicroseconds, timeoutMs: 1000 });
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
      await index.get(0);
      const before = process.cpuUsage();
      await index.get(1).catch(() => {});
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000);
    };
    const { stdout } = await runChild(t, program, { args: [peer.port, MOST] });
    assert.ok(Number(stdout) < 500, `${stdout} ms of a second`);
  });

  test('is a whole number from 0 to 1000', () => {
    for (const busyPollMicroseconds of [-1, 0.5, MOST + 1, '5', null]) {
      const expected = { message: /busyPollMicroseconds/ };
      assert.throws(() => new Client({ busyPollMicroseconds }), expected);
      assert.throws(() => new Connection({ busyPollMicroseconds }), expected);
    }
    new Client({ busyPollMicroseconds: MOST });
    new Connection({ busyPollMicroseconds: MOST });
  });
});
