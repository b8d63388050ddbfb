'use strict';

/*
 * What `npm test` runs once everything is set up. A check that fails shows its output, and the others
 * run all the same. The tests in JavaScript come last, so that their summary is what the output ends
 * with.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, CommandError, run, secondsSince } = require('./command.js');
const { testArguments } = require('./test-files.js');

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly (readonly [program: string, ...programArguments: string[]])[]} commands
 * @property {string} [component]  the part of a Rust toolchain that has the command
 */

/** @type {readonly Check[]} */
const CHECKS = [
  { name: 'cargo fmt', commands: [['cargo', 'fmt', '--check']], component: 'rustfmt' },
  {
    name: 'cargo clippy',
    commands: [['cargo', 'clippy', '--quiet', '--all-targets', '--', '-D', 'warnings']],
    component: 'clippy',
  },
  { name: 'cargo test', commands: [['cargo', 'test', '--quiet']] },
  { name: 'biome', commands: [[tool('biome'), 'check', '--error-on-warnings', '.']] },
  { name: 'tsc', commands: [[tool('tsc'), '--project', '.']] },
  {
    name: 'type tests',
    commands: [
      [tool('tsc'), '--project', '__test__/types'],
      [tool('tsc'), '--project', '__test__/types/tsconfig.bundler.json'],
    ],
  },
];

async function main() {
  /** @type {string[]} */
  const failed = [];
  for (const check of CHECKS) {
    if (!(await passes(check))) failed.push(check.name);
  }
  if (failed.length > 0) console.log(`Failed so far: ${failed.join(', ')}`);
  if (!testsPass() || failed.length > 0) process.exitCode = 1;
}

/** @param {Check} check */
async function passes({ name, commands, component }) {
  process.stdout.write(`${name} ... `);
  const start = performance.now();
  try {
    for (const [program, ...programArguments] of commands) await run(program, programArguments);
    console.log(`passed in ${secondsSince(start)}`);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`FAILED in ${secondsSince(start)}`);
    console.log(component && isMissing(name) ? installAdvice(component) : error.output.trimEnd());
    console.log(`${error.message}\n`);
    return false;
  }
}

/** @param {string} subcommand  as 'cargo fmt' */
function isMissing(subcommand) {
  const [cargo, name] = subcommand.split(' ');
  return spawnSync(cargo, [name, '--version'], { stdio: 'ignore' }).status !== 0;
}

/** @param {string} component */
function installAdvice(component) {
  return `It is not installed. Run: rustup component add ${component}`;
}

/** Their output goes straight on, to be followed as they run. */
function testsPass() {
  console.log('node --test ...');
  const { status } = spawnSync(process.execPath, testArguments(), {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

/** @param {string} name */
function tool(name) {
  return path.join(ROOT, 'node_modules/.bin', name);
}

main();
