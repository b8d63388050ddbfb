'use strict';

const { execFileSync } = require('node:child_process');
const os = require('node:os');
const { findPrograms } = require('../lib/testing/programs.js');
const { dependencies } = require('./package.json');
const { version } = require('../package.json');

/**
 * The machine and the versions of a measurement, by name.
 *
 * @returns {Record<string, string>}
 */
function describeMachine() {
  const cpus = os.cpus();
  return {
    Date: new Date().toISOString().slice(0, 10),
    CPU: cpus[0].model.trim(),
    Cores: `${cpus.length}, which the servers and the clients share`,
    Memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    Kernel: `${os.type()} ${os.release()}`,
    'Node.js': process.version.slice(1),
    MariaDB: versionOf(findPrograms().server, /Ver (\S+)/),
    Redis: versionOf('redis-server', /v=(\S+)/),
    hansock: version,
    ...dependencies,
  };
}

/**
 * @param {string} program
 * @param {RegExp} pattern
 */
function versionOf(program, pattern) {
  try {
    const output = execFileSync(program, ['--version'], { encoding: 'utf8' });
    return pattern.exec(output)?.[1] ?? 'unknown';
  } catch {
    return 'none';
  }
}

module.exports = { describeMachine };
