'use strict';

const { napi } = require('../../package.json');

/** The glibc of RHEL 7. Later ones run binaries that were linked with it. */
const OLDEST_GLIBC = '2.17';

/**
 * @typedef {{ target: string, platform: string }} Target the platform is named as in the package's
 *   name
 */

/** The napi CLI, which derives the names, is an ES module. @returns {Promise<Target[]>} */
async function readTargets() {
  const { parseTriple } = await import('@napi-rs/cli');
  return napi.targets.map((target) => {
    return { target, platform: parseTriple(target).platformArchABI };
  });
}

/** The target that this process runs on. */
async function currentTarget() {
  const name = `${process.platform}-${process.arch}`;
  const libc = process.platform === 'linux' ? `-${currentLibc()}` : '';
  const targets = await readTargets();
  const found = targets.find(({ platform }) => platform.startsWith(name + libc));
  if (found === undefined) throw new Error(`package.json has no target for ${name}${libc}`);
  return found;
}

function currentLibc() {
  const report = /** @type {{ header: object }} */ (process.report.getReport());
  return 'glibcVersionRuntime' in report.header ? 'gnu' : 'musl';
}

module.exports = { OLDEST_GLIBC, currentTarget, readTargets };
