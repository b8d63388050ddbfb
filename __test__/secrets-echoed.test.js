'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Batch, Connection, ServerError, ShardedClient } = require('..');
const { codeOf } = require('./support/codes.js');
const { clientOf } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');
const { batchOf, run } = require('./support/failures.js');

const SECRET = 'open-sesame-hunter2';
const target = { database: 'd', table: 't', columns: ['a', 'b'] };

/** The texts that programs and logs make of an error and its causes. */
function textsOf(error) {
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    JSON.stringify({ ...error }),
    inspect(error, { depth: Infinity }),
    inspect(error, { depth: Infinity, getters: true }),
    ...(error.cause === undefined ? [] : textsOf(error.cause)),
    ...(error.errors ?? []).flatMap(textsOf),
  ];
}

function assertUntold(error) {
  for (const text of textsOf(error)) assert.ok(!text.includes(SECRET), text);
}

/**
 * A server that answers everything with the secret as a refusal, except that it may open indexes.
 */
function startEcho(t, opens, says = SECRET) {
  return startPeer(
    t,
    answer((line) => {
      if (line.startsWith('A')) return '0\t1\n';
      return line.startsWith('P') && opens ? '0\t1\n' : `1\t1\t${says}\n`;
    }),
  );
}

describe('a server that sends back the secret gets it into no message, but into serverMessage:', () => {
  const calls = {
    get: (index) => index.get(1),
    getMany: (index) => index.getMany([1, 2]),
    find: (index) => index.find('>', 1, { limit: 2 }),
    scan: (index) => index.scan('>', 1).next(),
    insert: (index) => index.insert([1, 2]),
    update: (index) => index.update('=', 1, { b: 2 }),
    updateReturning: (index) => index.updateReturning('=', 1, { b: 2 }),
    delete: (index) => index.delete('=', 1),
    getManySettled: async (index) => {
      const [{ reason }] = await index.getManySettled([1]);
      throw reason;
    },
    insertMany: async (index) => {
      const [{ reason }] = await index.insertMany([[1, 2]]);
      throw reason;
    },
  };
  for (const opens of [true, false]) {
    for (const [title, call] of Object.entries(calls)) {
      test(`refusing ${opens ? title : `to open an index for ${title}`}`, async (t) => {
        const client = clientOf(t, await startEcho(t, opens), { secret: SECRET });
        await assert.rejects(call(client.openIndex(target)), (error) => {
          assertUntold(error);
          assert.equal(error.constructor, ServerError);
          assert.deepEqual([error.errorCode, error.serverMessage], [1, SECRET]);
          assert.ok(!Object.keys(error).includes('serverMessage'));
          assert.match(error.message, /error 1 and a text that only serverMessage has$/);
          return true;
        });
      });
    }
  }

  test('refusing a getMany of a sharded table', async (t) => {
    const { port } = await startEcho(t, true);
    const servers = [{ host: '127.0.0.1', port, writePort: port, secret: SECRET }];
    const cluster = new ShardedClient({ servers });
    t.after(() => cluster.close());
    const index = cluster.openIndex({ ...target, shardBy: ['a'] });
    await assert.rejects(index.getMany([1, 2]), (error) => {
      assertUntold(error);
      for (const { error: failure } of error.failures) {
        assertUntold(failure);
        assert.equal(failure.serverMessage, SECRET);
      }
      return true;
    });
  });

  test('refusing commands of a batch', async (t) => {
    const { address } = await startEcho(t, true);
    const batch = new Batch().find(0, '=', [1]);
    const [reply] = await run(new Connection(address, { secret: SECRET }), batch);
    assertUntold(reply.error);
    assert.equal(reply.error.serverMessage, SECRET);
  });

  test('refusing the handshake', async (t) => {
    const { address } = await startEcho(t, true);
    const connection = new Connection(address, { secret: SECRET, handshake: batchOf('open') });
    await assert.rejects(run(connection, batchOf('a')), (error) => {
      assertUntold(error);
      assert.match(error.message, /command 1 of the handshake with error 1 and a text that only/);
      assert.equal(error.cause.serverMessage, SECRET);
      return true;
    });
  });
});

describe('a message quotes what servers are known to say:', () => {
  const quoted = {
    open_table: /error 1, 'open_table': the table could not be opened/,
    121: /error 1, '121': a row with this key already exists/,
    7: /error 1, '7'$/,
    999: /error 1, '999'$/,
    '': /error 1$/,
  };
  const unquoted = [
    '1000',
    '0121',
    '12a',
    'open_tables',
    'OPEN_TABLE',
    'toString',
    'é',
    '-1',
    ' 1',
  ];
  for (const [says, pattern] of Object.entries(quoted)) {
    test(`'${says}', of a command and of a handshake`, async (t) => {
      const { address } = await startEcho(t, true, says);
      const [{ error }] = await run(new Connection(address), batchOf('a'));
      assert.match(error.message, pattern);
      assert.equal(error.serverMessage, says);
      const handshake = batchOf('open');
      const failed = run(new Connection(address, { handshake }), batchOf('a'));
      await assert.rejects(failed, { code: codeOf(says), message: pattern });
    });
  }
  for (const says of unquoted) {
    test(`but not '${says}'`, async (t) => {
      const { address } = await startEcho(t, true, says);
      const [{ error }] = await run(new Connection(address), batchOf('a'));
      assert.match(error.message, /error 1 and a text that only serverMessage has$/);
    });
  }
});
