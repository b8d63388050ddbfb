'use strict';

const fs = require('node:fs');

/**
 * Stops all threads of a process until the end of the test. The signal alone is not enough: a
 * running thread continues until it next enters the kernel.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} pid
 */
function pause(t, pid) {
  t.after(() => process.kill(pid, 'SIGCONT'));
  process.kill(pid, 'SIGSTOP');
  while (!threadStates(pid).every((state) => state === 'T')) {
    // Each check is a system call, which lets other threads run.
  }
}

/** @param {number} pid */
function threadStates(pid) {
  const folder = `/proc/${pid}/task`;
  return fs.readdirSync(folder).map((thread) => {
    const stat = fs.readFileSync(`${folder}/${thread}/stat`, 'utf8');
    // The state follows the name, whose brackets may contain anything.
    return stat.charAt(stat.lastIndexOf(')') + 2);
  });
}

module.exports = { pause };
