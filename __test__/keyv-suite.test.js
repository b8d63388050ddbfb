'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { TEST_TOOLS } = require('../scripts/tools.js');
const { CREATE_TABLE, placeOf } = require('./support/keyv.js');
const { useServer } = require('./support/server.js');

const FIXTURE = path.join(__dirname, 'fixtures/keyv-suite');
const TOOL_MS = 120_000;
const server = useServer({ sql: CREATE_TABLE });

test("a store for Keyv 5 passes Keyv's own test suite", async () => {
  const vitest = path.join(TEST_TOOLS, 'node_modules/.bin/vitest');
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    NODE_OPTIONS: undefined,
    FORCE_COLOR: undefined,
    NO_COLOR: '1',
    HANSOCK_CLIENT: JSON.stringify(placeOf(server.running)),
  };
  const options = { cwd: FIXTURE, env, timeout: TOOL_MS };
  const { stdout } = await promisify(execFile)(vitest, ['run', '--root', FIXTURE], options);
  assert.match(stdout, /Tests {2}42 passed \(42\)/);
});
