'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const dns = require('node:dns/promises');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const { Connection, Executor } = require('..');
const { runChild } = require('./support/children.js');
const { batchOf, run } = require('./support/failures.js');

/** A label of more than 63 characters is valid in no network. */
const NO_NAME = 'x'.repeat(64);

/**
 * Runs a command with other system files, in its own mount namespace.
 * @param {import('node:test').TestContext} context
 * @param {Record<string, string>} contents  by the files' paths
 */
function withFiles(context, contents) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hansock-files-'));
  context.after(() => fs.rmSync(folder, { recursive: true }));
  const script = ['set -e'];
  for (const [file, content] of Object.entries(contents)) {
    const replacement = path.join(folder, path.basename(file));
    fs.writeFileSync(replacement, content);
    script.push(`mount --bind '${replacement}' '${file}'`);
  }
  script.push('exec "$@"');
  return ['unshare', '--mount', '--map-root-user', 'sh', '-c', script.join('\n'), 'sh'];
}

/** Why the system denies a process its own mounts; false if it allows them. */
function cannotReplaceFiles() {
  const [command, ...rest] = ['unshare', '--mount', '--map-root-user', 'mount', '--bind'];
  const { status, error, stderr } = spawnSync(command, [...rest, '/etc/hosts', '/etc/hosts']);
  return status === 0 ? false : `no mounts of its own: ${error ?? stderr}`;
}

const skip = cannotReplaceFiles();

describe('a look-up that fails has the code of dns.lookup:', () => {
  test('a name that does not exist', async () => {
    const expected = await dns.lookup(NO_NAME, { all: true }).catch((error) => error);
    const error = await run(new Connection(`${NO_NAME}:1`), batchOf('a')).catch((error) => error);
    assert.deepEqual([error.code, error.outcome], ['ERR_HS_CONNECT', 'not-sent']);
    assert.equal(error.cause.code, 'ENOTFOUND');
    assert.deepEqual({ ...error.cause }, { ...expected });
  });

  test('in executeSync, too', () => {
    const batch = batchOf('a');
    const executor = new Executor().add(new Connection(`${NO_NAME}:1`), batch);
    assert.throws(() => executor.executeSync(5000), { code: 'ERR_HS_EXECUTE' });
    const { code, errno, syscall, hostname } = batch.error.cause;
    assert.deepEqual(
      { code, errno, syscall, hostname },
      { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname: NO_NAME },
    );
  });

  test('a name server that does not answer', { skip }, async (t) => {
    // Nobody listens on port 53 of this address.
    const wrapper = withFiles(t, {
      '/etc/resolv.conf': 'nameserver 127.0.0.53\noptions timeout:1 attempts:1\n',
      '/etc/hosts': '127.0.0.1 localhost\n',
      '/etc/nsswitch.conf': 'hosts: files dns\n',
    });
    const { stdout, stderr } = await runChild(t, lookUp, { args: ['db.example'], wrapper });
    const { outcomes, causes, expected } = JSON.parse(stdout || `"${stderr}"`);
    assert.equal(expected.code, 'EAI_AGAIN');
    // Two executes wait for one look-up.
    assert.deepEqual(causes, [expected, expected]);
    assert.deepEqual(outcomes, ['not-sent', 'not-sent']);
  });
});

describe('a look-up that the system has no means for', () => {
  test('names EMFILE where no descriptor is left', async (t) => {
    const wrapper = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
    const { stdout, stderr } = await runChild(t, lookUp, { args: ['localhost', true], wrapper });
    const { outcomes, causes } = JSON.parse(stdout || `"${stderr}"`);
    const { EMFILE } = os.constants.errno;
    const cause = { code: 'EMFILE', errno: -EMFILE, syscall: 'getaddrinfo', hostname: 'localhost' };
    assert.deepEqual(causes, [cause, cause]);
    assert.deepEqual(outcomes, ['not-sent', 'not-sent']);
  });

  test('names EAGAIN where no thread can be started', async (t) => {
    // No system has the memory for such a stack.
    const wrapper = ['env', `RUST_MIN_STACK=${2 ** 52}`];
    const { stdout, stderr } = await runChild(t, lookUp, { args: ['localhost'], wrapper });
    const { outcomes, causes } = JSON.parse(stdout || `"${stderr}"`);
    const { EAGAIN } = os.constants.errno;
    const cause = { code: 'EAGAIN', errno: -EAGAIN, syscall: 'getaddrinfo', hostname: 'localhost' };
    assert.deepEqual(causes, [cause, cause]);
    assert.deepEqual(outcomes, ['not-sent', 'not-sent']);
  });
});

/** Prints the errors of two executes on a name, and of Node.js itself. */
async function lookUp({ Batch, Connection, Executor }, host, usesUpDescriptors = false) {
  const { openSync } = require('node:fs');
  const { lookup } = require('node:dns/promises');
  const execute = async (address) => {
    const batch = new Batch().write('a\n');
    const executor = new Executor().add(new Connection(address), batch);
    const [{ reason }] = await executor.executeSettled(30_000);
    return reason;
  };
  // Everything that the first use loads and opens is there now.
  await execute('127.0.0.1:1');
  for (let isLeft = usesUpDescriptors; isLeft; ) {
    try {
      openSync('/dev/null');
    } catch {
      isLeft = false;
    }
  }
  const reasons = await Promise.all([execute(`${host}:1`), execute(`${host}:1`)]);
  const expected = await lookup(host, { all: true }).catch((error) => error);
  console.log(
    JSON.stringify({
      outcomes: reasons.map(({ outcome }) => outcome),
      causes: reasons.map(({ cause }) => cause),
      expected,
    }),
  );
}

test('a name whose first address is silent costs a quarter of a second', { skip }, async (t) => {
  const wrapper = withFiles(t, {
    '/etc/hosts': '127.0.0.2 db.example\n127.0.0.3 db.example\n',
    '/etc/nsswitch.conf': 'hosts: files\n',
  });
  const timeoutMs = 30_000;
  const args = [require.resolve('./support/fake-peer.js'), timeoutMs];
  const { stdout, stderr } = await runChild(t, connectToSecond, { args, wrapper });
  const { status, elapsedMs, state } = JSON.parse(stdout || `"${stderr}"`);
  assert.deepEqual([status, state], ['fulfilled', 'connected']);
  assert.ok(elapsedMs >= 250, `the second address was tried after ${elapsedMs} ms`);
  // With equal shares, each of two addresses would have half of the time.
  assert.ok(elapsedMs < timeoutMs / 2, `it took ${elapsedMs} ms`);
});

/** Executes on a name whose first address has a listener that accepts nobody. */
async function connectToSecond({ Batch, Connection, Executor }, fakePeer, timeoutMs) {
  const { lookup } = require('node:dns/promises');
  const { answer, startFullPeer, startPeer } = require(fakePeer);
  const endings = [];
  const context = { after: (end) => endings.push(end) };
  const [first, second] = await lookup('db.example', { all: true });
  const { port } = await startFullPeer(context, { host: first.address, port: 0 });
  await startPeer(
    context,
    answer(() => '0\t1\n'),
    { host: second.address, port },
  );
  const connection = new Connection(`db.example:${port}`);
  const executor = new Executor().add(connection, new Batch().write('a\n'));
  const start = performance.now();
  const [{ status }] = await executor.executeSettled(timeoutMs);
  const elapsedMs = performance.now() - start;
  console.log(JSON.stringify({ status, elapsedMs, state: connection.state }));
  connection.close();
  for (const end of endings) await end();
}
