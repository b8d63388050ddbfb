'use strict';

const { spawnSync } = require('node:child_process');
const { aptInstallation, hasApt } = require('./apt.js');

const MISSING = 'not found, so that its clients are left out (apt-get install redis-server)';

/**
 * For the benchmark, which skips Redis if it cannot be installed.
 *
 * @type {import('./step.js').Step}
 */
const redis = {
  name: 'Redis server',
  look() {
    const { stdout, status } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
    if (status === 0) return { found: stdout.split(' ').slice(0, 3).join(' ') };
    const installation = hasApt() ? aptInstallation('redis-server', 'redis-server') : undefined;
    return installation ?? { found: MISSING };
  },
};

module.exports = redis;
