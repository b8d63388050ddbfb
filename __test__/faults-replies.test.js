'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch, Connection } = require('..');
const { answer, startPeer } = require('./support/fake-peer.js');
const {
  assertFailure,
  batchOf,
  executeBesideHealthy,
  run,
  valuesOf,
} = require('./support/failures.js');

const MEBIBYTE = 1024 * 1024;

/**
 * Runs three commands on a peer that runs `script` once it has them, and checks the failure. Then
 * runs a batch on the same connection: it reconnects and gets no reply of the first batch.
 */
async function executeAgainst(context, script, expected) {
  const peer = await startPeer(context, async (visitor, ordinal) => {
    if (ordinal > 0) return answer(() => '0\t1\tagain\n')(visitor);
    await visitor.lines(3);
    await script(visitor);
  });
  const connection = new Connection(peer.address, { maxReplyBytes: 1000 });
  const batch = batchOf('a', 'b', 'c');
  const { reason, replies } = await executeBesideHealthy(context, connection, batch);
  assertFailure(reason, { address: peer.address, outcome: 'unknown', ...expected });
  assert.equal(connection.state, 'aborted');
  await peer.visitors[0].closed;
  assert.deepEqual(valuesOf(await run(connection, batchOf('next'))), [['again']]);
  assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
  return replies;
}

const lost = { code: 'ERR_HS_LOST', message: /the connection broke/ };
const reset = { ...lost, cause: { code: 'ECONNRESET' } };

describe('a reset', () => {
  test('before a reply fails the batch', async (t) => {
    assert.deepEqual(await executeAgainst(t, (visitor) => visitor.reset(), reset), []);
  });

  test('within the first reply drops it', async (t) => {
    const script = async (visitor) => {
      await visitor.send('0\t1\tfir');
      visitor.reset();
    };
    assert.deepEqual(await executeAgainst(t, script, reset), []);
  });

  test('within a later reply keeps those before', async (t) => {
    const script = async (visitor) => {
      await visitor.send('0\t1\tfirst\n0\t1\tsec');
      visitor.reset();
    };
    assert.deepEqual(valuesOf(await executeAgainst(t, script, reset)), [['first']]);
  });

  test('between replies keeps those before', async (t) => {
    const script = async (visitor) => {
      await visitor.send('0\t1\tfirst\n0\t1\tsecond\n');
      visitor.reset();
    };
    assert.deepEqual(valuesOf(await executeAgainst(t, script, reset)), [['first'], ['second']]);
  });

  test('after the last reply is not a failure', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      await visitor.lines(1);
      await visitor.send(`0\t1\t${ordinal}\n`);
      visitor.reset();
    });
    const connection = new Connection(peer.address);
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [[`${i}`]]);
      // The next batch must find the connection reset, and not race with it.
      await peer.visitors[i].closed;
    }
    assert.equal(connection.generation, 5);
  });
});

describe('an end of file', () => {
  test('before a reply fails the batch', async (t) => {
    assert.deepEqual(await executeAgainst(t, (visitor) => visitor.end(), lost), []);
  });

  test('in the middle of a reply keeps those before', async (t) => {
    const script = async (visitor) => {
      await visitor.send('0\t1\tfirst\n0\t1\tsecond');
      visitor.end();
    };
    assert.deepEqual(valuesOf(await executeAgainst(t, script, lost)), [['first']]);
  });

  test('in the middle of the handshake fails the batch', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(3);
      await visitor.send('0\t1\n');
      visitor.end();
    });
    const handshake = batchOf('open');
    const connection = new Connection(peer.address, { secret: 's', handshake });
    const { reason, replies } = await executeBesideHealthy(t, connection, batchOf('a'));
    assertFailure(reason, { ...lost, address: peer.address, outcome: 'unknown' });
    assert.deepEqual(replies, []);
  });
});

describe('a reply that is not the protocol fails the batch:', () => {
  for (const [title, line, message] of [
    ['no number', 'x\t1\ta', /no number/],
    ['nothing', '', /no number/],
    ['an error code alone', '0', /no number/],
    ['an error code that is no number', '0x\t1', /no number/],
    ['a negative error code', '-1\t1\ta', /no number/],
    ['an error code of eleven digits', '00000000000\t1\ta', /no number/],
    ['a number of columns of eleven digits', '0\t00000000001\ta', /no number/],
    ['an error code past 2^32', '4294967296\t1', /no number/],
    ['a number of columns that is none', '0\tx\ta', /no number/],
    ['a number of columns that is empty', '0\t\ta', /no number/],
    ['a banner', 'HTTP/1.1 400 Bad Request\r', /no number/],
    ['an escape of no escaped byte', '0\t1\ta\x01!', /escape/],
    ['an escape past the last escaped byte', '0\t1\ta\x01P', /escape/],
    ['an escape at the end', '0\t1\ta\x01', /escape/],
    ['an escape before a TAB', '0\t2\ta\x01\tb', /escape/],
    ['a NUL inside a value', '0\t1\ta\0b', /NUL/],
    ['a NUL at the start of a value', '0\t1\t\0b', /NUL/],
    ['a NUL at the end of a value', '0\t1\tb\0', /NUL/],
    ['two NULs', '0\t1\t\0\0', /NUL/],
    ['a value count that is no multiple', '0\t2\ta\tb\tc', /3 values .* 2 columns/],
    ['one value for two columns', '0\t2\ta', /1 values .* 2 columns/],
    ['zero columns with values', '0\t0\ta', /1 values .* 0 columns/],
    ['zero columns with an empty value', '0\t0\t', /1 values .* 0 columns/],
    ['an error with values that do not fit', '1\t2\tno', /1 values .* 2 columns/],
  ]) {
    test(title, async (t) => {
      const script = (visitor) => visitor.send(`0\t1\tfirst\n${line}\n0\t1\tthird\n`);
      const replies = await executeAgainst(t, script, {
        code: 'ERR_HS_PROTOCOL',
        message: new RegExp(`reply 2 is not HandlerSocket's protocol: .*${message.source}`),
      });
      assert.deepEqual(valuesOf(replies), [['first']]);
    });
  }

  test('one in a handshake', async (t) => {
    const peer = await startPeer(t, async (visitor) => {
      await visitor.lines(2);
      visitor.send('nonsense\n0\t1\n');
    });
    const connection = new Connection(peer.address, { handshake: batchOf('open') });
    const { reason, replies } = await executeBesideHealthy(t, connection, batchOf('a'));
    assertFailure(reason, {
      code: 'ERR_HS_PROTOCOL',
      address: peer.address,
      outcome: 'unknown',
      message: /not HandlerSocket's protocol/,
    });
    assert.deepEqual(replies, []);
  });

  test('one without an end, at maxReplyBytes', async (t) => {
    const script = (visitor) => visitor.send('x'.repeat(2000));
    const replies = await executeAgainst(t, script, {
      code: 'ERR_HS_PROTOCOL',
      message: /longer than the 1000 bytes/,
    });
    assert.deepEqual(replies, []);
  });
});

describe('more replies than commands', () => {
  for (const [title, extra] of [
    ['a whole one', '0\t1\tfourth\n'],
    ['the beginning of one', '0'],
    ['no protocol at all', '\n\n\n'],
  ]) {
    test(`fail the batch and keep its replies: ${title}`, async (t) => {
      const script = (visitor) => visitor.send(`0\t1\ta\n0\t1\tb\n0\t1\tc\n${extra}`);
      const replies = await executeAgainst(t, script, {
        code: 'ERR_HS_PROTOCOL',
        message: /without a command that asks for it/,
      });
      assert.deepEqual(valuesOf(replies), [['a'], ['b'], ['c']]);
    });
  }

  test('do not reach the next batch if they come later', async (t) => {
    const peer = await startPeer(t, async (visitor, ordinal) => {
      if (ordinal > 0) return answer(() => '0\t1\tright\n')(visitor);
      await visitor.lines(1);
      visitor.send('0\t1\tright\n');
    });
    const connection = new Connection(peer.address);
    assert.deepEqual(valuesOf(await run(connection, batchOf('a'))), [['right']]);
    await peer.visitors[0].send('0\t1\twrong\n');
    assert.deepEqual(valuesOf(await run(connection, batchOf('b'))), [['right']]);
    assert.deepEqual([connection.state, connection.generation], ['connected', 2]);
    assert.equal(peer.visitors[0].received, 'a\n');
  });
});

describe('a reply larger than maxReplyBytes', () => {
  /** A peer that sends one endless reply as long as it is read. */
  const startEndless = async (context) => {
    const chunk = Buffer.alloc(MEBIBYTE, 'x');
    return startPeer(context, async (visitor) => {
      const { socket } = visitor;
      await visitor.lines(2);
      socket.write('0\t1\tfirst\n0\t1\t');
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pump);
      pump();
    });
  };

  test('is cut off without holding more than that', async (t) => {
    const peer = await startEndless(t);
    const connection = new Connection(peer.address, { maxReplyBytes: MEBIBYTE });
    const before = process.memoryUsage();
    const { reason, replies } = await executeBesideHealthy(
      t,
      connection,
      batchOf('a', 'b'),
      20_000,
    );
    assertFailure(reason, {
      code: 'ERR_HS_PROTOCOL',
      address: peer.address,
      outcome: 'unknown',
      message: /reply 2 .* longer than the 1048576 bytes that maxReplyBytes allows/,
    });
    assert.deepEqual(valuesOf(replies), [['first']]);
    const [visitor] = peer.visitors;
    await visitor.closed;
    // What was read plus what the system's buffers hold, not what a peer could send until the
    // deadline.
    assert.ok(visitor.socket.bytesWritten < 100 * MEBIBYTE, `${visitor.socket.bytesWritten}`);
    const { external } = process.memoryUsage();
    assert.ok(external - before.external < 16 * MEBIBYTE, `${external} bytes`);
  });

  test('by one byte is refused, and one of exactly that size is not', async (t) => {
    const reply = `0\t1\t${'x'.repeat(96)}`;
    const peer = await startPeer(
      t,
      answer(() => `${reply}\n`),
    );
    const enough = new Connection(peer.address, { maxReplyBytes: 100 });
    assert.deepEqual(valuesOf(await run(enough, batchOf('a', 'b'))), [
      ['x'.repeat(96)],
      ['x'.repeat(96)],
    ]);
    const tooFew = new Connection(peer.address, { maxReplyBytes: 99 });
    await assert.rejects(run(tooFew, batchOf('a')), { code: 'ERR_HS_PROTOCOL' });
  });

  test('does not include replies that are larger only together', async (t) => {
    const peer = await startPeer(
      t,
      answer(() => `0\t1\t${'x'.repeat(96)}\n`),
    );
    const connection = new Connection(peer.address, { maxReplyBytes: 100 });
    const batch = new Batch().write('\n'.repeat(10_000));
    assert.equal((await run(connection, batch)).length, 10_000);
  });

  test('of the handshake is refused as well', async (t) => {
    const peer = await startPeer(
      t,
      answer((line) => (line === 'open' ? `0\t1\t${'x'.repeat(200)}\n` : '0\t1\n')),
    );
    const handshake = batchOf('open');
    const connection = new Connection(peer.address, { handshake, maxReplyBytes: 100 });
    await assert.rejects(run(connection, batchOf('a')), { code: 'ERR_HS_PROTOCOL' });
  });
});
