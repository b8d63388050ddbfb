'use strict';

const assert = require('node:assert/strict');
const diagnostics = require('node:diagnostics_channel');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Client, HandlerSocketError } = require('..');
const { makeClient } = require('./support/clients.js');
const { answer, refusingAddress, startPeer } = require('./support/fake-peer.js');
const { outlast } = require('./support/outlast.js');
const { useServer } = require('./support/server.js');

// It has no characters that inspect or JSON would escape.
const SECRET = 'open-sesame-hunter2';
const target = { database: 't', table: 'kv', columns: ['v'] };

/** An index of a client whose peer is both ports of a server. */
function indexOf(context, { port }, options) {
  return makeClient(context, { port, writePort: port, ...options }).openIndex(target);
}

/**
 * Once `takes` accepts the secret, answers finds on a table whose `v` equals the key.
 */
function tableThat(takes) {
  return (visitor, ordinal) => {
    const open = new Set();
    let isIn = false;
    answer((line) => {
      const [first, op, given, key] = line.split('\t');
      if (first === 'A') isIn = takes(given, ordinal);
      if (!isIn) return '3\t1\tunauth\n';
      if (first === 'A') return '0\t1\n';
      if (first === 'P') open.add(op);
      else if (!open.has(first)) return '2\t1\tstmtnum\n';
      return first === 'P' || op === '+' ? '0\t1\n' : `0\t1\t${key}\n`;
    })(visitor);
  };
}

const anySecret = tableThat(() => true);

/** The secret that each connection got first. */
function secretsTo({ visitors }) {
  return visitors.map(({ received }) => /^A\t1\t(.*)\n/.exec(received)?.[1]);
}

/** A secret function that counts: `one`, `two`, … */
function countingSecret(names = ['one', 'two', 'three', 'four']) {
  const secret = () => names[secret.asked++];
  secret.asked = 0;
  return secret;
}

describe('a secret', () => {
  for (const [kind, secret] of Object.entries({
    'a string': SECRET,
    'a function': () => SECRET,
    'an async function': async () => SECRET,
  })) {
    test(`that is ${kind} goes first on every connection`, async (t) => {
      const peer = await startPeer(t, anySecret);
      const index = indexOf(t, peer, { secret });
      assert.deepEqual(await index.get(1), { v: '1' });
      await index.insert(['a']);
      assert.deepEqual(secretsTo(peer), [SECRET, SECRET]);
      assert.match(peer.visitors[0].chunks[0], /^A\t.*\nP\t.*\n0\t=\t.*\n$/, 'in one write');
    });
  }

  test('is not asked for until there is a call', async (t) => {
    const peer = await startPeer(t, anySecret);
    const secret = countingSecret();
    const index = indexOf(t, peer, { secret });
    assert.equal(secret.asked, 0);
    await Promise.all([index.get(1), index.get(2)]);
    await index.get(3);
    assert.equal(secret.asked, 1);
  });

  test('is asked for once if six connections of both ports wait for it', async (t) => {
    const peer = await startPeer(t, anySecret);
    let asked = 0;
    let give;
    const given = new Promise((resolve) => {
      give = resolve;
    });
    const secret = () => {
      asked++;
      return given;
    };
    const index = indexOf(t, peer, { secret, connections: 4, writeConnections: 2 });
    const calls = Array.from({ length: 200 }, (_, i) => [index.get(i), index.insert([i])]).flat();
    await new Promise(setImmediate);
    calls.push(index.get(200));
    await new Promise(setImmediate);
    assert.deepEqual([asked, peer.visitors.length], [1, 0]);
    give(SECRET);
    await Promise.all(calls);
    assert.equal(asked, 1);
    assert.deepEqual(secretsTo(peer), Array(6).fill(SECRET));
  });

  test('is asked for again when a cut connection reconnects', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 1) return anySecret(visitor, ordinal);
      await visitor.lines(3);
      visitor.reset();
    });
    const secret = countingSecret();
    const index = indexOf(t, peer, { secret });
    await assert.rejects(index.insert(['a']), { code: 'ERR_HS_LOST', outcome: 'unknown' });
    assert.deepEqual(await index.get(1), { v: '1' });
    assert.deepEqual(secretsTo(peer), ['one', 'two', 'three']);
  });

  test('is tried again if the server had closed the idle connection', async (t) => {
    const peer = await startPeer(t, anySecret);
    const secret = countingSecret();
    const index = indexOf(t, peer, { secret });
    await index.get(1);
    await new Promise((resolve) => peer.visitors[0].socket.end(resolve));
    assert.deepEqual(await index.get(2), { v: '2' });
    assert.deepEqual(secretsTo(peer), ['one', 'one']);
  });

  test('that is refused is asked for once more, and reads and writes succeed', async (t) => {
    const takesTwo = tableThat((given) => given === 'two');
    const peer = await startPeer(t, takesTwo);
    for (const call of [(index) => index.get(1), (index) => index.insert(['a'])]) {
      const secret = countingSecret();
      assert.ok(await call(indexOf(t, peer, { secret })));
      assert.equal(secret.asked, 2);
    }
    assert.deepEqual(secretsTo(peer), ['one', 'two', 'one', 'two']);
  });

  test('that was refused leaves no connection behind', { timeout: 10_000 }, async (t) => {
    const peer = await startPeer(
      t,
      tableThat((given) => given === 'three'),
    );
    const client = makeClient(t, { port: peer.port, secret: countingSecret() });
    const index = client.openIndex(target);
    await Promise.allSettled([index.get(1)]);
    await Promise.allSettled([index.get(2)]);
    assert.deepEqual(await index.get(3), { v: '3' });
    await Promise.all(peer.visitors.slice(0, -1).map(({ closed }) => closed));
    assert.equal(client.stats().connections, 1);
  });

  test('that stays refused rejects with nothing sent, and the next call asks again', async (t) => {
    const peer = await startPeer(
      t,
      tableThat((given) => given === 'right'),
    );
    let given = 'wrong';
    const index = indexOf(t, peer, { secret: () => given });
    const fixed = indexOf(t, peer, { secret: 'wrong' });
    const refused = { code: 'ERR_HS_AUTH', outcome: 'not-sent' };
    for (const call of [() => index.get(1), () => index.insert(['a']), () => fixed.get(1)]) {
      await assert.rejects(call, refused);
    }
    given = 'right';
    assert.deepEqual(await index.get(1), { v: '1' });
    assert.deepEqual(await index.insert(['a']), { insertId: null });
    await assert.rejects(fixed.get(1), refused);
  });

  test('with a character that cannot match is refused by the constructor', () => {
    for (const option of ['secret', 'writeSecret']) {
      assert.throws(
        () => new Client({ [option]: `${SECRET}\t` }),
        (error) => {
          assertUntold(error);
          return /Error$/.test(error.name) && error.message.includes(option);
        },
      );
    }
  });
});

describe('the secret of the write port', () => {
  const server = useServer({
    secret: 'for-reads',
    writeSecret: 'for-writes',
    sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT)',
  });
  const kv = { ...target, columns: ['k', 'v'] };

  test('may be one of its own', async (t) => {
    const { port, writePort, secret, writeSecret } = server.running;
    for (const [i, write] of [writeSecret, () => writeSecret].entries()) {
      const options = { port, writePort, secret, writeSecret: write };
      const index = makeClient(t, options).openIndex(kv);
      await index.insert([i, 7]);
      assert.deepEqual(await index.get(i), { k: `${i}`, v: '7' });
    }
  });

  test('is that of the read port if none is given', async (t) => {
    const { port, writePort, secret } = server.running;
    const index = makeClient(t, { port, writePort, secret }).openIndex(kv);
    assert.equal(await index.get(100), null);
    await assert.rejects(index.insert([100, 7]), { code: 'ERR_HS_AUTH', outcome: 'not-sent' });
    assert.equal(await index.get(100), null);
  });

  test('is asked for apart from the other, once each', async (t) => {
    const peer = await startPeer(t, anySecret);
    const secret = countingSecret(['read']);
    const writeSecret = countingSecret(['write']);
    const index = indexOf(t, peer, { secret, writeSecret });
    await Promise.all([index.get(1), index.insert(['a'])]);
    assert.deepEqual(secretsTo(peer).sort(), ['read', 'write']);
    assert.deepEqual([secret.asked, writeSecret.asked], [1, 1]);
  });
});

describe('a function that should give the secret and', () => {
  const cause = new Error('the vault is closed');
  const fail = () => {
    throw cause;
  };
  for (const [what, give, isCause] of [
    ['throws', fail, (error) => error === cause],
    ['rejects', async () => fail(), (error) => error === cause],
    ['throws what is no error', () => Promise.reject('no'), (error) => error === 'no'],
    ['gives a number', () => 271828, (error) => error instanceof TypeError],
    ['gives undefined', async () => undefined, (error) => error instanceof TypeError],
    ['gives bytes', () => Buffer.from(SECRET), (error) => error instanceof TypeError],
    ['gives what cannot match', () => `${SECRET}\n`, (error) => error instanceof Error],
  ]) {
    test(`${what} fails the calls that wait, and is asked by the next`, async (t) => {
      const peer = await startPeer(t, anySecret);
      let asked = 0;
      const secret = () => (++asked === 1 ? give() : SECRET);
      const client = makeClient(t, { port: peer.port, writePort: peer.port, secret });
      const index = client.openIndex(target);
      const calls = [index.get(1), index.getMany([2, 3]), index.insert(['a'])];
      for (const { status, reason } of await Promise.allSettled(calls)) {
        assert.equal(status, 'rejected');
        assert.ok(reason instanceof HandlerSocketError, `${reason}`);
        assert.deepEqual([reason.code, reason.outcome], ['ERR_HS_AUTH', 'not-sent']);
        assert.ok(isCause(reason.cause), inspect(reason.cause));
        assertUntold(reason);
        assert.ok(!writings(reason).join().includes('271828'), 'the number may be the secret');
      }
      assert.deepEqual([asked, peer.visitors.length], [1, 0]);
      assert.deepEqual(client.stats().errors, { ERR_HS_AUTH: 3 });
      assert.deepEqual(await index.get(4), { v: '4' });
      assert.equal(asked, 2);
    });
  }

  test('takes too long: its calls time out unsent, and later ones succeed', async (t) => {
    const peer = await startPeer(t, anySecret);
    let give;
    const given = new Promise((resolve) => {
      give = resolve;
    });
    const index = indexOf(t, peer, { secret: () => given, timeoutMs: 200 });
    const calls = [() => index.get(1), () => index.insert(['a'])];
    const ends = await Promise.all(calls.map((call) => outlast(call, 200)));
    for (const { error, lasted, isLate } of ends) {
      assert.deepEqual([error.code, error.outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
      assert.ok(lasted >= 199, `${lasted} ms`);
      assert.equal(isLate, false);
    }
    const patient = [index.get(2), index.insert(['b'])];
    give(SECRET);
    assert.deepEqual(await Promise.all(patient), [{ v: '2' }, { insertId: null }]);
    const received = peer.visitors.map((visitor) => visitor.received).join('');
    assert.deepEqual(received.match(/\t[+=]\t.*\n/g).sort(), ['\t+\t1\tb\n', '\t=\t1\t2\n']);
  });

  test('never gives it does not keep the client from closing', { timeout: 10_000 }, async () => {
    // The test does not close it afterwards, which would wait as long.
    const client = new Client({ secret: () => new Promise(() => {}), timeoutMs: 50 });
    const index = client.openIndex(target);
    await assert.rejects(index.get(1), { code: 'ERR_HS_TIMEOUT', outcome: 'not-sent' });
    assert.equal(await client.close(), undefined);
  });
});

/** All texts that a program, a debugger or a log makes of a value. */
function writings(value) {
  const texts = [
    inspect(value),
    inspect(value, { depth: Infinity, showHidden: true, getters: true, showProxy: true }),
    inspect(value, { depth: Infinity, customInspect: false }),
    String(JSON.stringify(value)),
  ];
  if (value instanceof Error) {
    texts.push(value.message, String(value.stack), JSON.stringify({ ...value }));
    if (value.cause !== undefined) texts.push(...writings(value.cause));
  }
  return texts;
}

function assertUntold(...values) {
  for (const text of values.flatMap(writings)) assert.ok(!text.includes(SECRET), text);
}

describe('a secret is told', () => {
  const servers = {
    'that takes it': [(t) => startPeer(t, anySecret), null],
    'that refuses it': [
      (t) =>
        startPeer(
          t,
          tableThat(() => false),
        ),
      'ERR_HS_AUTH',
    ],
    'that sends it back': [
      (t) =>
        startPeer(
          t,
          answer((line) => `${line}\n`),
        ),
      'ERR_HS_PROTOCOL',
    ],
    'that sends it back as an error': [
      (t) =>
        startPeer(
          t,
          answer((line) => `3\t1\t${line.split('\t').at(-1)}\n`),
        ),
      'ERR_HS_AUTH',
    ],
    'where nobody listens': [
      async (t) => ({ port: Number((await refusingAddress(t)).split(':')[1]) }),
      'ERR_HS_CONNECT',
    ],
  };
  for (const [which, [start, code]] of Object.entries(servers)) {
    for (const [kind, secret] of Object.entries({ string: SECRET, function: () => SECRET })) {
      test(`by no error, inspect or tracing channel: a ${kind}, a server ${which}`, async (t) => {
        const told = [];
        const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
        for (const name of ['operation', 'execute', 'connect']) {
          const subscribers = Object.fromEntries(
            events.map((event) => [event, (context) => told.push(...writings(context))]),
          );
          const channel = diagnostics.tracingChannel(`hansock:${name}`);
          channel.subscribe(subscribers);
          t.after(() => channel.unsubscribe(subscribers));
        }
        const { port } = await start(t);
        const client = makeClient(t, { port, writePort: port, secret, traceValues: true });
        const index = client.openIndex(target);
        assertUntold(client, index, [client], { index });
        const results = await Promise.allSettled([index.get(1), index.insert(['a'])]);
        for (const { reason = null } of results) {
          assert.equal(reason?.code ?? null, code);
          assertUntold(reason);
        }
        assertUntold(client, index, client.stats());
        assert.ok(told.length > 0);
        for (const text of told) assert.ok(!text.includes(SECRET), text);
      });
    }
  }
});
