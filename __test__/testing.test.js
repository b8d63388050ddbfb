'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, mock, test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const ports = require('../lib/testing/ports.js');
const { findPrograms } = require('../lib/testing/programs.js');
const { startServer } = require('../lib/testing');

// All servers of this file are in one folder, so that anything that remains is found.
const systemFolder = os.tmpdir();
const home = fs.mkdtempSync(path.join(systemFolder, 'hansock-test-'));
process.env.TMPDIR = home;

after(() => {
  const left = leftIn(home);
  fs.rmSync(home, { recursive: true });
  assert.deepEqual(left, []);
});

describe('a started server', () => {
  /** @type {import('../lib/testing').TestServer} */
  let server;

  before(async () => {
    server = await startServer({
      secret: 'read "\\# secret',
      writeSecret: 'write',
      threads: 3,
      sql: [
        'CREATE DATABASE shop',
        'USE shop -- for the next one',
        'CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50))',
        "INSERT INTO item VALUES (1, 'nut')",
      ],
      config: { max_connections: 77, 'lock-wait-timeout': '9' },
    });
  });
  after(() => server.stop());

  test('answers on both ports to those who know the secret', async () => {
    const open = 'P\t1\tshop\titem\tPRIMARY\tid,name\n';
    const { host, port, writePort, secret, writeSecret } = server;
    assert.equal(host, '127.0.0.1');
    assert.equal(
      await ask(port, `A\t1\t${secret}\n${open}1\t=\t1\t1\n`),
      '0\t1\n0\t1\n0\t2\t1\tnut\n',
    );
    assert.equal(
      await ask(writePort, `A\t1\t${writeSecret}\n${open}1\t+\t2\t2\tbolt\n`),
      '0\t1\n0\t1\n0\t1\n',
    );
    assert.deepEqual(await server.sql('SELECT name FROM shop.item WHERE id = 2'), [['bolt']]);
  });

  test('refuses a wrong secret', async () => {
    assert.equal(await ask(server.port, 'A\t1\twrite\n'), '3\t1\tunauth\n');
    assert.equal(await ask(server.writePort, 'A\t1\twrong\n'), '3\t1\tunauth\n');
  });

  test('has the options and settings asked for, over its own', async () => {
    assert.deepEqual(
      await server.sql(
        'SELECT @@max_connections, @@lock_wait_timeout, @@handlersocket_threads, @@character_set_server',
      ),
      [['77', '9', '3', 'utf8mb4']],
    );
  });

  test('is reached by SQL on its port and its socket', async () => {
    assert.deepEqual(await server.sql('SELECT @@port, @@socket'), [
      [String(server.sqlPort), server.socketPath],
    ]);
    const connection = net.connect({ host: server.host, port: server.sqlPort });
    const [greeting] = await once(connection, 'data');
    assert.match(greeting.toString('latin1'), /MariaDB/);
    connection.destroy();
  });

  test('returns SQL values as they are', async () => {
    const value = 'tab\t line\n crlf\r\n zero\0 backslash\\ \\n \\\\t ä€😀';
    const hex = Buffer.from(value).toString('hex');
    assert.deepEqual(await server.sql(`SELECT CONVERT(x'${hex}' USING utf8mb4), '', NULL`), [
      [value, '', 'NULL'],
    ]);
    assert.deepEqual(await server.sql("SELECT 'a\r\nb;c', '😀' -- no; end"), [['a\r\nb;c', '😀']]);
  });

  test('gives the rows of several statements, and none for none', async () => {
    assert.deepEqual(await server.sql("SELECT 1 UNION SELECT 2; SET @x = 3; SELECT @x, ''"), [
      ['1'],
      ['2'],
      ['3', ''],
    ]);
    assert.deepEqual(await server.sql('DO 1'), []);
    assert.deepEqual(await server.sql(''), []);
  });

  test('gives 100,000 rows', async () => {
    const rows = await server.sql("SELECT seq, 'value' FROM shop.seq_1_to_100000");
    assert.equal(rows.length, 100_000);
    assert.deepEqual(rows.at(-1), ['100000', 'value']);
  });

  test('says which statement failed, and why', async () => {
    await assert.rejects(server.sql('SELECT 1;\nSELECT * FROM shop.nothing'), {
      name: 'Error',
      message:
        "TestServer.sql: ERROR 1146 (42S02) at line 2: Table 'shop.nothing' doesn't exist\n" +
        'Statement: SELECT 1;\nSELECT * FROM shop.nothing',
    });
    await assert.rejects(
      server.sql(`SELEC '${'x'.repeat(100_000)}'`),
      /^Error: TestServer\.sql: ERROR 1064 .{1,300}\nStatement, its first 300 .*: SELEC 'x{293}$/s,
    );
  });

  test('knows no client commands in SQL', async () => {
    await assert.rejects(server.sql('\\! echo no'), /Unknown command/);
  });
});

test('without options it has a random secret for both ports, and is gone after stop', async () => {
  const [server, other] = await Promise.all([startServer(), startServer()]);
  try {
    assert.match(server.secret, /^[0-9a-f]{32}$/);
    assert.equal(server.writeSecret, server.secret);
    assert.notEqual(server.secret, other.secret);
    assert.equal(new Set([server, other].flatMap((s) => [s.port, s.writePort, s.sqlPort])).size, 6);
    for (const port of [server.port, server.writePort]) {
      assert.equal(await ask(port, `A\t1\t${other.secret}\n`), '3\t1\tunauth\n');
      assert.equal(await ask(port, `A\t1\t${server.secret}\n`), '0\t1\n');
    }
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    assert.equal(fs.existsSync(server.socketPath), false);
    await assert.rejects(ask(server.port, '\n'), { code: 'ECONNREFUSED' });
    await assert.rejects(server.sql('SELECT 1'), /TestServer\.sql: .*was stopped/);
    await assert.rejects(server.kill(), /TestServer\.kill: .*was stopped/);
    await assert.rejects(server.start(), /TestServer\.start: .*was stopped/);
    assert.deepEqual(await other.sql('SELECT 1'), [['1']]);
  } finally {
    await Promise.all([server.stop(), other.stop()]);
  }
});

test('an empty secret asks for none, and asyncDispose stops', async () => {
  const server = await startServer({ secret: 'needed', writeSecret: '' });
  try {
    assert.equal(await ask(server.port, '1\t=\t1\t1\n'), '3\t1\tunauth\n');
    assert.equal(await ask(server.writePort, '1\t=\t1\t1\n'), '2\t1\tstmtnum\n');
  } finally {
    await server[Symbol.asyncDispose]();
  }
  assert.deepEqual(leftIn(home), []);
});

describe('kill and start', () => {
  /** @type {import('../lib/testing').TestServer} */
  let server;

  before(async () => {
    server = await startServer({ secret: '', sql: 'CREATE DATABASE t; CREATE TABLE t.t (id INT)' });
  });
  after(() => server.stop());

  test('keep ports, secrets and what was committed', async () => {
    const { pid, port, writePort, sqlPort } = server;
    const open = net.connect({ host: server.host, port });
    await once(open, 'connect');
    const closed = once(open.resume(), 'close');
    await server.sql('INSERT INTO t.t VALUES (1); CREATE USER somebody');
    await server.kill();
    await closed;
    assert.equal(fs.existsSync(`/proc/${pid}`), false);
    await assert.rejects(ask(port, '\n'), { code: 'ECONNREFUSED' });
    await assert.rejects(server.sql('SELECT 1'), /not running.*SIGKILL.*start\(\)/);
    await server.kill();
    await server.start();
    assert.notEqual(server.pid, pid);
    assert.equal(server.port, port);
    assert.equal(await ask(port, '1\t=\t1\t1\n'), '2\t1\tstmtnum\n');
    assert.equal(await ask(writePort, '1\t=\t1\t1\n'), '2\t1\tstmtnum\n');
    assert.deepEqual(
      await server.sql(
        "SELECT id, @@port FROM t.t; SELECT user FROM mysql.user WHERE user = 'somebody'",
      ),
      [['1', String(sqlPort)], ['somebody']],
    );
  });

  test('start refuses a running server, and brings back one that crashed', async () => {
    await assert.rejects(server.start(), /running already/);
    process.kill(server.pid, 'SIGKILL');
    await server.kill(); // waits for the end of its process
    await server.start();
    assert.deepEqual(await server.sql('SELECT 1'), [['1']]);
  });

  test('run in the order of the calls', async () => {
    await Promise.all([server.kill(), server.start(), server.kill(), server.start()]);
    assert.deepEqual(await server.sql('SELECT 1'), [['1']]);
  });

  test('stop works after kill, and waits for a kill or start in progress', async () => {
    const started = [server.kill(), server.start()];
    await server.stop();
    await Promise.all(started);
    assert.deepEqual(leftIn(home), []);
  });
});

describe('a port that another program has', () => {
  /** @type {net.Server} */
  let occupier;
  /** @type {number} */
  let takenPort;

  before(async () => {
    occupier = net.createServer((connection) => connection.end('2\t1\tcmd\n'));
    await once(occupier.listen(0, '127.0.0.1'), 'listening');
    takenPort = /** @type {net.AddressInfo} */ (occupier.address()).port;
  });
  after(() => occupier.close());

  for (const use of ['read', 'write', 'sql']) {
    test(`is not used as the port for ${use}`, async () => {
      const choices = [{ [use]: takenPort }, {}];
      await withPortsChosen(choices, async () => {
        const server = await startServer();
        try {
          assert.deepEqual(choices, []);
          assert.deepEqual(await server.sql('SELECT 1'), [['1']]);
        } finally {
          await server.stop();
        }
      });
    });
  }

  test('is an error if every choice is taken', async () => {
    const choices = Array(10).fill({ write: takenPort });
    await withPortsChosen(choices, () =>
      assert.rejects(startServer(), new RegExp(`127\\.0\\.0\\.1:${takenPort}: another program`)),
    );
    assert.equal(choices.length, 5);
    assert.deepEqual(leftIn(home), []);
  });
});

describe('startServer explains', () => {
  test('options of the wrong type', async () => {
    for (const [options, message] of /** @type {const} */ ([
      [{ secret: 1 }, /secret must be a string, not a number/],
      [{ sqls: [] }, /Unknown option 'options.sqls'; expected one of .*sql/],
      [{ writeSecret: 'a\nb' }, /writeSecret holds a character below/],
      [{ threads: 0 }, /threads must be a whole number/],
      [{ sql: [null] }, /sql must be .* not null/],
      [{ config: { 'a b': 1 } }, /config has a name/],
      [{ config: { wait_timeout: {} } }, /config\.wait_timeout must be/],
      [{ config: { 'loose-handlersocket-port': 1 } }, /cannot be set: .*TestServer\.port/],
    ])) {
      // @ts-expect-error: the type is invalid on purpose
      await assert.rejects(startServer(options), { name: 'TypeError', message });
    }
  });

  test('why a server ended', async () => {
    await Promise.all([
      assert.rejects(
        startServer({ config: { no_such_setting: 1 } }),
        /mariadbd ended with status 7 while it started.*\n.*log:\n.*unknown variable 'no_such_setting=1'/s,
      ),
      assert.rejects(
        startServer({ config: { plugin_dir: '/nonexistent' } }),
        /Can't open shared library '\/nonexistent\/handlersocket/,
      ),
    ]);
    assert.deepEqual(leftIn(home), []);
  });

  test('why a data folder could not be made', async () => {
    await assert.rejects(
      startServer({ config: { innodb_no_such_setting: 1 } }),
      /mariadb-install-db ended with status 1.*innodb.no.such.setting/s,
    );
    assert.deepEqual(leftIn(home), []);
  });

  test('which SQL failed', async () => {
    await assert.rejects(startServer({ sql: 'CREATE NONSENSE' }), /ERROR 1064.*CREATE NONSENSE/s);
    assert.deepEqual(leftIn(home), []);
  });

  test('what to install for a missing program', () => {
    assert.throws(
      () => findPrograms(['/nonexistent', home]),
      /'mariadbd', which is in none of \/nonexistent, .*apt-get install mariadb-server/,
    );
  });

  test('a temporary folder that is missing, or too long for a socket', async () => {
    try {
      process.env.TMPDIR = path.join(home, 'missing');
      await assert.rejects(startServer(), /could not make a folder .*missing': mktemp: .*No such/);
      process.env.TMPDIR = path.join(home, 'long'.repeat(20));
      await assert.rejects(startServer(), /Unix socket in it would have \d+ bytes.*TMPDIR=\/tmp/);
    } finally {
      process.env.TMPDIR = home;
    }
  });
});

describe('nothing is left behind', () => {
  const startAndStay =
    "startServer().then(() => { console.log('started'); setInterval(() => {}, 1000); });";

  for (const [
    moment,
    isThere,
  ] of /** @type {[string, (folder: string | undefined) => boolean][]} */ ([
    ['as its folder is made', (folder) => folder !== undefined],
    ['as the data folder is made', (folder) => holds(folder, 'data/ibdata1')],
    ['as the server begins', (folder) => holds(folder, 'my.cnf')],
    ['as the server opens its ports', (folder) => holds(folder, 'sql.sock')],
  ])) {
    test(`by a process killed in the middle of the start, ${moment}`, async () => {
      const own = fs.mkdtempSync(path.join(home, 'own-'));
      const child = runScript(startAndStay, own);
      await until(() => isThere(fs.readdirSync(own).map((name) => path.join(own, name))[0]));
      child.kill('SIGKILL');
      await until(() => leftIn(own).length === 0);
      fs.rmdirSync(own);
    });
  }

  test('by a process killed after the start', async () => {
    const own = fs.mkdtempSync(path.join(home, 'own-'));
    const child = runScript(startAndStay, own);
    await once(child.stdout, 'data');
    assert.equal(leftIn(own).length, 3); // folder, watchdog, server
    child.kill('SIGKILL');
    await until(() => leftIn(own).length === 0);
    fs.rmdirSync(own);
  });

  test('by a script that forgets stop: it ends by itself', async () => {
    const own = fs.mkdtempSync(path.join(home, 'own-'));
    const script = "startServer().then(async (s) => console.log(await s.sql('SELECT 1')));";
    const child = runScript(script, own);
    const [output] = await once(child.stdout, 'data');
    const [status] = await once(child, 'exit');
    assert.equal(output.toString(), "[ [ '1' ] ]\n");
    assert.equal(status, 0);
    await until(() => leftIn(own).length === 0);
    fs.rmdirSync(own);
  });

  test('by stop where the watchdog was killed', async () => {
    const server = await startServer();
    const watchdog = processesNaming(home).find(({ command }) => command.includes('watchdog'));
    process.kill(/** @type {{ pid: number }} */ (watchdog).pid, 'SIGKILL');
    await server.stop();
    assert.deepEqual(leftIn(home), []);
  });
});

/**
 * Sends complete requests; resolves with as many replies.
 *
 * @param {number} port
 * @param {string} requests
 * @returns {Promise<string>}
 */
function ask(port, requests) {
  const lines = requests.split('\n').length;
  return new Promise((resolve, reject) => {
    let replies = '';
    const connection = net.connect({ host: '127.0.0.1', port }, () => connection.write(requests));
    connection.setEncoding('utf8').on('error', reject);
    connection.on('data', (chunk) => {
      replies += chunk;
      if (replies.split('\n').length === lines) connection.destroy();
    });
    connection.on('close', () => resolve(replies));
  });
}

/**
 * @param {Partial<import('../lib/testing/configuration.js').Ports>[]} choices For one call each,
 *   over free ports.
 * @param {() => Promise<void>} operation
 */
async function withPortsChosen(choices, operation) {
  const { pickFreePorts } = ports;
  const picking = mock.method(ports, 'pickFreePorts', async () => ({
    ...(await pickFreePorts()),
    ...choices.shift(),
  }));
  try {
    await operation();
  } finally {
    picking.mock.restore();
  }
}

/**
 * @param {string} script
 * @param {string} temporaryFolder
 */
function runScript(script, temporaryFolder) {
  const module = JSON.stringify(require.resolve('../lib/testing'));
  return spawn(process.execPath, ['-e', `const { startServer } = require(${module}); ${script}`], {
    env: { ...process.env, TMPDIR: temporaryFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/**
 * @param {string | undefined} folder
 * @param {string} file
 */
function holds(folder, file) {
  return folder !== undefined && fs.existsSync(path.join(folder, file));
}

/** @param {() => boolean} condition */
async function until(condition) {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `within 20 s: ${condition}`);
    await delay(2);
  }
}

/**
 * Files in a folder, and processes that have to do with it.
 *
 * @param {string} folder
 */
function leftIn(folder) {
  return [...fs.readdirSync(folder), ...processesNaming(folder)];
}

/** @param {string} text */
function processesNaming(text) {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: commandLine(name) }))
    .filter(({ command }) => command.includes(text));
}

/** @param {string} pid */
function commandLine(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // ended just now
  }
}
