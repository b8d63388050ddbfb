'use strict';

/*
 * Builds the addon for one target as it is published:
 * `node scripts/release/build.js <target> <folder>`. The addon and the loader go into the folder.
 * Zig, which brings the C libraries of old distributions, links Linux targets; other targets need a
 * machine of their own kind.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, fail, run } = require('../command.js');
const { takeAll } = require('../setup/step.js');
const { zigEnvironment } = require('../tools.js');
const { checkGlibc } = require('./glibc.js');
const { OLDEST_GLIBC } = require('./targets.js');

/**
 * @param {string} target  as rustc names it
 * @param {string} folder
 */
async function buildAddon(target, folder) {
  const isLinux = target.includes('-linux-');
  if (isLinux) await takeAll([require('../setup/zig.js')]);
  fs.mkdirSync(folder, { recursive: true });
  const napi = path.join(ROOT, 'node_modules/@napi-rs/cli/dist/cli.js');
  const commandLine = [
    ...[napi, 'build', '--release', '--strip', '--platform'],
    ...['--js', 'native.js', '--dts', 'native.d.ts', '--output-dir', path.resolve(folder)],
    ...(isLinux ? ['--cross-compile', '--target', zigTarget(target)] : ['--target', target]),
  ];
  await run(process.execPath, commandLine, isLinux ? { env: zigEnvironment() } : {});
  if (isLinux) await checkGlibc(folder);
}

/** @param {string} target */
function zigTarget(target) {
  return target.endsWith('-gnu') ? `${target}.${OLDEST_GLIBC}` : target;
}

module.exports = { buildAddon };

if (require.main === module) {
  const [target, folder] = process.argv.slice(2);
  buildAddon(target, folder).catch(fail);
}
