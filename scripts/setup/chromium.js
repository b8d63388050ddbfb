'use strict';

const { spawnSync } = require('node:child_process');
const { aptInstallation, hasApt } = require('./apt.js');
const { SetupError } = require('./step.js');

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Opens the documentation's site in a test.
 *
 * @type {import('./step.js').Step}
 */
const chromium = {
  name: 'Chromium',
  look() {
    const program = findChromium();
    if (program !== undefined) return { found: program };
    const installation = hasApt() ? aptInstallation('chromium') : undefined;
    if (installation !== undefined) return installation;
    throw new SetupError(
      'Chromium was not found, and only root may install it. Run\n' +
        "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends chromium'\n" +
        'and try again.',
    );
  },
};

/** The path of a Chromium on PATH, if there is one. */
function findChromium() {
  for (const program of PROGRAMS) {
    const { stdout, status } = spawnSync('sh', ['-c', `command -v ${program}`], {
      encoding: 'utf8',
    });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}

module.exports = { ...chromium, findChromium };
