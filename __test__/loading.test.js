'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');

const { runChild } = require('./support/children.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const ROOT = path.join(__dirname, '..');

/** Files that the classes are declared with. Each takes a fraction of a millisecond to load. */
const DECLARATIONS = [
  'index.js',
  'lib/client/client.js',
  'lib/client/pipeline/call-options.js',
  'lib/client/table-index.js',
  'lib/core/batch.js',
  'lib/core/connection.js',
  'lib/core/executor.js',
  'lib/core/ketama.js',
  'lib/errors/index.js',
  'lib/errors/server-codes.js',
  'lib/runtime/clock.js',
  'lib/runtime/driver.js',
  'lib/sharding/sharded-client.js',
  'lib/sharding/sharded-index.js',
  'lib/util/check.js',
  'lib/util/defaults.js',
  'lib/util/lazy.js',
  'lib/util/native.js',
  'lib/util/show.js',
  'native.js',
];

/** Answers a request for key 'never' with nothing, and one for 'refused' with an error. */
function startServer(t) {
  return startPeer(
    t,
    answer((line) => {
      if (line.startsWith('P')) return '0\t1\n';
      if (line.includes('never')) return '';
      return line.includes('refused') ? '1\t1\t121\n' : '0\t1\tx\n';
    }),
  );
}

/** Runs a function in its own process, and returns what it prints as JSON. */
async function run(t, program, args) {
  const { code, stdout, stderr } = await runChild(t, program, { args });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe("require('hansock')", () => {
  test('loads the files that its classes are declared with, and no others', async (t) => {
    const program = (_, root) => {
      const loaded = Object.keys(require.cache).map((file) => file.slice(root.length + 1));
      console.log(JSON.stringify(loaded));
    };
    const loaded = await run(t, program, [ROOT]);
    const scripts = loaded.filter((file) => file.endsWith('.js'));
    assert.deepEqual(scripts.map((file) => file.replaceAll(path.sep, '/')).sort(), DECLARATIONS);
  });

  test('leaves nothing to load once a client is made, an index of it included', async (t) => {
    const { port } = await startServer(t);
    const program = async ({ Client }, port) => {
      const client = new Client({ port });
      const before = Object.keys(require.cache);
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['k'] });
      await index.get(1);
      for await (const _ of index.scan('>=', 1, { limit: 1 }));
      await client.close();
      const later = Object.keys(require.cache).filter((file) => !before.includes(file));
      console.log(JSON.stringify(later));
    };
    assert.deepEqual(await run(t, program, [port]), []);
  });
});

describe('a package whose modules a test runner has reset', () => {
  /** Runs in its own process. */
  const program = async (hansock, port, resets) => {
    const { Batch, Client, Connection, Executor, HandlerSocketError } = hansock;
    const reset = (now) => {
      if (now !== resets) return;
      for (const file of Object.keys(require.cache)) delete require.cache[file];
    };
    const codeOf = (error) => [error.code, error instanceof HandlerSocketError];
    const use = async () => {
      const client = new Client({ port, timeoutMs: 300 });
      reset('after the client');
      const index = client.openIndex({ database: 't', table: 'kv', columns: ['k'] });
      const rows = [await index.get(1)];
      for await (const row of index.scan('>=', 1, { limit: 1 })) rows.push(row);
      const refused = await index.get('refused').catch(codeOf);
      const late = await index.get('never').catch(codeOf);
      await client.close();
      return { rows, refused, late };
    };
    const execute = async () => {
      const connection = new Connection({ port });
      const batch = new Batch().write('1\t=\t1\t1\n');
      const [[{ values }]] = await new Executor().add(connection, batch).execute(5000);
      connection.close();
      return values;
    };
    reset('before use');
    await use();
    await execute();
    reset('after use');
    console.log(JSON.stringify({ ...(await use()), values: await execute() }));
  };
  const rows = [{ k: 'x' }, { k: 'x' }];

  for (const resets of ['after the client', 'after use']) {
    test(`works as before if they were reset ${resets}`, async (t) => {
      const { port } = await startServer(t);
      assert.deepEqual(await run(t, program, [port, resets]), {
        rows,
        refused: ['ERR_HS_DUPLICATE_KEY', true],
        late: ['ERR_HS_TIMEOUT', true],
        values: ['x'],
      });
    });
  }

  test('reads rows if they were reset before its first use', async (t) => {
    const { port } = await startServer(t);
    const result = await run(t, program, [port, 'before use']);
    assert.deepEqual([result.rows, result.values], [rows, ['x']]);
    // Errors are of the new copy's classes.
    assert.deepEqual(
      [result.refused[0], result.late[0]],
      ['ERR_HS_DUPLICATE_KEY', 'ERR_HS_TIMEOUT'],
    );
  });
});
