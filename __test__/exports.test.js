'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { TEST_TOOLS } = require('../scripts/tools.js');

const FIXTURES = path.join(__dirname, 'fixtures');
const TOOL_MS = 120_000;
const NAMES = [
  'AbortError',
  'Batch',
  'Client',
  'Connection',
  'ExecuteError',
  'Executor',
  'FanOutError',
  'HandlerSocketError',
  'Index',
  'Ketama',
  'ServerError',
  'ShardedClient',
  'ShardedIndex',
];

/** Runs a test runner in a process, and fails if one of its tests does. */
function runTool(name, toolArguments) {
  const program = path.join(TEST_TOOLS, 'node_modules/.bin', name);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
  return promisify(execFile)(program, toolArguments, { cwd: FIXTURES, env, timeout: TOOL_MS });
}

describe('what the package exports', () => {
  test('consists of plain properties, which an assignment can replace', (t) => {
    const hansock = require('..');
    assert.deepEqual(Object.keys(hansock).sort(), NAMES);
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(hansock))) {
      const { value, writable, configurable } = property;
      assert.equal(value?.name, name);
      assert.deepEqual([writable, configurable], [true, true], name);
    }
    const { Client } = hansock;
    t.after(() => {
      hansock.Client = Client;
    });
    const replaced = class {};
    hansock.Client = replaced;
    assert.equal(require('..').Client, replaced);
  });

  test('is found by name when an ES module imports it', async () => {
    const named = await import('../index.js');
    for (const name of NAMES) assert.equal(typeof named[name], 'function', name);
  });

  test('can be spied on and automocked by Jest', async () => {
    const config = {
      rootDir: FIXTURES,
      testMatch: ['**/*.jest-mock.js'],
      testEnvironment: 'node',
    };
    const { stderr } = await runTool('jest', ['--config', JSON.stringify(config), '--ci']);
    assert.match(stderr, /Tests:\s+2 passed, 2 total/);
  });

  test('can be spied on by vitest', async () => {
    const { stdout } = await runTool('vitest', [
      'run',
      '--root',
      path.join(FIXTURES, 'vitest-spy'),
    ]);
    assert.match(stdout, /1 passed/);
  });
});
