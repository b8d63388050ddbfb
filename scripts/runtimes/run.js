'use strict';

/*
 * `npm run test:runtimes [-- <runtime> ...]`: runs the whole suite on each supported version of
 * Node.js, and a smoke test of the packed package on every runtime. Runtimes are `node20`, `bun`
 * and so on. `--others` skips the suite on the version that runs this, since `npm test` has run it.
 */

const fs = require('node:fs');
const path = require('node:path');
const { GuardedFolder } = require('../../lib/testing/guarded-folder.js');
const { keepingProcessAlive } = require('../../lib/testing/keep-alive.js');
const { CommandError, run, secondsSince } = require('../command.js');
const { allTests, testArguments } = require('../test-files.js');
const { NODE_MAJORS, nodeOf, toolOf } = require('../tools.js');
const { installPacked } = require('./packed.js');

/** Programs that must exit with status 0 by themselves. */
const PROGRAMS = ['smoke.mjs', 'leave-open.mjs', 'exit-busy.mjs'];
const THIS_NODE = `node${process.versions.node.split('.')[0]}`;

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {readonly [program: string, ...programArguments: string[]]} start  its last argument is
 *   the program
 */

/** @type {readonly Runtime[]} */
const RUNTIMES = [
  ...NODE_MAJORS.map((major) => ({
    name: `node${major}`,
    start: /** @type {const} */ ([nodeOf(major)]),
  })),
  { name: 'bun', start: [toolOf('bun')] },
  // hansock/testing, which starts a server, needs all permissions.
  { name: 'deno', start: [toolOf('deno'), 'run', '--allow-all'] },
];

async function main() {
  const names = process.argv.slice(2).filter((name) => !name.startsWith('--'));
  const leftOut = process.argv.includes('--others') ? [THIS_NODE] : [];
  const chosen = RUNTIMES.filter(({ name }) => names.length === 0 || names.includes(name));
  const folder = await GuardedFolder.create();
  try {
    await installPacked(folder.path);
    for (const program of [...PROGRAMS, 'smoke-worker.mjs']) {
      fs.copyFileSync(path.join(__dirname, program), path.join(folder.path, program));
    }
    for (const runtime of chosen) await smoke(runtime, folder.path);
    for (const { name, start } of chosen) {
      if (name.startsWith('node') && !leftOut.includes(name)) await runSuite(name, start[0]);
    }
  } finally {
    await folder.remove();
  }
}

/**
 * @param {Runtime} runtime
 * @param {string} folder
 */
async function smoke({ name, start: [runtime, ...runtimeArguments] }, folder) {
  for (const program of PROGRAMS) {
    await report(`${name}: ${program}`, async () => {
      await run(runtime, [...runtimeArguments, program], { cwd: folder });
      return 'passed';
    });
  }
}

/**
 * @param {string} name
 * @param {string} node
 */
async function runSuite(name, node) {
  await report(`${name}: the suite`, async () => {
    const PATH = [path.dirname(node), process.env.PATH].join(path.delimiter);
    const reporter = ['--test-reporter=spec'];
    const output = await run(node, [...reporter, ...testArguments(allTests())], {
      env: { ...process.env, PATH },
    });
    const [, passed] = /^ℹ pass (\d+)$/m.exec(output) ?? [];
    return `${passed} tests passed`;
  });
}

/**
 * @param {string} doing
 * @param {() => Promise<string>} act
 */
async function report(doing, act) {
  process.stdout.write(`${doing} ... `);
  const start = performance.now();
  try {
    console.log(`${await act()} in ${secondsSince(start)}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`FAILED in ${secondsSince(start)}\n${error.output.trimEnd()}\n${error.message}\n`);
    process.exitCode = 1;
  }
}

keepingProcessAlive(main);
