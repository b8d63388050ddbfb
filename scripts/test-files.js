'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./command.js');

/** A test that hangs must fail, and say which one it was. */
const TEST_TIMEOUT_MS = 300_000;
/** Test files at once. The tests wait, for servers and time, more than they compute. */
const TEST_FILES_AT_ONCE = os.availableParallelism() + 1;

/** The command line for Node.js that runs all tests in JavaScript. */
function testArguments() {
  const files = fs
    .readdirSync(path.join(ROOT, '__test__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join('__test__', name));
  return [
    '--test',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${TEST_FILES_AT_ONCE}`,
    ...files,
  ];
}

module.exports = { testArguments };
