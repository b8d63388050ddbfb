'use strict';

/*
 * Follows README.md like a newcomer in an empty folder: runs its command lines, and the programs
 * that the playground prints, which are README.md's own with the playground's ports.
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { blocksOf, readPage } = require('../../__test__/support/markdown.js');
const { isListenedOn } = require('../../lib/testing/probe.js');
const { run } = require('../command.js');
const { nodeOf } = require('../tools.js');
const { cleanEnvironment } = require('./consumers.js');

const HEADING = 'From nothing to a typed row';
/** The first major version that runs TypeScript directly. */
const NODE_MAJOR = 24;
const LAST_LINE = 'Ctrl-C ends the server, and nothing is left behind.';

/** The command line for each kind of program, and its last output. */
const KINDS = {
  mjs: { run: 'node first.mjs', row: "{ id: 42, name: 'Ada', logins: 0 }" },
  cjs: { run: 'node first.cjs', row: "{ id: 42, name: 'Ada', logins: 0 }" },
  ts: { run: readmeCommands()[1], row: '43 Edsger 0' },
};

/**
 * @param {string} folder  created here
 * @param {string} registry
 */
async function readFirstRows(folder, registry) {
  const own = makeFolder(path.join(folder, 'own'), registry);
  await shell(own, readmeCommands()[0]);
  for (const [kind, { run: commandLine, row }] of Object.entries(KINDS)) {
    const playground = await play(makeFolder(path.join(folder, kind), registry), kind);
    fs.writeFileSync(path.join(own, `first.${kind}`), playground.program);
    const output = await shell(own, commandLine);
    assert.equal(output.trimEnd().split('\n').at(-1), row, output);
    await playground.interrupt();
  }
}

/** The README's commands that install the package and that run TypeScript. */
function readmeCommands() {
  const blocks = blocksOf(readPage('README.md')).filter(({ heading }) => heading === HEADING);
  return blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
}

/**
 * @param {string} folder
 * @param {string} registry
 */
function makeFolder(folder, registry) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, '.npmrc'), `registry=${registry}\n`);
  return folder;
}

/**
 * @param {string} folder
 * @param {string} commandLine
 */
function shell(folder, commandLine) {
  return run('sh', ['-e', '-c', commandLine], { cwd: folder, env: environmentOf(folder) });
}

/** @param {string} folder */
function environmentOf(folder) {
  const PATH = [path.dirname(nodeOf(NODE_MAJOR)), process.env.PATH].join(path.delimiter);
  return { ...cleanEnvironment(folder), PATH };
}

/**
 * Starts the playground of the published package.
 *
 * @param {string} folder
 * @param {string} kind
 */
async function play(folder, kind) {
  const child = spawn('npx', ['-p', 'hansock', 'hansock-playground', kind], {
    cwd: folder,
    env: environmentOf(folder),
    detached: true, // its own process group, as in a terminal
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const program = await readProgram(child.stdout, kind);
  const ports = Array.from(program.matchAll(/ort: (\d+)/g), ([, port]) => Number(port));
  return {
    program,
    /** Presses Ctrl-C: the signal goes to the whole group. */
    async interrupt() {
      process.kill(-(/** @type {number} */ (child.pid)), 'SIGINT');
      await ended;
      for (const port of ports) assert.equal(await isListenedOn(port), false, `port ${port}`);
    },
  };
}

/**
 * @param {import('node:stream').Readable} output  of the playground
 * @param {string} kind
 */
async function readProgram(output, kind) {
  const lines = [];
  for await (const line of createInterface(output)) {
    if (line === LAST_LINE) return lines.slice(lines.indexOf(`// first.${kind}`)).join('\n');
    lines.push(line);
  }
  throw new Error(`The playground ended: ${lines.join('\n')}`);
}

module.exports = { readFirstRows };
