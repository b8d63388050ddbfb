'use strict';

/*
 * Follows docs/tooling.md with its own settings, programs and command lines. Each section becomes a
 * folder beside the tools, with the packed package installed.
 */

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { after, before, describe, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { promisify } = require('node:util');

const { KINDS, blocksOf, readPage } = require('../../__test__/support/markdown.js');
const { SQL } = require('../../lib/playground/program.js');
const { startServer } = require('../../lib/testing');
const { GuardedFolder } = require('../../lib/testing/guarded-folder.js');
const { keepingProcessAlive } = require('../../lib/testing/keep-alive.js');
const { installPacked } = require('../runtimes/packed.js');
const { TEST_TOOLS } = require('../tools.js');

const PAGE = 'docs/tooling.md';
const ROW = '{"id":42,"name":"Ada"}';
/** A timeout much longer than any of the commands takes. */
const STUCK_MS = 240_000;

/** Where the program stands that the bundlers are given. */
const [{ heading: COMMON }] = blocksOf(readPage(PAGE));
/** @type {Map<string, ReturnType<typeof blocksOf>>} */
const SECTIONS = new Map();
for (const block of blocksOf(readPage(PAGE))) {
  SECTIONS.set(block.heading, [...(SECTIONS.get(block.heading) ?? []), block]);
}

/** @type {Awaited<ReturnType<typeof GuardedFolder.create>>} */
let folder;
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
before(async () => {
  // The folder is within the tools' folder, because Turbopack follows no link that leads out of its
  // project.
  folder = await keepingProcessAlive(() => GuardedFolder.create(TEST_TOOLS));
  await installPacked(folder.path);
  server = await startServer({ sql: SQL });
});
after(async () => {
  await server?.stop();
  await keepingProcessAlive(() => folder.remove());
});

describe('a bundle reads a row:', () => {
  for (const name of ['esbuild', 'webpack', 'Rollup', 'Vite']) {
    test(name, async () => {
      const project = makeProject(name);
      for (const { code } of commandsOf(name)) {
        const { stdout } = await runIn(project, 'sh', ['-e', '-c', code]);
        assert.equal(stdout.trimEnd().split('\n').at(-1), ROW, stdout);
      }
    });
  }
});

test('esbuild makes a bundle with the addon beside it, which needs nothing else', async () => {
  const project = makeProject('esbuild');
  const [, { code }] = commandsOf('esbuild');
  await runIn(project, 'sh', ['-e', '-c', code]);
  const elsewhere = await keepingProcessAlive(() => GuardedFolder.create());
  try {
    fs.cpSync(path.join(project, 'whole'), elsewhere.path, { recursive: true });
    const { stdout } = await runIn(elsewhere.path, process.execPath, ['app.cjs']);
    assert.equal(stdout, `${ROW}\n`);
  } finally {
    await keepingProcessAlive(() => elsewhere.remove());
  }
});

test('Next.js builds a route handler that reads a row', async (t) => {
  const project = makeProject('Next.js');
  // Next.js requires this file, which has nothing to do with the package.
  fs.writeFileSync(
    path.join(project, 'app/layout.js'),
    'export default ({ children }) => (<html><body>{children}</body></html>);\n',
  );
  for (const { code } of commandsOf('Next.js')) await runIn(project, 'sh', ['-e', '-c', code]);

  const next = path.join(TEST_TOOLS, 'node_modules/next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'start', '--port', '0'], {
    cwd: project,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const origin = await readOrigin(child);
  const found = await fetch(`${origin}/users/42`);
  assert.equal(await found.text(), ROW);
  const missing = await fetch(`${origin}/users/4711`);
  assert.equal(missing.status, 404);
});

test('Jest runs a test on a real server, and finds no open handle', async () => {
  const project = makeProject('Jest');
  for (const { code } of commandsOf('Jest')) {
    const { stdout, stderr } = await runIn(project, 'sh', ['-e', '-c', code]);
    assert.match(stderr, /Tests:\s+1 passed, 1 total/);
    assert.doesNotMatch(stdout + stderr, /open handle|did not exit/i);
  }
});

test('Vitest runs a test on a real server', async () => {
  const project = makeProject('Vitest');
  for (const { code } of commandsOf('Vitest')) {
    const { stdout } = await runIn(project, 'sh', ['-e', '-c', code]);
    assert.match(stdout, /Tests\s+1 passed/);
  }
});

test("a handler for AWS Lambda reads a row in each of an environment's calls", async () => {
  const project = makeProject('AWS Lambda');
  for (const { code } of commandsOf('AWS Lambda')) await runIn(project, 'sh', ['-e', '-c', code]);
  const url = pathToFileURL(path.join(project, 'dist/index.mjs')).href;
  const calls = `const { handler } = await import(${JSON.stringify(url)});
    for (const id of [42, 42]) console.log(JSON.stringify(await handler({ id })));`;
  const { stdout } = await runIn(project, process.execPath, ['--input-type=module', '-e', calls]);
  assert.equal(stdout, `${ROW}\n${ROW}\n`);
});

test('every program and every setting of the page is used here', () => {
  const used = [COMMON, 'esbuild', 'webpack', 'Rollup', 'Vite', 'Next.js', 'Jest', 'Vitest'];
  for (const [heading, blocks] of SECTIONS) {
    if ([...used, 'AWS Lambda'].includes(heading)) continue;
    for (const { language, line } of blocks) {
      assert.ok(!KINDS.some((kind) => kind === language), `line ${line}: ${heading}`);
    }
  }
});

/**
 * A folder with the files of a section, each named by its first line, and the common program.
 *
 * @param {string} heading
 */
function makeProject(heading) {
  const project = fs.mkdtempSync(path.join(folder.path, 'project-'));
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  for (const { language, code, line } of [...sectionOf(COMMON), ...sectionOf(heading)]) {
    if (!KINDS.some((kind) => kind === language)) continue;
    const [, name] = /^\/\/ (\S+)\n/.exec(code) ?? assert.fail(`line ${line} names no file`);
    fs.mkdirSync(path.join(project, path.dirname(name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), code);
  }
  return project;
}

/** @param {string} heading */
function commandsOf(heading) {
  return sectionOf(heading).filter(({ language }) => language === 'sh');
}

/** @param {string} heading */
function sectionOf(heading) {
  return SECTIONS.get(heading) ?? assert.fail(`${PAGE} has no section '${heading}'`);
}

function environment() {
  return {
    ...process.env,
    PATH: [
      path.join(TEST_TOOLS, 'node_modules/.bin'),
      path.dirname(process.execPath),
      process.env.PATH,
    ].join(path.delimiter),
    NODE_OPTIONS: '',
    NODE_TEST_CONTEXT: undefined,
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    DB_HOST: server.host,
    DB_PORT: `${server.port}`,
    DB_SECRET: server.secret,
  };
}

/**
 * @param {string} cwd
 * @param {string} program
 * @param {readonly string[]} programArguments
 */
async function runIn(cwd, program, programArguments) {
  try {
    const options = { cwd, env: environment(), timeout: STUCK_MS };
    return await promisify(execFile)(program, programArguments, options);
  } catch (error) {
    const { message, stdout } = /** @type {Error & { stdout: string }} */ (error);
    throw new Error(`${message}\n${stdout}`);
  }
}

/**
 * Resolves with the origin on which `next start` listens, once it is ready.
 *
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} child
 */
async function readOrigin(child) {
  let output = '';
  for await (const line of createInterface(child.stdout)) {
    output += `${line}\n`;
    const [, port] = /localhost:(\d+)/.exec(output) ?? [];
    if (port !== undefined && line.includes('Ready')) return `http://127.0.0.1:${port}`;
  }
  throw new Error(`next start ended: ${output}`);
}
