'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./command.js');

/** A test that hangs must fail, and say which one it was. */
const TEST_TIMEOUT_MS = 300_000;
/** Test files at once. The tests wait, for servers and time, more than they compute. */
const TEST_FILES_AT_ONCE = os.availableParallelism() + 1;

/** What a test file requires if it starts a MariaDB, or programs that do. */
const NEEDS_SERVER =
  /support\/server\.js|lib\/(?:testing|playground)|hansock\/testing|esm\.mjs|\bexamples\b/;

/** The names of all files of tests in JavaScript. */
function allTests() {
  return fs
    .readdirSync(path.join(ROOT, '__test__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join('__test__', name));
}

/** Those that run where there is no MariaDB. */
function testsWithoutServer() {
  return allTests().filter((name) => {
    return !NEEDS_SERVER.test(fs.readFileSync(path.join(ROOT, name), 'utf8'));
  });
}

/**
 * The command line for Node.js that runs test files.
 *
 * @param {readonly string[]} files
 */
function testArguments(files) {
  return [
    '--test',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${TEST_FILES_AT_ONCE}`,
    ...files,
  ];
}

module.exports = { allTests, testArguments, testsWithoutServer };
