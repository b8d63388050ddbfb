/*
 * The calls of a thread or process that terminate.mjs and exit.mjs end. The function runs as text,
 * so it cannot use the scope around it.
 */

export const KINDS = [
  'connecting',
  'looking up',
  'in flight',
  'queued',
  'replies',
  'long replies',
  'many pairs',
  'clients',
  'in a handler',
  'in sync',
  'aborting',
  'closing',
];

/** Reports `begun` to its parent thread, if it has one, and never ends. */
export function program({ hansock, kind, seed, port, writePort, silentPort, secret, exit }) {
  const { parentPort } = require('node:worker_threads');
  const { Batch, Client, Connection, Executor } = require(hansock);
  let state = seed;
  const integer = (least, greatest) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return least + ((state >> 8) % (greatest - least + 1));
  };
  const target = { database: 't', table: 'stable', columns: ['k', 'v'] };
  const handshake = new Batch().openIndex(0, target);
  const open = (options) => new Connection(`127.0.0.1:${port}`, { secret, handshake, ...options });
  const silent = (options) => new Connection(`127.0.0.1:${silentPort}`, options);
  const find = (k, options) => new Batch().find(0, '>=', [k], options);
  const run = (connection, batch, timeoutMs = 300_000, options = {}) =>
    new Executor().add(connection, batch).executeSettled(timeoutMs, options);
  const maybeExit = () => {
    if (exit && integer(0, 9) === 0) process.exit(7);
  };
  const forever = async (call) => {
    for (;;) {
      await call();
      maybeExit();
    }
  };
  const calls = {
    connecting: () =>
      forever(() => Promise.all(Array.from({ length: 8 }, () => run(open(), find(1))))),
    'looking up': () =>
      forever(() => run(new Connection(`localhost:${port}`, { secret, handshake }), find(1))),
    'in flight': () => {
      for (let i = 0; i < 12; i++) run(silent(), new Batch().write('a\n'));
    },
    queued: () => {
      for (const connection of [silent({ maxQueued: 50 }), open({ maxQueued: 50 })]) {
        for (let i = 0; i < 20; i++) forever(() => run(connection, find(i + 1)));
      }
    },
    replies: () => {
      for (let i = 0; i < 6; i++) {
        const connection = open();
        forever(() => run(connection, find(integer(1, 900), { limit: 10 })));
      }
    },
    'long replies': () => {
      for (let i = 0; i < 3; i++) {
        const connection = open();
        forever(() => run(connection, find(200 * integer(1, 5), { limit: 3 })));
      }
    },
    'many pairs': () => {
      const connections = Array.from({ length: 10 }, () => open());
      forever(() => {
        const executor = new Executor();
        for (const connection of connections) executor.add(connection, find(integer(1, 900)));
        return executor.executeSettled();
      });
    },
    clients: () => {
      for (const options of [{}, { connections: 4 }]) {
        const client = new Client({ port, writePort, secret, ...options });
        const index = client.openIndex({ ...target, keyColumns: ['k'] });
        for (let i = 0; i < 20; i++) {
          forever(() =>
            Promise.allSettled([index.get(integer(1, 900)), index.getMany([1, 2, 3, 200])]),
          );
        }
      }
    },
    'in a handler': () => {
      const connections = Array.from({ length: 4 }, () => open());
      for (const connection of connections) {
        forever(async () => {
          await run(connection, find(integer(1, 900)));
          // Keeps the thread inside a callback of the addon while it is terminated.
          const end = performance.now() + integer(1, 30);
          while (performance.now() < end);
          run(silent(), new Batch().write('a\n'));
        });
      }
    },
    'in sync': () => {
      const [answering, mute] = [open(), silent()];
      const inSync = (connection, batch, timeoutMs) => {
        try {
          new Executor().add(connection, batch).executeSync(timeoutMs);
        } catch {}
      };
      forever(async () => {
        inSync(answering, find(integer(1, 900)), 1000);
        inSync(mute, new Batch().write('a\n'), integer(1, 20));
        await run(answering, find(1));
      });
    },
    aborting: () => {
      for (let i = 0; i < 4; i++) {
        forever(() => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(), integer(0, 3));
          return run(integer(0, 1) ? open() : silent(), find(1), integer(1, 50), {
            signal: controller.signal,
          });
        });
      }
    },
    closing: () => {
      const connection = open({ maxQueued: 8 });
      for (let i = 0; i < 6; i++) forever(() => run(connection, find(integer(1, 900))));
      setInterval(() => connection.close(), 2);
    },
  };
  calls[kind]();
  parentPort?.postMessage('begun');
}
