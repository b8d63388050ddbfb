'use strict';

/*
 * Rehearses a release on this machine: builds, publishes to a loopback registry, installs with each
 * package manager, reads a row, and follows README.md. It leaves nothing behind.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { GuardedFolder } = require('../../lib/testing/guarded-folder.js');
const { keepingProcessAlive } = require('../../lib/testing/keep-alive.js');
const { startServer } = require('../../lib/testing');
const { fail, secondsSince } = require('../command.js');
const { buildAddon } = require('./build.js');
const { consume, consumersOf, installForAnotherPlatform } = require('./consumers.js');
const { readFirstRows } = require('./first-screen.js');
const { publishPackages } = require('./publish.js');
const { startRegistry } = require('./registry-process.js');
const { stagePackages } = require('./stage.js');
const { currentTarget, readTargets } = require('./targets.js');

const READ_ROW = path.join(__dirname, 'read-row.mjs');
const SQL = `CREATE DATABASE shop;
  CREATE TABLE shop.users (id INT PRIMARY KEY, name VARCHAR(50));
  INSERT INTO shop.users VALUES (42, 'Ada')`;
const ROW = '{"id":42,"name":"Ada"}';

async function rehearse() {
  const folder = await GuardedFolder.create();
  try {
    const staged = await stage(folder.path);
    const registry = await startRegistry(path.join(folder.path, 'registry'));
    try {
      await publish(staged, registry.url, folder.path);
      await consumeAll(registry.url, folder.path);
      await installForArm(registry.url, folder.path);
      await timed("README's first screen, with the playground", () => {
        return readFirstRows(path.join(folder.path, 'first-screen'), registry.url);
      });
    } finally {
      await registry.stop();
    }
  } finally {
    await folder.remove();
  }
}

/** @param {string} folder */
async function stage(folder) {
  const addons = path.join(folder, 'addons');
  const here = await currentTarget();
  await timed(`building for ${here.target}`, () => buildAddon(here.target, addons));
  for (const { platform } of await readTargets()) {
    const addon = path.join(addons, `hansock.${platform}.node`);
    if (!fs.existsSync(addon)) fs.writeFileSync(addon, '');
  }
  const staged = path.join(folder, 'hansock');
  await timed('staging', () => stagePackages(addons, staged));
  return staged;
}

/**
 * @param {string} staged
 * @param {string} registry
 * @param {string} folder
 */
async function publish(staged, registry, folder) {
  // npm needs a token to publish; this registry accepts any.
  const userconfig = path.join(folder, 'npmrc');
  fs.writeFileSync(userconfig, `${registry.replace('http:', '')}:_authToken=rehearsal\n`);
  const options = [
    `--registry=${registry}`,
    `--userconfig=${userconfig}`,
    `--cache=${path.join(folder, 'npm-cache')}`,
    '--provenance=false',
    '--fetch-retries=0',
  ];
  await publishPackages(staged, options);
  // As after an interrupted release: everything is published already, and running it again
  // succeeds.
  await publishPackages(staged, options);
}

/**
 * @param {string} registry
 * @param {string} folder
 */
async function consumeAll(registry, folder) {
  const server = await startServer({ sql: SQL });
  try {
    for (const consumer of consumersOf(registry)) {
      await timed(`${consumer.name}: installing, and reading a row`, async () => {
        const place = path.join(folder, 'consumers', consumer.name);
        const serverArguments = [`${server.port}`, server.secret];
        const output = await consume(consumer, place, READ_ROW, serverArguments);
        assert.equal(output.trim(), ROW);
      });
    }
  } finally {
    await server.stop();
  }
}

/**
 * @param {string} registry
 * @param {string} folder
 */
async function installForArm(registry, folder) {
  const options = ['--os=linux', '--cpu=arm64', '--libc=musl'];
  await timed(`npm install ${options.join(' ')}`, async () => {
    const place = path.join(folder, 'another-platform');
    const installed = await installForAnotherPlatform(registry, place, options);
    assert.deepEqual(installed, ['hansock-linux-arm64-musl']);
  });
}

/**
 * @template T
 * @param {string} doing
 * @param {() => Promise<T>} act
 */
async function timed(doing, act) {
  console.log(`${doing} ...`);
  const start = performance.now();
  const result = await act();
  console.log(`${doing}: done in ${secondsSince(start)}`);
  return result;
}

keepingProcessAlive(rehearse).catch(fail);
