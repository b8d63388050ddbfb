'use strict';

/*
 * Measures which lines the tests reach: c8 for the JavaScript suite, cargo-tarpaulin for
 * `cargo test`. No check requires a figure.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT } = require('./command.js');
const { allTests, testArguments } = require('./test-files.js');

/** @type {readonly [program: string, ...programArguments: string[]][]} */
const COMMANDS = [
  [
    path.join(ROOT, 'node_modules/.bin/c8'),
    ...['--include', 'lib/**', '--include', 'index.js', '--reporter', 'text'],
    ...['--temp-directory', path.join(ROOT, 'target/coverage')],
    ...[process.execPath, '--test-reporter=dot', ...testArguments(allTests())],
  ],
  // tarpaulin traces the tests with ptrace, which needs no component of rustup.
  ['cargo', 'tarpaulin', '--engine', 'ptrace', '--include-files', 'src/*', '--out', 'stdout'],
];

for (const [program, ...programArguments] of COMMANDS) {
  const { status } = spawnSync(program, programArguments, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
