'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');

const { runChild } = require('./support/children.js');
const { startHealthyPeer } = require('./support/fake-peer.js');

const ROOT = path.join(__dirname, '..');

/**
 * Runs in its own process. Loads the package again, as hot reloads and jest.resetModules() do.
 */
const PRELUDE = `
  const { readdirSync } = require('node:fs');
  const { createRequire } = require('node:module');
  /** Each module has its own parent, whose list of children keeps no other module alive. */
  const loadAgain = () => { forget(); return createRequire(root + '/')(root); };
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const forget = () => {
    for (const key of Object.keys(require.cache)) if (key.startsWith(root)) delete require.cache[key];
  };
  const collect = async () => {
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
  };`;

async function runLoads(t, body, args = []) {
  const program = `async (_, root, ...args) => {${PRELUDE}${body}}`;
  const flags = ['--expose-gc'];
  const { code, stdout, stderr } = await runChild(t, program, { args: [ROOT, ...args], flags });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('a copy of the package that nobody uses any more', () => {
  test('leaves no descriptor, and is collected', async (t) => {
    const { grown, alive } = await runLoads(
      t,
      `
      const load = () => new WeakRef(loadAgain().Client);
      load();
      const before = descriptors();
      const copies = Array.from({ length: 100 }, load);
      await collect();
      const alive = copies.filter((copy) => copy.deref() !== undefined).length;
      console.log(JSON.stringify({ grown: descriptors() - before, alive }));`,
    );
    assert.equal(grown, 0);
    // The last one is in require.cache.
    assert.ok(alive <= 1, `${alive} copies`);
  });

  test('leaves no descriptor even if it was used', async (t) => {
    const peer = await startHealthyPeer(t);
    const { grown, alive } = await runLoads(
      t,
      `
      const load = async () => {
        const { Batch, Connection, Executor } = loadAgain();
        const connection = new Connection(args[0]);
        for (let i = 0; i < 3; i++) {
          await new Executor().add(connection, new Batch().write('a\\n')).execute();
        }
        connection.close();
        return new WeakRef(Executor);
      };
      await load();
      await collect();
      const before = descriptors();
      const copies = [];
      for (let i = 0; i < 50; i++) copies.push(await load());
      await collect();
      const alive = copies.filter((copy) => copy.deref() !== undefined).length;
      console.log(JSON.stringify({ grown: descriptors() - before, alive }));`,
      [peer.address],
    );
    assert.equal(grown, 0);
    assert.ok(alive <= 1, `${alive} copies`);
  });

  test('leaves no more memory than the bare addon', async (t) => {
    const { loaded, bare } = await runLoads(
      t,
      `
      const addon = readdirSync(root).find((name) => name.endsWith('.node'));
      const load = () => void loadAgain().Client;
      const open = () => process.dlopen({ exports: {} }, root + '/' + addon);
      const growth = async (times, work) => {
        await collect();
        const before = process.memoryUsage();
        for (let i = 0; i < times; i++) work();
        await collect();
        const after = process.memoryUsage();
        return after.heapUsed + after.external - before.heapUsed - before.external;
      };
      // Node.js's own tables of loaded modules grow first.
      for (let i = 0; i < 100; i++) { load(); open(); }
      const loaded = await growth(400, load);
      const bare = await growth(400, open);
      console.log(JSON.stringify({ loaded, bare }));`,
    );
    assert.ok(loaded <= 1.1 * bare, `${loaded} bytes, and ${bare} of the bare addon`);
  });

  test('is collected with the vm context that loaded it', async (t) => {
    const { alive } = await runLoads(
      t,
      `
      const vm = require('node:vm');
      const load = () => {
        const context = vm.createContext({ loadAgain });
        vm.runInContext('globalThis.hansock = loadAgain(); hansock.Client', context);
        return new WeakRef(context);
      };
      const contexts = Array.from({ length: 20 }, load);
      await collect();
      const alive = contexts.filter((context) => context.deref() !== undefined).length;
      console.log(JSON.stringify({ alive }));`,
    );
    assert.ok(alive <= 1, `${alive} contexts`);
  });
});
