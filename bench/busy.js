'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/** As many as the machine of the goals has cores. */
const LOOPS = 2;

/** Other programs that compete for the cores: busy loops, one process each. */
function startBusyLoops() {
  const program = path.join(__dirname, 'busy-loop.js');
  const loops = Array.from({ length: LOOPS }, () =>
    spawn(process.execPath, [program, String(process.pid)], { stdio: 'ignore' }),
  );
  return {
    async stop() {
      for (const loop of loops) loop.kill('SIGKILL');
      await Promise.all(
        loops.map((loop) => loop.exitCode ?? loop.signalCode ?? once(loop, 'exit')),
      );
    },
  };
}

module.exports = { startBusyLoops };
