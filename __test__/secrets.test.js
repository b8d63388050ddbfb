'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Batch, Connection, Executor } = require('..');
const { runChild } = require('./support/children.js');
const { answer, refusingAddress, silence, startPeer } = require('./support/fake-peer.js');
const { batchOf } = require('./support/failures.js');

// It has no characters that inspect or JSON would escape.
const SECRET = 'open-sesame-hunter2';

/** All texts that a program, a debugger or a log makes of a value, with its getters. */
function writings(value, getters = true) {
  const texts = [
    inspect(value),
    inspect(value, { depth: Infinity, showHidden: true, getters, showProxy: true }),
    inspect(value, { depth: Infinity, customInspect: false }),
    JSON.stringify(value) ?? '',
    String(value),
  ];
  if (value instanceof Error) {
    texts.push(value.message, String(value.stack), JSON.stringify({ ...value }));
    if (value.cause !== undefined) texts.push(...writings(value.cause, getters));
    for (const error of value.errors ?? []) texts.push(...writings(error, getters));
  }
  return texts;
}

function assertUntold(...values) {
  for (const text of values.flatMap(writings)) assert.ok(!text.includes(SECRET), text);
}

/** Runs a batch that is expected to fail. */
async function executeFailing(connection, code, timeoutMs) {
  const batch = batchOf('a', 'b');
  const executor = new Executor().add(connection, batch);
  let executeError;
  await assert.rejects(executor.execute(timeoutMs), (error) => {
    executeError = error;
    return true;
  });
  assert.equal(batch.error.code, code);
  return { executeError, batch, executor };
}

/** Runs a batch that is expected to fail, and checks that nothing that remains shows the secret. */
async function executeUntold(connection, code, timeoutMs) {
  const { executeError, batch, executor } = await executeFailing(connection, code, timeoutMs);
  assertUntold(executeError, batch.error, batch, connection, executor);
}

const withSecret = (address, options) => new Connection(address, { secret: SECRET, ...options });

describe('a secret is not told', () => {
  test('by a connection, a batch and an executor that have it', () => {
    const handshake = new Batch().auth(SECRET);
    const connection = withSecret('localhost', { handshake });
    const executor = new Executor().add(connection, handshake);
    assertUntold(connection, handshake, executor, [connection], { handshake });
  });

  test('where nobody listens', async (t) => {
    await executeUntold(withSecret(await refusingAddress(t)), 'ERR_HS_CONNECT');
  });

  test('where the deadline passes', async (t) => {
    const silent = await startPeer(t, silence);
    await executeUntold(withSecret(silent.address), 'ERR_HS_TIMEOUT', 100);
  });

  test('where the connection is reset', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(3);
      visitor.reset();
    });
    await executeUntold(withSecret(peer.address), 'ERR_HS_LOST');
  });

  test('where the server refuses it', async (t) => {
    const peer = await startPeer(
      t,
      answer(() => '3\t1\tunauth\n'),
    );
    await executeUntold(withSecret(peer.address), 'ERR_HS_AUTH');
  });

  test('where the handshake is refused', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'open' ? '1\t1\topen_table\n' : '0\t1\n')),
    );
    const handshake = batchOf('open');
    await executeUntold(withSecret(peer.address, { handshake }), 'ERR_HS_NOT_OPENED');
  });

  test('where the peer sends back what it was sent', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => `${line}\n`),
    );
    await executeUntold(withSecret(peer.address), 'ERR_HS_PROTOCOL');
  });

  for (const [title, reply] of [
    ['as an error code', (line) => `${line}\t1\n`],
    ['as a number of columns', (line) => `0\t${line}\n`],
    ['as values that do not fit', (line) => `0\t7\t${line}\n`],
    ['with a broken escape', (line) => `0\t3\t${line}\x01\n`],
    ['with a NUL', (line) => `0\t3\t${line}\0\n`],
  ]) {
    test(`where the peer sends it back ${title}`, async (t) => {
      const peer = await startPeer(t, answer(reply));
      await executeUntold(withSecret(peer.address), 'ERR_HS_PROTOCOL');
    });
  }

  test('where the peer sends it back in place of a number of its own length', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => `${line.split('\t').at(-1)}\n`),
    );
    await executeUntold(withSecret(peer.address), 'ERR_HS_PROTOCOL');
  });

  test('where the peer sends it back as the refusal of it', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => `3\t1\t${line.split('\t').at(-1)}\n`),
    );
    await executeUntold(withSecret(peer.address), 'ERR_HS_AUTH');
  });

  test('where the peer sends it back as the refusal of the handshake', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'open' ? `1\t1\t${SECRET}\n` : '0\t1\n')),
    );
    const connection = withSecret(peer.address, { handshake: batchOf('open') });
    const { executeError, batch } = await executeFailing(connection, 'ERR_HS_SERVER');
    const shown = [executeError, batch.error, batch].flatMap((value) => writings(value, false));
    for (const text of shown) assert.ok(!text.includes(SECRET), text);
    assert.match(batch.error.message, /command 1 of the handshake with error 1 and a text/);
    assert.equal(batch.error.cause.serverMessage, SECRET, 'as it came, for who asks for it');
  });

  for (const [title, call] of [
    ['a secret with a control character', () => withSecret('a', { secret: `${SECRET}\t` })],
    ['a secret in bytes', () => withSecret('a', { secret: Buffer.from(SECRET) })],
    ['a secret in a String object', () => withSecret('a', { secret: Object(SECRET) })],
    ['a secret in an array', () => withSecret('a', { secret: [SECRET] })],
    ['a secret behind a function', () => withSecret('a', { secret: () => SECRET })],
    ['an auth request with a control character', () => new Batch().auth(`${SECRET}\0`)],
    ['an auth request with an array', () => new Batch().auth([SECRET])],
    ['an auth request after half a command', () => new Batch().write('1').auth(SECRET)],
    ['another option that is wrong', () => withSecret('a', { maxReplyBytes: -1 })],
    ['a host beside an address', () => withSecret('a', { host: 'b' })],
    ['a handshake that ends inside it', () => withSecret('a', { handshake: half() })],
    ['a batch that ends inside it', () => new Executor().add(new Connection(), half())],
    ['options for a connection', () => new Executor().add({ secret: SECRET }, new Batch())],
    ['options for a handshake', () => withSecret('a', { handshake: { secret: SECRET } })],
    ['a secret for options', () => new Connection('a', SECRET)],
    ['a secret and a Q', () => new Batch().write(`A\t1\t${SECRET}\nQ`)],
  ]) {
    test(`where the call is refused: ${title}`, () => {
      assert.throws(call, (error) => {
        assertUntold(error);
        return true;
      });
    });
  }

  test('in the output of a process that ends by the error', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => `${line}\n`),
    );
    const program = ({ Batch, Connection, Executor }, address, secret) => {
      const connection = new Connection(address, { secret });
      console.log(connection, { connection });
      new Executor().add(connection, new Batch().auth(secret)).execute();
    };
    const { code, stdout, stderr } = await runChild(t, program, { args: [peer.address, SECRET] });
    assert.equal(code, 1);
    assert.match(stderr, /ERR_HS_EXECUTE/);
    // The program's own source contains it.
    assert.ok(!(stdout + stderr.replaceAll(/^.*\[eval\].*$/gm, '')).includes(SECRET), stderr);
  });
});

function half() {
  return new Batch().write(`A\t1\t${SECRET}`);
}
