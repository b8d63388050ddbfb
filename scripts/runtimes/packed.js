'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run } = require('../command.js');
const { currentTarget } = require('../release/targets.js');
const { version } = require('../../package.json');

/**
 * Installs the packed package, and this folder's addon in a package beside it, without a registry.
 *
 * @param {string} folder
 */
async function installPacked(folder) {
  const modules = path.join(folder, 'node_modules');
  const root = path.join(modules, 'hansock');
  fs.mkdirSync(root, { recursive: true });
  // Deno resolves only packages that are listed as dependencies.
  const project = JSON.stringify({ private: true, dependencies: { hansock: version } });
  fs.writeFileSync(path.join(folder, 'package.json'), project);
  const pack = ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(await run('npm', pack));
  const tarball = path.join(folder, filename);
  await run('tar', ['--extract', '--strip-components=1', '--directory', root, '--file', tarball]);

  const { platform } = await currentTarget();
  const addon = `hansock.${platform}.node`;
  const name = `hansock-${platform}`;
  fs.mkdirSync(path.join(modules, name));
  fs.copyFileSync(path.join(ROOT, addon), path.join(modules, name, addon));
  const manifest = JSON.stringify({ name, version, main: addon });
  fs.writeFileSync(path.join(modules, name, 'package.json'), manifest);
}

module.exports = { installPacked };
