'use strict';

/*
 * Compares another version of this package with this one:
 * `npm run bench:compare -- REF [--only <text>]`. README.md describes it.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { compareVersions } = require('./comparison.js');
const { FIGURE_NAMES } = require('./goals.js');
const { positive } = require('./options.js');
const { installPeers } = require('./peers.js');
const { measureWorkloads } = require('./situations.js');
const { median } = require('./statistics.js');
const { WORKLOADS } = require('./workloads.js');

/**
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./comparison.js').Change} Change
 */

const ROOT = path.join(__dirname, '..');
const TELLING = [
  'get, 1 caller',
  'get, 10 callers',
  'get, 100 callers',
  'get, 1,000 callers',
  'get, a call every 2 ms',
  'getMany, 100 keys',
  'getMany, 1,000 keys',
  'scan of 10,000 rows',
  'value of 1 MiB, Buffer',
  'insert, 100 rows a call',
  'update, 1 caller',
  'update, 100 callers',
  'busy machine: get, 1 caller',
  'busy machine: get, 100 callers',
  '0.5 ms wire: get, 1 caller',
  '0.5 ms wire: get, 100 callers',
  '0.5 ms wire: open loop, 2,000 a second',
  '0.5 ms wire: open loop, 10,000 a second',
];
const ROUNDS = 15;
const SECONDS = 0.3;
/** On a quiet machine, the noise of most workloads is below this. */
const LOUD = 0.1;

async function main() {
  const { ref, only, rounds, seconds } = readOptions();
  const commit = git(['rev-parse', '--verify', `${ref}^{commit}`]).trim();
  const workloads = WORKLOADS.filter(({ name }) => TELLING.includes(name) && name.includes(only));
  installPeers();
  // The folder is removed even if this process is killed.
  const folder = await GuardedFolder.create();
  try {
    const other = build(commit, path.join(folder.path, 'version'));
    const versions = { before: other, after: ROOT };
    const changes = await compare(workloads, versions, { rounds, seconds }, folder.path);
    show(changes, ref);
  } finally {
    await folder.remove();
  }
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const [ref] = positionals;
  if (positionals.length !== 1) {
    throw new TypeError('usage: npm run bench:compare -- REF [--only <text>], as HEAD~1 or v0.1.0');
  }
  return {
    ref,
    only: values.only,
    rounds: positive('rounds', values.rounds) ?? ROUNDS,
    seconds: positive('seconds', values.seconds) ?? SECONDS,
  };
}

/**
 * Builds the addon of a commit. It uses `git archive` and not a worktree, which would stay
 * registered in the repository if this process were killed.
 *
 * @param {string} commit
 * @param {string} folder
 */
function build(commit, folder) {
  console.error(`building ${commit.slice(0, 10)} ...`);
  fs.mkdirSync(folder);
  const archive = path.join(folder, 'archive.tar');
  git(['archive', `--output=${archive}`, commit]);
  execFileSync('tar', ['-x', '-f', archive, '-C', folder]);
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: folder,
    // Not the target folder of this version, whose files have the same names.
    env: { ...process.env, CARGO_TARGET_DIR: path.join(folder, 'target') },
    stdio: ['ignore', 'ignore', 'pipe'], // the error shows its output if it fails
  });
  return folder;
}

/**
 * @param {Workload[]} workloads
 * @param {{ before: string, after: string }} versions  folders
 * @param {import('./options.js').Effort} effort
 * @param {string} folder
 */
async function compare(workloads, { before, after }, effort, folder) {
  // Two processes of each version, whose difference is the error of the measurement.
  const clients = { before, after, 'before again': before, 'after again': after };
  const planned = workloads.map((workload) => ({
    ...workload,
    clients: Object.entries(clients).map(([label, version]) => ({
      ...workload.clients[0],
      label,
      folder: version,
    })),
  }));
  /** @type {Change[]} */
  const changes = [];
  await measureWorkloads(planned, {
    effort,
    folder,
    onFigures(figures) {
      console.error(figures.name);
      changes.push(...compareVersions(figures));
    },
  });
  return changes;
}

/**
 * @param {Change[]} changes
 * @param {string} ref
 */
function show(changes, ref) {
  console.log(`| workload | figure | of ${ref} (interval) | noise | |`);
  console.log('|---|---|---|---|---|');
  for (const { workload, figure, ratio, noise, verdict } of changes) {
    const { low, median, high } = ratio;
    const text = `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
    const answer = verdict === 'worse' ? '**worse**' : verdict;
    console.log(
      `| ${workload} | ${FIGURE_NAMES[figure]} | ${text} | ${(100 * noise).toFixed(1)}% | ${answer} |`,
    );
  }
  const noise = median(changes.map((change) => change.noise));
  if (noise > LOUD) {
    console.log(
      `\nThe machine is not quiet: half of the noise is above ${(100 * noise).toFixed(0)}%.`,
    );
  }
  const worse = changes.filter(({ verdict }) => verdict === 'worse');
  if (worse.length === 0) {
    console.log(`\nNothing is worse than ${ref} by more than the noise.`);
    return;
  }
  process.exitCode = 1;
  console.log(`\nWorse than ${ref} by more than the noise:`);
  for (const { workload, figure, ratio } of worse) {
    console.log(`- ${workload}: ${FIGURE_NAMES[figure]} ${ratio.median.toFixed(2)} times`);
  }
}

/** @param {string[]} given */
function git(given) {
  return execFileSync('git', given, { cwd: ROOT, encoding: 'utf8' });
}

main();
