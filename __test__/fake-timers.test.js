'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { TEST_TOOLS } = require('../scripts/tools.js');
const { runChild } = require('./support/children.js');
const { answer, startPeer } = require('./support/fake-peer.js');

const FIXTURES = path.join(__dirname, 'fixtures');
const TOOL_MS = 120_000;

/** Runs a test runner in a process, and fails if one of its tests does. */
function runTool(name, toolArguments) {
  const program = path.join(TEST_TOOLS, 'node_modules/.bin', name);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
  return promisify(execFile)(program, toolArguments, { cwd: FIXTURES, env, timeout: TOOL_MS });
}

test("a client works under Jest's fake timers, also if it is loaded under them", async () => {
  const config = {
    rootDir: FIXTURES,
    testMatch: ['**/*.jest.js'],
    testEnvironment: 'node',
    fakeTimers: { enableGlobally: true },
  };
  const { stderr } = await runTool('jest', ['--config', JSON.stringify(config), '--ci']);
  assert.match(stderr, /Tests:\s+1 passed, 1 total/);
});

test("a client works under vitest's fake timers, also if it is loaded under them", async () => {
  const { stdout } = await runTool('vitest', ['run', '--root', FIXTURES]);
  assert.match(stdout, /1 passed/);
});

for (const api of ['setTimeout', 'setImmediate', 'Date']) {
  test(`a client works under node:test's fake ${api}, and after it`, async (t) => {
    const program = async (hansock, fixture, api) => {
      const { mock } = require('node:test');
      const { EXPECTED, useClient } = require(fixture);
      const { deepStrictEqual } = require('node:assert');
      void hansock.Client;
      mock.timers.enable({ apis: [api] });
      deepStrictEqual(await useClient(hansock), EXPECTED);
      mock.timers.reset();
      deepStrictEqual(await useClient(hansock), EXPECTED);
      console.log('done');
    };
    const args = [path.join(FIXTURES, 'under-fake-timers.js'), api];
    const { stdout, stderr } = await runChild(t, program, { args });
    assert.equal(stdout, 'done\n', stderr);
  });
}

test('a client works while process.nextTick is faked', async (t) => {
  const peer = await startPeer(
    t,
    answer((line) => (line.startsWith('P') ? '0\t1\n' : '0\t1\tx\n')),
  );
  const program = async ({ Client }, port) => {
    const index = new Client({ port, timeoutMs: 5000 }).openIndex({
      database: 't',
      table: 'kv',
      columns: ['k'],
    });
    const { nextTick } = process;
    process.nextTick = () => {};
    const row = await index.get(1);
    process.nextTick = nextTick;
    console.log(JSON.stringify(row));
  };
  const { stdout, stderr } = await runChild(t, program, { args: [peer.port] });
  assert.equal(stdout, '{"k":"x"}\n', stderr);
});
