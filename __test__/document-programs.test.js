'use strict';

/*
 * Runs every program of README.md and docs/ against real servers, in a folder with the packed
 * package installed. The rows, names and checks that a page needs beside its own text are in
 * documents/, one file per page.
 */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { promisify } = require('node:util');

const { startServer } = require('../lib/testing');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { keepingProcessAlive } = require('../lib/testing/keep-alive.js');
const { installPacked } = require('../scripts/runtimes/packed.js');
const { TEST_TOOLS } = require('../scripts/tools.js');
const { ROOT, blocksOf, pages, programsOf, readPage } = require('./support/markdown.js');

const PROCESS = pathToFileURL(path.join(__dirname, 'support/document-process.mjs')).href;
/** A timeout much longer than any program takes. */
const STUCK_MS = 60_000;
/** The password of every SQL user that the pages name. */
const SQL_PASSWORD = 'sesame';
const SECRET = 'a-long-random-text'; // the secret of README.md

/** Packages that programs of the pages import, besides this package and Node.js. */
const PEERS = ['@types', 'mariadb', 'mysql2'];
/** Pages for other tools; scripts/tooling runs their blocks. */
const ELSEWHERE = ['docs/tooling.md'];

/**
 * @typedef {object} SetUp
 * @property {string[][]} [servers]  the names that the page has for each server; by default one
 * @property {string} [sql]  run before the page's own `sql` blocks, in the database `shop`
 * @property {string} [rows]  run after those blocks
 * @property {Record<string, ProgramSetUp>} [programs]  by the heading above the program
 *
 * @typedef {object} ProgramSetUp
 * @property {(underTest: object) => object | Promise<object>} [given]  names that the program uses
 *   and does not define
 * @property {(underTest: object) => unknown} [after]  appended to the program, whose names it can
 *   use
 * @property {string | RegExp} [prints]  by default nothing
 * @property {number} [times]  how many times in a row it runs, by default once
 */

/** @type {Awaited<ReturnType<typeof GuardedFolder.create>>} */
let folder;
before(async () => {
  folder = await keepingProcessAlive(() => GuardedFolder.create());
  await installPacked(folder.path);
  const modules = path.join(folder.path, 'node_modules');
  for (const name of PEERS) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
});
after(() => keepingProcessAlive(() => folder.remove()));

for (const page of pages().filter((name) => !ELSEWHERE.includes(name))) {
  const blocks = blocksOf(readPage(page));
  const programs = programsOf(blocks);
  if (programs.length > 0) describe(page, () => runPage(page, blocks, programs));
}

test('every program in TypeScript passes the strict type check', async () => {
  const project = path.join(folder.path, 'typescript');
  fs.mkdirSync(project);
  for (const page of pages()) {
    for (const { kind, code, line } of programsOf(blocksOf(readPage(page)))) {
      if (kind === 'ts')
        fs.writeFileSync(path.join(project, `${page.replace('/', '-')}-${line}.ts`), code);
    }
  }
  const manifests = {
    'package.json': { type: 'module' },
    'tsconfig.json': {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable'],
        types: ['node'],
        strict: true,
        noEmit: true,
      },
    },
  };
  for (const [name, manifest] of Object.entries(manifests)) {
    fs.writeFileSync(path.join(project, name), JSON.stringify(manifest));
  }
  await runProgram(path.join(ROOT, 'node_modules/.bin/tsc'), ['--project', project], {});
});

/**
 * @param {string} page
 * @param {ReturnType<typeof blocksOf>} blocks
 * @param {ReturnType<typeof programsOf>} programs
 */
function runPage(page, blocks, programs) {
  const file = path.join(__dirname, 'documents', `${path.basename(page, '.md')}.js`);
  /** @type {SetUp} */
  const setUp = fs.existsSync(file) ? require(file) : {};
  const names = setUp.servers ?? [['127.0.0.1', 'db1']];

  /** @type {Awaited<ReturnType<typeof startServer>>[]} */
  let servers = [];
  before(async () => {
    const sql = statements(blocks, setUp);
    servers = await Promise.all(names.map(() => startServer({ secret: SECRET, sql })));
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  for (const program of programs) {
    const { kind, name, line } = program;
    test(`line ${line}, '${name}', runs as .${kind}`, async () => {
      const { after: check, prints = '', times = 1 } = setUp.programs?.[name] ?? {};
      const script = path.join(folder.path, `${path.basename(page, '.md')}-${line}`);
      const written = write(script, program, check);
      const environment = {
        HANDLERSOCKET_SECRET: SECRET,
        SQL_PASSWORD,
        DOCUMENT: JSON.stringify({
          folder: folder.path,
          setUp: fs.existsSync(file) ? file : null,
          program: name,
          ports: portsOf(names, servers),
        }),
      };
      for (let time = 1; time <= times; time += 1) {
        const commandLine = ['--import', PROCESS, written];
        const { stdout, stderr } = await runProgram(process.execPath, commandLine, environment);
        assert.equal(stderr, '');
        if (typeof prints === 'string') assert.equal(stdout, prints);
        else assert.match(stdout, prints);
      }
    });
  }

  test('has every program that its set-up is for', () => {
    for (const name of Object.keys(setUp.programs ?? {})) {
      assert.ok(
        programs.some((program) => program.name === name),
        name,
      );
    }
  });
}

/**
 * @param {ReturnType<typeof blocksOf>} blocks
 * @param {SetUp} setUp
 */
function statements(blocks, setUp) {
  const own = blocks.filter(({ language }) => language === 'sql').map(({ code }) => code);
  const database = own.some((code) => code.startsWith('CREATE DATABASE shop;'))
    ? 'USE mysql'
    : 'CREATE DATABASE shop; USE shop';
  return [database, setUp.sql, ...own, setUp.rows]
    .filter((part) => part !== undefined)
    .map((part) => part.trimEnd().replace(/;$/, ''));
}

/**
 * @param {string} script  without an ending
 * @param {ReturnType<typeof programsOf>[number]} program
 * @param {Function | undefined} check
 */
function write(script, { kind, code }, check) {
  if (kind === 'cjs' && check !== undefined) throw new Error('nothing can be awaited behind cjs');
  const text = kind === 'ts' ? toJavaScript(code) : code;
  const file = `${script}.${kind === 'cjs' ? 'cjs' : 'mjs'}`;
  fs.writeFileSync(file, check === undefined ? text : `${text};await (${check})(underTest);\n`);
  return file;
}

/** Removes types, because not every version of Node.js runs TypeScript. @param {string} code */
function toJavaScript(code) {
  const typescript = require(path.join(TEST_TOOLS, 'node_modules/typescript-5.9'));
  const { ES2022 } = typescript.ScriptTarget;
  const { ESNext } = typescript.ModuleKind;
  const compilerOptions = { target: ES2022, module: ESNext };
  return typescript.transpileModule(code, { compilerOptions }).outputText;
}

/**
 * @param {readonly (readonly string[])[]} names
 * @param {readonly import('../lib/testing').TestServer[]} servers
 */
function portsOf(names, servers) {
  const ports = names.flatMap((hosts, i) => {
    const { port, writePort, sqlPort } = servers[i];
    return hosts.flatMap((host) => [
      [`${host}:9998`, port],
      [`${host}:9999`, writePort],
      [`${host}:3306`, sqlPort],
    ]);
  });
  return Object.fromEntries(ports);
}

/**
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {Record<string, string>} environment
 */
async function runProgram(program, programArguments, environment) {
  const env = { ...process.env, ...environment, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
  try {
    const options = { cwd: folder.path, env, timeout: STUCK_MS };
    return await promisify(execFile)(program, programArguments, options);
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}`);
  }
}
