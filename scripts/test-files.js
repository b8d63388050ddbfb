'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./command.js');

/** A test that hangs must fail by its name. */
const TEST_TIMEOUT_MS = 300_000;
/** More than there are processors, because tests mostly wait for servers and time. */
const TEST_FILES_AT_ONCE = os.availableParallelism() + 1;

/** Modules that start a MariaDB, or programs that do. */
const NEEDS_SERVER =
  /support\/(?:schema-)?server\.js|lib\/(?:testing|playground)|hansock\/testing|esm\.mjs|\bexamples\b/;

/** The names of all JavaScript test files. */
function allTests() {
  return fs
    .readdirSync(path.join(ROOT, '__test__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join('__test__', name));
}

/** The names of test files that need no MariaDB. */
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
