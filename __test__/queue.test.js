'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const { closeSync, openSync } = require('node:fs');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');

const { Batch, Connection, Executor } = require('..');
const { runChild, startChild } = require('./support/children.js');
const { assertFailure, batchOf, run, valuesOf } = require('./support/failures.js');
const {
  answer,
  refusingAddress,
  silence,
  startFullPeer,
  startHealthyPeer,
  startPeer,
} = require('./support/fake-peer.js');
const { useServer } = require('./support/server.js');

/** A timeout for operations that take seconds on a busy machine. */
const PATIENCE_MS = 60_000;

const range = (length) => Array.from({ length }, (_, i) => i);

function lineUp(address, maxQueued, options) {
  return new Connection(address, { maxQueued, ...options });
}

/** Starts to execute one batch. Resolves with its result. */
async function settle(connection, batch, timeoutMs = PATIENCE_MS, options) {
  const [result] = await new Executor().add(connection, batch).executeSettled(timeoutMs, options);
  return result;
}

function assertReplies(result, expected) {
  assert.equal(result.status, 'fulfilled', String(result.reason));
  assert.deepEqual(valuesOf(result.replies), expected);
}

/** Answers every command with itself, but not those that say 'wait'. */
const echoUnlessWait = answer((line) => (line === 'wait' ? undefined : `0\t1\t${line}\n`));

/** A connection with an empty line, whose first batch is in flight until its only reply is sent. */
async function startBusy(context, maxQueued, { serve = echoUnlessWait, ...options } = {}) {
  const peer = await startPeer(context, serve);
  const connection = lineUp(peer.address, maxQueued, options);
  const first = settle(connection, batchOf('wait'));
  const visitor = await peer.visitor(0);
  await visitor.lines(1);
  return { peer, connection, first, visitor, end: () => visitor.send('0\t1\tfirst\n') };
}

describe('batches in line', () => {
  test('are sent one after the other, each once the replies before it are there', async (t) => {
    const sizes = [2, 1, 3, 1];
    const batches = sizes.map((size, i) => range(size).map((j) => `${i}-${j}`));
    const seen = [];
    const peer = await startPeer(t, async (visitor) => {
      let count = 0;
      for (const commands of batches) {
        count += commands.length;
        await visitor.lines(count);
        seen.push(visitor.received);
        const replies = commands.map((command) => `0\t1\t${command}\n`);
        // A batch delays the next one until its last reply.
        for (const reply of replies) await visitor.send(reply);
      }
    });
    const connection = lineUp(peer.address, 3);
    const results = await Promise.all(
      batches.map((commands) => settle(connection, batchOf(...commands))),
    );
    for (const [i, commands] of batches.entries()) {
      assertReplies(
        results[i],
        commands.map((command) => [command]),
      );
    }
    const all = batches.map((commands) => commands.map((command) => `${command}\n`).join(''));
    assert.deepEqual(
      seen,
      all.map((_, i) => all.slice(0, i + 1).join('')),
    );
    assert.equal(peer.visitors.length, 1);
    assert.deepEqual(peer.visitors[0].chunks, all, 'each in one write');
    assert.equal(connection.generation, 1);
  });

  test('each get their own replies, of 1,000', async (t) => {
    const peer = await startHealthyPeer(t);
    const connection = lineUp(peer.address, 999);
    const results = await Promise.all(
      range(1000).map((i) => settle(connection, batchOf(`${i}`, `${i}+`))),
    );
    for (const [i, result] of results.entries()) {
      assertReplies(result, [
        ['fine', `${i}`],
        ['fine', `${i}+`],
      ]);
    }
    assert.equal(peer.visitors.length, 1);
    assert.equal(
      peer.visitors[0].received,
      range(1000)
        .map((i) => `${i}\n${i}+\n`)
        .join(''),
    );
  });

  test('wait behind one that connects, authorises and sends its handshake', async (t) => {
    const peer = await startPeer(t, echoUnlessWait);
    const connection = lineUp(peer.address, 2, { secret: 's', handshake: batchOf('open') });
    const results = await Promise.all(
      ['a', 'b', 'c'].map((text) => settle(connection, batchOf(text))),
    );
    for (const [i, text] of ['a', 'b', 'c'].entries()) assertReplies(results[i], [[text]]);
    assert.equal(peer.visitors.length, 1);
    assert.equal(peer.visitors[0].received, 'A\t1\ts\nopen\na\nb\nc\n');
  });

  test('may be empty', async (t) => {
    const { connection, first, end, visitor } = await startBusy(t, 3);
    const rest = ['', 'b', ''].map((text) => settle(connection, text ? batchOf(text) : batchOf()));
    end();
    assertReplies(await first, [['first']]);
    const [empty, full, last] = await Promise.all(rest);
    assertReplies(empty, []);
    assertReplies(full, [['b']]);
    assertReplies(last, []);
    assert.equal(visitor.received, 'wait\nb\n');
  });

  test('do not take a surplus reply for their own', async (t) => {
    const { peer, connection, first, visitor } = await startBusy(t, 1);
    const second = settle(connection, batchOf('second'));
    visitor.send('0\t1\tfirst\n0\t1\tstray\n');
    await first;
    assertReplies(await second, [['second']]);
    assert.equal(visitor.received, 'wait\n');
    assert.equal(peer.visitors[1].received, 'second\n');
  });

  test('may be added while others finish', async (t) => {
    const peer = await startHealthyPeer(t);
    const connection = lineUp(peer.address, 2);
    let left = 600;
    const caller = async (name) => {
      while (left > 0) {
        const text = `${name}-${left--}`;
        assertReplies(await settle(connection, batchOf(text)), [['fine', text]]);
      }
    };
    await Promise.all(['a', 'b', 'c'].map(caller));
    assert.deepEqual([peer.visitors.length, connection.generation], [1, 1]);
    assert.equal(new Set(peer.visitors[0].received.split('\n')).size, 601);
  });

  test('end in order if every other one is empty', async (t) => {
    const { connection, first, end } = await startBusy(t, 1000);
    const results = range(1000).map((i) => settle(connection, i % 2 ? batchOf() : batchOf(`${i}`)));
    end();
    await first;
    for (const [i, result] of (await Promise.all(results)).entries()) {
      assertReplies(result, i % 2 ? [] : [[`${i}`]]);
    }
  });

  for (const [title, kind] of [
    ['are empty', 'empty'],
    ['find nobody to connect to', 'refused'],
  ]) {
    test(`may be 1,024 that ${title}`, async (t) => {
      const peer = await startPeer(t, silence);
      const ended = runChild(t, endAllAtOnce, { args: [peer.address, kind] });
      const visitor = await peer.visitor(0);
      await visitor.lines(2);
      peer.refuse();
      if (kind === 'refused') visitor.reset();
      else visitor.send('0\t1\n0\t1\n');
      const { code, signal, stdout } = await ended;
      assert.deepEqual({ code, signal }, { code: 0, signal: null });
      const expected = {
        empty: { fulfilled: 1025 },
        refused: { 'ERR_HS_LOST unknown': 1, 'ERR_HS_CONNECT not-sent': 1024 },
      };
      assert.deepEqual(JSON.parse(stdout), expected[kind]);
    });
  }

  test('are sent before the caller of the first gets its result', async (t) => {
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(`(${answerWhenTold})()`, { eval: true, workerData: flags });
    t.after(() => worker.terminate());
    const [port] = await once(worker, 'message');
    const connection = lineUp(`127.0.0.1:${port}`, 1);
    assertReplies(await settle(connection, batchOf('open')), [['open']]);
    const [first, second] = ['first', 'second'].map((text) => settle(connection, batchOf(text)));
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
    assertReplies(await first, [['first']]);
    // This thread sleeps, so whatever arrives now was sent before.
    assert.notEqual(Atomics.wait(flags, 1, 0, PATIENCE_MS), 'timed-out');
    assertReplies(await second, [['second']]);
  });
});

/** Runs in its own process. */
async function endAllAtOnce({ Batch, Connection, Executor }, address, kind) {
  const connection = new Connection(address, { maxQueued: 1024 });
  const execute = (text) =>
    new Executor().add(connection, new Batch().write(text)).executeSettled(300_000);
  const results = [execute('a\nb\n')];
  while (results.length < 1025) results.push(execute(kind === 'empty' ? '' : 'c\n'));
  const counts = {};
  for (const [{ status, reason }] of await Promise.all(results)) {
    const key = reason ? `${reason.code} ${reason.outcome}` : status;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  console.log(JSON.stringify(counts));
}

/** Runs in its own thread: echoes, and answers 'first' when the flag is set. */
function answerWhenTold() {
  const { createServer } = require('node:net');
  const { parentPort, workerData: flags } = require('node:worker_threads');
  const server = createServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (line === 'first') Atomics.wait(flags, 0, 0);
        if (line === 'second') {
          Atomics.store(flags, 1, 1);
          Atomics.notify(flags, 1);
        }
        socket.write(`0\t1\t${line}\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}

describe('one more than maxQueued', () => {
  for (const maxQueued of [undefined, 0, 1, 3]) {
    test(`fails if that is ${maxQueued}, and does not affect the others`, async (t) => {
      const { peer, connection, first, end, visitor } = await startBusy(t, maxQueued);
      const waiting = range(maxQueued ?? 0).map((i) => settle(connection, batchOf(`${i}`)));
      for (let i = 0; i < 3; i++) {
        assertFailure((await settle(connection, batchOf('more'))).reason, {
          code: 'ERR_HS_BUSY',
          address: peer.address,
          outcome: 'not-sent',
        });
      }
      end();
      assertReplies(await first, [['first']]);
      for (const [i, result] of (await Promise.all(waiting)).entries()) {
        assertReplies(result, [[`${i}`]]);
      }
      assertReplies(await settle(connection, batchOf('later')), [['later']]);
      assert.doesNotMatch(visitor.received, /more/);
      assert.deepEqual([peer.visitors.length, connection.generation], [1, 1]);
    });
  }

  test('may be queued again once one has left the line', async (t) => {
    const { connection, first, end } = await startBusy(t, 1);
    const second = await settle(connection, batchOf('second'), 10);
    assert.equal(second.reason.code, 'ERR_HS_TIMEOUT');
    const third = settle(connection, batchOf('third'));
    assert.equal((await settle(connection, batchOf('more'))).reason.code, 'ERR_HS_BUSY');
    end();
    assertReplies(await first, [['first']]);
    assertReplies(await third, [['third']]);
  });
});

test('executeSync on a connection that is in use is refused, whatever maxQueued is', async (t) => {
  const { peer, connection, first, end, visitor } = await startBusy(t, 5);
  const second = settle(connection, batchOf('second'));
  const batch = batchOf('sync');
  assert.throws(
    () => new Executor().add(connection, batch).executeSync(),
    (error) => {
      assert.equal(error.code, 'ERR_HS_EXECUTE');
      assertFailure(error.errors[0], {
        code: 'ERR_HS_BUSY',
        address: peer.address,
        outcome: 'not-sent',
      });
      return true;
    },
  );
  assert.equal(batch.error.code, 'ERR_HS_BUSY');
  end();
  assertReplies(await first, [['first']]);
  assertReplies(await second, [['second']]);
  assert.equal(visitor.received, 'wait\nsecond\n');
});

describe('where the connection fails under the first, the next goes over a new connect', () => {
  for (const [title, fail, code] of [
    ['a reset', (visitor) => visitor.reset(), 'ERR_HS_LOST'],
    ['its end', (visitor) => visitor.end(), 'ERR_HS_LOST'],
    ['garbage', (visitor) => visitor.send('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ERR_HS_PROTOCOL'],
  ]) {
    test(`after ${title}`, async (t) => {
      const { peer, connection, first, visitor } = await startBusy(t, 3, {
        secret: 's',
        handshake: batchOf('open'),
        serve: answer((line, i) => (i === 2 && line === 'wait' ? undefined : `0\t1\t${line}\n`)),
      });
      await visitor.lines(3);
      const rest = ['b', 'c', 'd'].map((text) => settle(connection, batchOf(text)));
      fail(visitor);
      assertFailure((await first).reason, {
        code,
        address: peer.address,
        outcome: 'unknown',
        cause: (await first).reason.cause && {},
      });
      for (const [i, result] of (await Promise.all(rest)).entries()) {
        assertReplies(result, [['bcd'[i]]]);
      }
      assert.deepEqual(
        peer.visitors.map(({ received }) => received),
        ['A\t1\ts\nopen\nwait\n', 'A\t1\ts\nopen\nb\nc\nd\n'],
      );
      assert.deepEqual([connection.generation, connection.state], [2, 'connected']);
      await visitor.closed;
    });
  }

  test('after its deadline', async (t) => {
    const peer = await startPeer(t, echoUnlessWait);
    const connection = lineUp(peer.address, 2);
    const first = settle(connection, batchOf('wait'), 50);
    const rest = ['b', 'c'].map((text) => settle(connection, batchOf(text)));
    const { reason } = await first;
    assert.equal(reason.code, 'ERR_HS_TIMEOUT');
    for (const [i, result] of (await Promise.all(rest)).entries())
      assertReplies(result, [['bc'[i]]]);
    assert.equal(peer.visitors.at(-1).received, 'b\nc\n');
    assert.equal(connection.generation, peer.visitors.length);
  });

  test('after its abort', async (t) => {
    const peer = await startPeer(t, echoUnlessWait);
    const connection = lineUp(peer.address, 2);
    const controller = new AbortController();
    const first = settle(connection, batchOf('wait'), PATIENCE_MS, { signal: controller.signal });
    await (await peer.visitor(0)).lines(1);
    const rest = ['b', 'c'].map((text) => settle(connection, batchOf(text)));
    controller.abort();
    const { reason } = await first;
    assert.deepEqual([reason.code, reason.outcome], ['ABORT_ERR', 'unknown']);
    for (const [i, result] of (await Promise.all(rest)).entries())
      assertReplies(result, [['bc'[i]]]);
    assert.deepEqual(
      peer.visitors.map(({ received }) => received),
      ['wait\n', 'b\nc\n'],
    );
  });

  test('each time it fails', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      await visitor.lines(1);
      if (ordinal % 2 === 0) return visitor.reset();
      echoUnlessWait(visitor);
      // Data that arrived before are not emitted again.
      visitor.socket.emit('data', Buffer.alloc(0));
    });
    const connection = lineUp(peer.address, 19);
    const results = await Promise.all(range(20).map((i) => settle(connection, batchOf(`${i}`))));
    const lost = results.filter(({ status }) => status === 'rejected');
    for (const { reason } of lost) assert.equal(reason.code, 'ERR_HS_LOST');
    assert.equal(lost.length, 1);
    for (const [i, result] of results.entries()) if (i > 0) assertReplies(result, [[`${i}`]]);
    assert.equal(connection.generation, 2);
  });

  test('and fails by itself if there is none', async (t) => {
    const { peer, connection, first, visitor } = await startBusy(t, 2);
    peer.refuse();
    const rest = ['b', 'c'].map((text) => settle(connection, batchOf(text)));
    visitor.reset();
    assert.equal((await first).reason.code, 'ERR_HS_LOST');
    for (const { reason } of await Promise.all(rest)) {
      assertFailure(reason, {
        code: 'ERR_HS_CONNECT',
        address: peer.address,
        outcome: 'not-sent',
        cause: { code: 'ECONNREFUSED' },
      });
    }
    assert.deepEqual([connection.state, connection.generation], ['aborted', 1]);
  });

  test('also if the first did not even connect', async (t) => {
    const address = await refusingAddress(t);
    const connection = lineUp(address, 9);
    for (const { reason } of await Promise.all(
      range(10).map((i) => settle(connection, batchOf(`${i}`))),
    )) {
      assert.deepEqual([reason.code, reason.outcome], ['ERR_HS_CONNECT', 'not-sent']);
    }
  });
});

describe('a batch in line whose deadline has passed', () => {
  test('was not sent, and does not affect the others', async (t) => {
    const { peer, connection, first, end, visitor } = await startBusy(t, 4);
    const short = [1, 20, 0].map((timeoutMs) => settle(connection, batchOf('short'), timeoutMs));
    const next = settle(connection, batchOf('next'));
    for (const { reason } of await Promise.all(short)) {
      assertFailure(reason, {
        code: 'ERR_HS_TIMEOUT',
        address: peer.address,
        outcome: 'not-sent',
      });
    }
    end();
    assertReplies(await first, [['first']]);
    assertReplies(await next, [['next']]);
    assert.equal(visitor.received, 'wait\nnext\n');
    assert.deepEqual([peer.visitors.length, connection.generation], [1, 1]);
  });

  test('fails in time behind one that does not end', async (t) => {
    const { connection, first, end } = await startBusy(t, 1000);
    const results = await Promise.all(
      range(1000).map((i) => settle(connection, batchOf(`${i}`), 5 + (i % 50))),
    );
    for (const { reason } of results) {
      assert.deepEqual([reason.code, reason.outcome], ['ERR_HS_TIMEOUT', 'not-sent']);
    }
    end();
    assertReplies(await first, [['first']]);
  });
});

describe('an AbortSignal', () => {
  test('takes a batch out of the line', async (t) => {
    const { peer, connection, first, end, visitor } = await startBusy(t, 2);
    const controller = new AbortController();
    const second = settle(connection, batchOf('second'), PATIENCE_MS, controller);
    const third = settle(connection, batchOf('third'));
    controller.abort(new Error('no longer needed'));
    const { reason } = await second;
    assertFailure(reason, {
      code: 'ABORT_ERR',
      address: peer.address,
      outcome: 'not-sent',
      cause: { message: 'no longer needed' },
    });
    end();
    assertReplies(await first, [['first']]);
    assertReplies(await third, [['third']]);
    assert.equal(visitor.received, 'wait\nthird\n');
  });

  test('ends the whole line that shares it', async (t) => {
    const { peer, connection, first, end } = await startBusy(t, 50);
    const controller = new AbortController();
    const waiting = range(49).map((i) =>
      settle(connection, batchOf(`${i}`), PATIENCE_MS, controller),
    );
    const last = settle(connection, batchOf('last'));
    controller.abort();
    for (const { reason } of await Promise.all(waiting)) {
      assert.deepEqual([reason.code, reason.outcome], ['ABORT_ERR', 'not-sent']);
      assert.equal(reason.cause, controller.signal.reason);
    }
    end();
    await first;
    assertReplies(await last, [['last']]);
    assert.equal(peer.visitors[0].received, 'wait\nlast\n');
  });
});

describe('close()', () => {
  test('ends the batch in flight and the line, and leaves a connection for use at once', async (t) => {
    const { peer, connection, first, visitor } = await startBusy(t, 3);
    const waiting = range(3).map((i) => settle(connection, batchOf(`${i}`)));
    connection.close();
    assert.equal(connection.state, 'closed');
    const after = range(4).map((i) => settle(connection, batchOf(`after ${i}`)));
    const expected = { code: 'ERR_HS_CLOSED', address: peer.address };
    assertFailure((await first).reason, { ...expected, outcome: 'unknown' });
    for (const { reason } of await Promise.all(waiting)) {
      assertFailure(reason, { ...expected, outcome: 'not-sent' });
    }
    for (const [i, result] of (await Promise.all(after)).entries()) {
      assertReplies(result, [[`after ${i}`]]);
    }
    await visitor.closed;
    assert.deepEqual(
      peer.visitors.map(({ received }) => received),
      [
        'wait\n',
        range(4)
          .map((i) => `after ${i}\n`)
          .join(''),
      ],
    );
    assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
  });

  test('may be called again and again, at any moment', async (t) => {
    const peer = await startHealthyPeer(t);
    const connection = lineUp(peer.address, 4);
    const results = [];
    for (let i = 0; i < 200; i++) {
      results.push(settle(connection, batchOf(`${i}`)));
      if (i % 5 === 4) {
        for (let j = 0; j < i % 13; j++) await turn();
        connection.close();
      }
    }
    for (const [i, result] of (await Promise.all(results)).entries()) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'ERR_HS_CLOSED');
      else assertReplies(result, [['fine', `${i}`]]);
    }
    assertReplies(await settle(connection, batchOf('end')), [['fine', 'end']]);
    assert.equal(peer.visitors.at(-1).received, 'end\n');
    await Promise.all(peer.visitors.slice(0, -1).map(({ closed }) => closed));
  });

  test('may be called in the callback of the first', async (t) => {
    const { peer, connection, first, end } = await startBusy(t, 2);
    const rest = ['wait', 'c'].map((text) => settle(connection, batchOf(text)));
    end();
    await first;
    connection.close();
    const [second, third] = await Promise.all(rest);
    assert.equal(second.reason.code, 'ERR_HS_CLOSED');
    assert.deepEqual([third.reason.code, third.reason.outcome], ['ERR_HS_CLOSED', 'not-sent']);
    assertReplies(await settle(connection, batchOf('d')), [['d']]);
    assert.equal(peer.visitors.at(-1).received, 'd\n');
  });
});

describe('several connections in one executor', () => {
  test('wait for those that are in use, and for no others', async (t) => {
    const busy = await startBusy(t, 1);
    const refusing = await startBusy(t, 0);
    const healthy = await startHealthyPeer(t);
    const free = new Connection(healthy.address);
    const batches = ['a', 'b', 'c'].map((text) => batchOf(text));
    let isOver = false;
    const executed = new Executor()
      .add(busy.connection, batches[0])
      .add(refusing.connection, batches[1])
      .add(free, batches[2])
      .executeSettled(PATIENCE_MS)
      .finally(() => {
        isOver = true;
      });
    await (await healthy.visitor(0)).lines(1);
    // A finished pair releases its connection, though its execute is not over.
    for (;;) {
      const result = await settle(free, batchOf('next'));
      if (result.status === 'fulfilled') break;
      assert.equal(result.reason.code, 'ERR_HS_BUSY');
    }
    assert.equal(isOver, false);
    busy.end();
    const results = await executed;
    assertReplies(results[0], [['a']]);
    assert.deepEqual(
      [results[1].reason.code, results[1].reason.outcome],
      ['ERR_HS_BUSY', 'not-sent'],
    );
    assertReplies(results[2], [['fine', 'c']]);
    assertReplies(await busy.first, [['first']]);
    refusing.end();
    assertReplies(await refusing.first, [['first']]);
  });

  test('wait behind another executor with the same ones, in whatever order', async (t) => {
    const peers = [await startHealthyPeer(t), await startHealthyPeer(t), await startHealthyPeer(t)];
    const connections = peers.map(({ address }) => lineUp(address, 50));
    const executed = range(50).map((i) => {
      const executor = new Executor();
      for (let j = 0; j < 3; j++) {
        executor.add(connections[(i % 2 ? i - j + 3 : i + j) % 3], batchOf(`${i}-${j}`));
      }
      return executor.execute(PATIENCE_MS);
    });
    for (const [i, replies] of (await Promise.all(executed)).entries()) {
      assert.deepEqual(
        replies.map(valuesOf),
        range(3).map((j) => [['fine', `${i}-${j}`]]),
      );
    }
    for (const { visitors } of peers) {
      const numbers = visitors.flatMap(({ received }) => received.match(/^\d+/gm).map(Number));
      assert.deepEqual(numbers, range(50), 'in the order in which they were called for');
    }
  });

  test('do not delay others by one that is stuck', async (t) => {
    const stuck = await startBusy(t, 1);
    const healthy = await startHealthyPeer(t);
    const connection = lineUp(healthy.address, 1);
    const controller = new AbortController();
    const executed = new Executor()
      .add(stuck.connection, batchOf('a'))
      .add(connection, batchOf('b'))
      .executeSettled(PATIENCE_MS, controller);
    for (let i = 0; i < 50; i++) {
      assertReplies(await settle(connection, batchOf(`${i}`)), [['fine', `${i}`]]);
    }
    controller.abort();
    const [first, second] = await executed;
    assert.deepEqual([first.reason.code, first.reason.outcome], ['ABORT_ERR', 'not-sent']);
    assertReplies(second, [['fine', 'b']]);
    stuck.end();
    await stuck.first;
  });

  test('are handed on to the next executor as a whole, while one retries its connect', async (t) => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'hansock-queue-'));
    t.after(() => fs.rm(folder, { recursive: true }));
    const file = path.join(folder, 'full.sock');
    await startFullPeer(t, { path: file });
    const healthy = await startHealthyPeer(t);
    const peer = await startPeer(t, echoUnlessWait);
    const helper = new Connection(healthy.address);
    const connection = lineUp(peer.address, 1);
    for (const used of [helper, connection]) await settle(used, batchOf('open'));
    const freePool = await holdPool(t, folder);
    const controller = new AbortController();
    const both = new Executor()
      .add(connection, batchOf('wait'))
      .add(new Connection({ path: file }), batchOf('b'))
      .executeSettled(PATIENCE_MS, controller);
    const next = settle(connection, batchOf('wait'));
    const visitor = peer.visitors[0];
    await visitor.lines(2);
    // By now all of these were polled without a worker, more than once.
    for (let i = 0; i < 3; i++) assertReplies(await settle(helper, batchOf('a')), [['fine', 'a']]);
    visitor.send('0\t1\tfirst\n');
    freePool();
    await visitor.lines(3);
    visitor.send('0\t1\tnext\n');
    assertReplies(await next, [['next']]);
    controller.abort();
    assertReplies((await both)[0], [['first']]);
    assert.equal(connection.generation, 1);
  });
});

/** Holds libuv's threads until the function that it returns is called. */
async function holdPool(context, folder) {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Opening a pipe takes a thread until it is opened for writing too.
  const readers = Array.from({ length: 4 }, () => fs.open(pipe, 'r'));
  let writer = null;
  const free = () => {
    writer ??= openSync(pipe, 'w');
  };
  context.after(async () => {
    free();
    for (const reader of await Promise.all(readers)) await reader.close();
    closeSync(writer);
  });
  await turn();
  return free;
}

describe('on a real server', () => {
  const ROWS = 1000;
  const server = useServer({
    sql: `CREATE DATABASE t; USE t;
      CREATE TABLE kv (k INT PRIMARY KEY, v VARCHAR(20));
      INSERT INTO kv SELECT seq, CONCAT('v', seq) FROM seq_0_to_${ROWS - 1};
      CREATE TABLE log (id INT PRIMARY KEY, n INT)`,
  });
  const target = { database: 't', table: 'kv', columns: ['k', 'v'] };
  const handshake = new Batch().openIndex(0, target);
  const find = (keys) => {
    const batch = new Batch();
    for (const key of keys) batch.find(0, '=', [key]);
    return batch;
  };
  const rowsOf = (keys) => keys.map((key) => [`${key}`, `v${key}`]);

  test('1,000 batches in line get their own rows', async () => {
    const connection = server.reader({ handshake, maxQueued: 1000 });
    const keys = range(1000).map((i) => range(1 + (i % 7)).map((j) => (i * 31 + j) % ROWS));
    const results = await Promise.all(keys.map((own) => settle(connection, find(own))));
    for (const [i, own] of keys.entries()) assertReplies(results[i], rowsOf(own));
    assert.equal(connection.generation, 1);
    connection.close();
  });

  test('batches larger than a socket buffer get their own rows', async () => {
    const connection = server.reader({ handshake, maxQueued: 2 });
    const keys = [3, 5, 7].map((step) => range(60_000).map((i) => (i * step) % ROWS));
    const results = await Promise.all(keys.map((own) => settle(connection, find(own))));
    for (const [i, own] of keys.entries()) {
      const { status, replies } = results[i];
      assert.deepEqual([status, replies.length], ['fulfilled', own.length]);
      assert.ok(own.every((key, j) => replies[j].values[1] === `v${key}`));
    }
    assert.equal(connection.generation, 1);
    connection.close();
  });

  test('writes are done in the order of the line', async () => {
    const open = new Batch().openIndex(0, { ...target, table: 'log', columns: ['id', 'n'] });
    const connection = server.writer({ handshake: open, maxQueued: 300 });
    const insert = settle(connection, new Batch().insert(0, [1, 0]));
    const updates = range(300).map((i) =>
      settle(connection, new Batch().update(0, '=', [1], [1, i + 1])),
    );
    assert.equal((await insert).status, 'fulfilled');
    for (const result of await Promise.all(updates)) assertReplies(result, [['1']]);
    assert.deepEqual(await server.sql('SELECT n FROM t.log'), [['300']]);
    connection.close();
  });
});

describe('a process', () => {
  test('ends by itself when its line is done', async (t) => {
    const peer = await startHealthyPeer(t);
    const program = ({ Batch, Connection, Executor }, address) => {
      const connection = new Connection(address, { maxQueued: 20 });
      globalThis.kept = connection;
      for (let i = 0; i < 21; i++) {
        const executor = new Executor().add(connection, new Batch().write(`${i}\n`));
        executor.execute(300_000).then(([[reply]]) => console.log(reply.values[1]));
      }
    };
    const { code, signal, stdout, stderr } = await runChild(t, program, { args: [peer.address] });
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    const numbers = stdout.trim().split('\n').map(Number);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      range(21),
    );
    await peer.visitors[0].closed;
  });

  test('ends by process.exit() in the middle of a line', async (t) => {
    const peer = await startPeer(t, silence);
    const program = ({ Batch, Connection, Executor }, address) => {
      const connection = new Connection(address, { maxQueued: 20 });
      for (let i = 0; i < 21; i++) {
        new Executor().add(connection, new Batch().write('a\n')).execute(300_000);
      }
      process.stdin.once('data', () => process.exit(7));
    };
    const { child, ended } = startChild(t, program, { args: [peer.address] });
    await (await peer.visitor(0)).lines(1);
    child.stdin.write('now');
    const { code, signal, stderr } = await ended;
    assert.deepEqual({ code, signal, stderr }, { code: 7, signal: null, stderr: '' });
    await peer.visitors[0].closed;
    assert.equal(peer.visitors[0].received, 'a\n');
  });
});

describe('a worker thread', () => {
  const index = JSON.stringify(require.resolve('..'));
  const startWorker = (program, workerData) =>
    new Worker(`(${program})(require(${index}), require('node:worker_threads'))`, {
      eval: true,
      workerData,
    });

  test('terminate() in the middle of a line ends it cleanly', async (t) => {
    const peer = await startPeer(t, silence);
    const program = ({ Batch, Connection, Executor }, { workerData }) => {
      const connection = new Connection(workerData, { maxQueued: 50 });
      for (let i = 0; i < 51; i++) {
        new Executor().add(connection, new Batch().write('a\n')).execute(300_000);
      }
    };
    const workers = Array.from({ length: 4 }, () => startWorker(program, peer.address));
    for (let i = 0; i < 4; i++) await (await peer.visitor(i)).lines(1);
    assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1, 1]);
    for (const { closed, received } of peer.visitors) {
      await closed;
      assert.equal(received, 'a\n');
    }
  });

  test('terminate() at any moment leaves the process whole', async (t) => {
    const peer = await startHealthyPeer(t);
    const program = async ({ Batch, Connection, Executor }, { parentPort, workerData }) => {
      const connection = new Connection(workerData, { maxQueued: 9 });
      const execute = () =>
        new Executor().add(connection, new Batch().write('a\n')).execute(300_000);
      parentPort.postMessage('loaded');
      for (;;) await Promise.all(Array.from({ length: 10 }, execute));
    };
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(program, peer.address);
      await once(worker, 'message');
      if (i % 2) await (await peer.visitor(peer.visitors.length)).lines(i * 10);
      assert.equal(await worker.terminate(), 1);
    }
    const connection = lineUp(peer.address, 1);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['fine', 'a']]);
  });
});
