'use strict';

const { execFileSync } = require('node:child_process');
const { closeSync, openSync, readFileSync, readdirSync } = require('node:fs');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');

/**
 * Holds all four threads of libuv's pool until the test is over.
 * @param {import('node:test').TestContext} context
 */
async function holdPool(context) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'hansock-test-'));
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Opening a pipe takes a thread until it is opened for writing too.
  const readers = Array.from({ length: 4 }, () => fs.open(pipe, 'r'));
  context.after(async () => {
    const writer = openSync(pipe, 'w');
    for (const reader of await Promise.all(readers)) await reader.close();
    closeSync(writer);
    await fs.rm(folder, { recursive: true });
  });
  while (countOpening() < readers.length) await new Promise((resolve) => setImmediate(resolve));
}

/** How many of this process's threads wait for the other end of a pipe to be opened. */
function countOpening() {
  const folder = '/proc/self/task';
  const waitsFor = readdirSync(folder).map((id) => readFileSync(`${folder}/${id}/wchan`, 'utf8'));
  return waitsFor.filter((name) => name === 'wait_for_partner').length;
}

module.exports = { holdPool };
