'use strict';

/*
 * Follows README.md like a newcomer in an empty folder: runs its command lines, and its programs
 * with the ports and the secret of a playground.
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

/** @type {readonly ['mjs', 'cjs', 'ts']} */
const KINDS = ['mjs', 'cjs', 'ts'];
/** README.md's command lines: to install, and to run safe.mjs and first.ts. */
const [INSTALL, RUN_SAFE, RUN_TYPESCRIPT] = readmeBlocks('sh');
/** The folder that README.md's command lines make. */
const OWN = 'first';
const ADA = "{ id: 42, name: 'Ada', logins: 0 }";

/**
 * @param {string} folder  created here
 * @param {string} registry
 */
async function readFirstRows(folder, registry) {
  const environment = environmentOf(folder, registry);
  fs.mkdirSync(folder, { recursive: true });
  await run('sh', ['-e', '-c', INSTALL], { cwd: folder, env: environment });
  const own = path.join(folder, OWN);
  /** @param {string} commandLine */
  const lastLine = async (commandLine) => {
    const output = await run('sh', ['-e', '-c', commandLine], { cwd: own, env: environment });
    return output.trimEnd().split('\n').at(-1) ?? '';
  };
  for (const kind of KINDS) {
    const playground = await play(folder, environment, kind);
    fs.writeFileSync(path.join(own, `first.${kind}`), playground.program);
    if (kind === 'ts') {
      assert.equal(await lastLine(RUN_TYPESCRIPT), '43 Edsger Dijkstra 1');
      assert.equal(await lastLine('node first.ts'), '44 Edsger Dijkstra 1');
    } else {
      assert.equal(await lastLine(`node first.${kind}`), ADA);
    }
    if (kind === 'mjs') {
      fs.writeFileSync(path.join(own, 'safe.mjs'), safeProgram(playground));
      assert.match(await lastLine(RUN_SAFE), /^values: column 'name' \(varchar\(50\)\) takes /);
    }
    await playground.end();
  }
}

/** @param {string} language */
function readmeBlocks(language) {
  const blocks = blocksOf(readPage('README.md')).filter(({ heading }) => heading === HEADING);
  return blocks.filter((block) => block.language === language).map(({ code }) => code);
}

/**
 * README.md's safe.mjs for a playground.
 *
 * @param {{ program: string, sqlPort: string }} playground
 */
function safeProgram({ program, sqlPort }) {
  const [, options] = /new Client\(\{ (.*) \}\)/.exec(program) ?? assert.fail(program);
  const [safe] = readmeBlocks('mjs');
  return safe
    .replace(/(?<=new Client\(\{ )host: .*(?=, sql \}\))/, options)
    .replace(/(?<=createPool\(\{ )/, `port: ${sqlPort}, `);
}

/**
 * @param {string} folder
 * @param {string} registry
 */
function environmentOf(folder, registry) {
  const PATH = [path.dirname(nodeOf(NODE_MAJOR)), process.env.PATH].join(path.delimiter);
  return { ...cleanEnvironment(folder), PATH, npm_config_registry: registry };
}

/**
 * Starts the playground of the published package.
 *
 * @param {string} folder
 * @param {Record<string, string | undefined>} env
 * @param {typeof KINDS[number]} kind
 */
async function play(folder, env, kind) {
  const child = spawn('npx', ['--yes', '-p', 'hansock', 'hansock-playground', kind], {
    cwd: folder,
    env,
    detached: true, // its own process group, as in a terminal
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const output = await readOutput(child.stdout);
  const program = output.slice(output.indexOf(`// first.${kind}\n`));
  const [, sqlPort] = / port (\d+), user shop,/.exec(output) ?? assert.fail(output);
  const ports = Array.from(program.matchAll(/ort: (\d+)/g), ([, port]) => port);
  return {
    program,
    sqlPort,
    /** Once as Ctrl-C does, with a signal to the whole group, otherwise with one to npx alone. */
    async end() {
      const pid = /** @type {number} */ (child.pid);
      if (kind === 'mjs') process.kill(-pid, 'SIGINT');
      else process.kill(pid, 'SIGTERM');
      await ended;
      for (const port of [...ports, sqlPort]) {
        assert.equal(await isListenedOn(Number(port)), false, `port ${port}`);
      }
    },
  };
}

/** @param {import('node:stream').Readable} output  of the playground */
async function readOutput(output) {
  let text = '';
  for await (const line of createInterface(output)) {
    if (line === LAST_LINE) return text;
    text += `${line}\n`;
  }
  throw new Error(`The playground ended: ${text}`);
}

module.exports = { readFirstRows };
