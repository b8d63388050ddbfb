'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { PLATFORMS } = require('../lib/util/no-addon.js');
const { napi } = require('../package.json');

const ROOT = path.join(__dirname, '..');
const THIS = `hansock.${process.platform}-${process.arch}`;
const ADDON = fs.readdirSync(ROOT).find((name) => name.startsWith(THIS) && name.endsWith('.node'));
const PLATFORM = ADDON?.split('.')[1];

/** The package without any of the packages that have the addon. */
let folder;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'no-addon-'));
  for (const name of ['index.js', 'native.js', 'lib', 'package.json']) {
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The error of requiring the package in that folder. `before` runs first. */
function load(before = '', env = {}) {
  const program = `
    ${before};
    let thrown = {};
    try { require(${JSON.stringify(folder)}); } catch (error) { thrown = error; }
    const { name, code, message, cause } = thrown;
    console.log(JSON.stringify({ name, code, message, cause: cause?.message }));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('lists the platforms with an addon on a platform without one', () => {
  const { name, code, message, cause } = load(
    "Object.defineProperty(process, 'platform', { value: 'freebsd' })",
  );
  assert.equal(name, 'HandlerSocketError');
  assert.equal(code, 'ERR_HS_NO_ADDON');
  assert.match(message, new RegExp(`no addon for this platform, freebsd-${process.arch}\\.`));
  for (const platform of PLATFORMS) assert.ok(message.includes(platform), platform);
  assert.match(message, /clone https:.* 'npm run build' .* NAPI_RS_NATIVE_LIBRARY_PATH/);
  assert.match(cause, /Cannot find native binding/);
});

test('names the package that was not installed', () => {
  const { code, message } = load();
  assert.equal(code, 'ERR_HS_NO_ADDON');
  assert.match(message, new RegExp(`^The package hansock-${PLATFORM}, .* is not installed\\.`));
  assert.match(message, /NAPI_RS_NATIVE_LIBRARY_PATH/);
});

test('says why an existing addon does not load', (t) => {
  const broken = path.join(folder, ADDON);
  fs.writeFileSync(broken, 'no addon');
  t.after(() => fs.rmSync(broken));
  const { code, message } = load();
  assert.equal(code, 'ERR_HS_NO_ADDON');
  assert.match(message, new RegExp(`for ${PLATFORM} cannot be loaded: .*${ADDON}`));
});

test('asks for a build in a folder of sources', (t) => {
  const loader = path.join(folder, 'native.js');
  fs.renameSync(loader, `${loader}.away`);
  t.after(() => fs.renameSync(`${loader}.away`, loader));
  const { code, message } = load();
  assert.equal(code, 'ERR_HS_NO_ADDON');
  assert.match(message, /has not been built: run 'npm run build'/);
});

test('loads the addon that NAPI_RS_NATIVE_LIBRARY_PATH names', () => {
  const built = path.join(ROOT, ADDON);
  assert.deepEqual(load('', { NAPI_RS_NATIVE_LIBRARY_PATH: built }), {});
});

test('lists the platforms that package.json has targets for', async () => {
  const { parseTriple } = await import('@napi-rs/cli');
  const platforms = napi.targets.map((target) => parseTriple(target).platformArchABI);
  assert.deepEqual([...PLATFORMS].sort(), platforms.sort());
});
