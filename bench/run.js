'use strict';

/*
 * All benchmarks, one after the other: `npm run bench [-- --quick]`.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

for (const [title, program] of [
  ['Batch and Executor beside the bare wire', 'batches.js'],
  ['Client beside other clients', 'clients.js'],
  ['ShardedClient over 1, 2 and 3 servers, and what routing costs', 'sharding.js'],
]) {
  console.log(`\n## ${title}\n`);
  const given = [path.join(__dirname, program), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, given, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
