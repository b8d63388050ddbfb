'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { describe, test } = require('node:test');

const { runChild } = require('./support/children.js');
const { clientOf, serveTable, tableReply } = require('./support/clients.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const V = { database: 't', table: 'kv', columns: ['v'] };
const flags = ['--expose-gc'];

/** Answers until a command asks for `held`. */
function serveUntilHeld(visitor) {
  answer((line) => (visitor.received.includes('held') ? undefined : tableReply(line)))(visitor);
}

describe("a request's AsyncLocalStorage store", () => {
  /**
   * Runs calls inside and outside of a store, in a process of its own. Says whether the store is
   * collected once its calls have settled.
   */
  async function watchStore(t, { calls, before = null, options = {} }) {
    const peer = await startPeer(t, serveUntilHeld);
    const program = async ({ Client }, port, options, calls, before) => {
      const { AsyncLocalStorage } = require('node:async_hooks');
      const storage = new AsyncLocalStorage();
      let isCollected = false;
      const registry = new FinalizationRegistry(() => {
        isCollected = true;
      });
      // Both of a server's ports are the peer.
      const client = new Client({ port, writePort: port, ...options });
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['v'] });
      const use = new Function('index', 'client', `return (${calls})(index, client)`);
      const useBefore = new Function('index', `return (${before ?? '() => {}'})(index)`);
      const outside = useBefore(index);
      const useStore = async () => {
        const store = { name: 'store', bytes: new Uint8Array(1e6) };
        registry.register(store, null);
        await storage.run(store, use, index, client);
      };
      await useStore();
      const until = performance.now() + 20_000;
      while (!isCollected && performance.now() < until) {
        for (let i = 0; i < 5; i++) {
          await Promise.allSettled([index.get(i), index.insert([i])]);
        }
        gc();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      console.log(isCollected ? 'collected' : 'kept');
      void outside;
      process.exit();
    };
    const args = [peer.port, options, String(calls), before && String(before)];
    const { stdout, stderr } = await runChild(t, program, { args, flags });
    assert.deepEqual({ stdout, stderr }, { stdout: 'collected\n', stderr: '' });
  }

  test('is collected after the first calls of a client that stays in use', (t) => {
    return watchStore(t, {
      calls: (index) => Promise.all([index.get(1), index.insert([1]), index.getMany([1, 2])]),
    });
  });

  test('is collected if the calls made no connection of their own', (t) => {
    return watchStore(t, {
      before: (index) => index.get(0),
      calls: (index) => Promise.all([index.get(1), index.insert([1]), index.getMany([1, 2])]),
    });
  });

  test('is collected while another call of the same turn has no answer yet', (t) => {
    return watchStore(t, {
      options: { connections: 2, timeoutMs: 60_000 },
      // Half of the calls travel with the first one and get no reply either; the rest use the other
      // connection.
      before: (index) => {
        for (let i = 0; i < 31; i++) index.get(i === 0 ? 'held' : i).catch(() => {});
      },
      calls: (index) => index.get('last'),
    });
  });

  test('is collected when its call has timed out while its batch is in flight', (t) => {
    return watchStore(t, {
      options: { timeoutMs: 300, connections: 2 },
      calls: async (index) => {
        await index.get('held').catch(() => {});
      },
    });
  });

  test('is collected when its call was retried', (t) => {
    return watchStore(t, {
      options: { timeoutMs: 60_000, idleTimeoutMs: 1 },
      calls: async (index) => {
        for (let i = 0; i < 3; i++) {
          await index.get(i);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
  });

  test('is collected after close()', (t) => {
    return watchStore(t, {
      calls: async (index, client) => {
        await index.get(1);
        await client.close();
      },
    });
  });
});

describe('a secret function', () => {
  test("runs in the client's async context, and not in a request's", async (t) => {
    const storage = new AsyncLocalStorage();
    const stores = [];
    const secret = () => {
      stores.push(storage.getStore());
      return 'secret';
    };
    const peer = await startPeer(t, serveTable);
    const client = storage.run('client', () => clientOf(t, peer, { secret }));
    const index = client.openIndex(V);
    await storage.run('first', () => index.get(1));
    await storage.run('second', () => index.insert(['a']));
    peer.visitors[0].reset();
    await peer.visitors[0].closed;
    await storage.run('third', () => index.get(2));
    assert.ok(stores.length >= 2);
    assert.deepEqual(new Set(stores), new Set(['client']));
  });

  test('runs without a store if the client was made without one', async (t) => {
    const storage = new AsyncLocalStorage();
    const stores = [];
    const secret = async () => {
      stores.push(storage.getStore());
      return 'secret';
    };
    const client = clientOf(t, await startPeer(t, serveTable), { secret });
    await storage.run('request', () => client.openIndex(V).get(1));
    assert.deepEqual(stores, [undefined]);
  });
});

test('a call settles in the context of its caller', async (t) => {
  const storage = new AsyncLocalStorage();
  const index = clientOf(t, await startPeer(t, serveTable)).openIndex(V);
  const callIn = (store) => {
    return storage.run(store, async () => {
      await index.get(store);
      return storage.getStore();
    });
  };
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(callIn)), ['a', 'b', 'c']);
});
