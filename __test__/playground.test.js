'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { KINDS, SQL, programOf } = require('../lib/playground/program.js');
const { isListenedOn } = require('../lib/testing/probe.js');
const { Client } = require('..');
const { bin } = require('../package.json');
const { blocksOf, readPage } = require('./support/markdown.js');

const PLAYGROUND = path.join(__dirname, '..', bin['hansock-playground']);
const LAST_LINE = 'Ctrl-C ends the server, and nothing is left behind.\n';
/** The options that README.md names. */
const OPTIONS = { host: '127.0.0.1', secret: 'a-long-random-text' };

/**
 * @param {import('node:test').TestContext} t
 * @param {readonly string[]} programArguments
 */
function startPlayground(t, programArguments, env = {}) {
  return run(t, [process.execPath, PLAYGROUND, ...programArguments], env);
}

/**
 * @param {import('node:test').TestContext} t
 * @param {readonly string[]} commandLine
 * @param {Record<string, string>} env
 */
function run(t, [program, ...programArguments], env) {
  const child = spawn(program, programArguments, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  /** Resolves when the playground has printed everything, or has ended. */
  const printed = Promise.race([
    ended,
    (async () => {
      while (!output.stdout.endsWith(LAST_LINE)) await once(child.stdout, 'data');
    })(),
  ]).then(() => output.stdout);
  return { child, ended, printed };
}

describe('hansock-playground', () => {
  for (const kind of KINDS) {
    test(`prints the program in ${kind} for a server that has its rows`, async (t) => {
      const { child, ended, printed } = startPlayground(t, [kind]);
      const text = await printed;
      const program = text.slice(
        text.indexOf(`// first.${kind}\n`),
        text.indexOf(`\n${LAST_LINE}`),
      );
      const [, port, writePort, secret] =
        /port: (\d+), writePort: (\d+), secret: '(\w+)'/.exec(program) ?? assert.fail(text);
      const options = { host: '127.0.0.1', port: +port, writePort: +writePort, secret };
      assert.equal(program, programOf(kind, options));

      const client = new Client(options);
      const columns = ['id', 'name', 'logins'];
      const users = client.openIndex({ database: 'shop', table: 'users', columns });
      assert.deepEqual(await users.get(42), { id: '42', name: 'Ada', logins: '0' });
      await client.close();

      child.kill('SIGINT');
      assert.deepEqual(await ended, { code: 0, stdout: text, stderr: '' });
      await assert.rejects(new Client(options).connect(), { code: 'ERR_HS_CONNECT' });
    });
  }

  test('takes an ES module for granted', async (t) => {
    const { child, ended, printed } = startPlayground(t, []);
    assert.match(await printed, /^\/\/ first\.mjs$/m);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });

  test('ends when the shell ends by which npx runs it', async (t) => {
    const shell = ['sh', '-c', '"$0" "$1"; exit', process.execPath, PLAYGROUND];
    const { child, ended, printed } = run(t, shell, { npm_lifecycle_event: 'npx' });
    const [, port] = / port: (\d+)/.exec(await printed) ?? assert.fail();
    child.kill('SIGTERM');
    await ended; // the output closes when the playground has ended
    assert.equal(await isListenedOn(Number(port)), false);
  });

  test('outlives its parent where npx does not run it', async (t) => {
    const shell = ['sh', '-c', '"$0" "$1" & echo "$!"; wait', process.execPath, PLAYGROUND];
    const { child, printed, ended } = run(t, shell, { npm_lifecycle_event: '' });
    const text = await printed;
    const [, pid] = /^(\d+)$/m.exec(text) ?? assert.fail(text);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await delay(1000);
    process.kill(Number(pid), 'SIGTERM'); // throws if it has ended
    await ended;
  });

  test('refuses a kind that it does not know, and names those it does', async (t) => {
    const { code, stdout, stderr } = await startPlayground(t, ['esm']).ended;
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /\[mjs \| cjs \| ts\]/);
  });

  test('says what is missing where it cannot start a server', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const { code, stderr } = await startPlayground(t, [], { TMPDIR: path.join(folder, 'none') })
      .ended;
    assert.equal(code, 1);
    assert.match(stderr, /^startServer could not make a folder in the temporary folder '[^\n]*\n$/);
  });
});

describe('README.md', () => {
  const blocks = blocksOf(readPage('README.md'));

  for (const kind of KINDS) {
    test(`shows the same program in ${kind}`, () => {
      const first = blocks.find(({ code }) => code.startsWith(`// first.${kind}\n`));
      assert.equal(first?.code, programOf(kind, OPTIONS));
    });
  }

  test('shows the same table, rows and SQL user', () => {
    assert.equal(blocks.find(({ language }) => language === 'sql')?.code, SQL);
  });

  test('has the password of its SQL user on the command line', () => {
    const [, password] = /IDENTIFIED BY '(\w+)'/.exec(SQL) ?? assert.fail();
    const commandLine = `SQL_PASSWORD=${password} node safe.mjs\n`;
    assert.ok(blocks.some(({ language, code }) => language === 'sh' && code.includes(commandLine)));
  });
});
