'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');

/** Much longer than any child takes, so one that reaches it is stuck. */
const STUCK_MS = 60_000;

/**
 * Runs a function in its own Node.js process, with `hansock` and the arguments. The function cannot
 * use the scope around it.
 * @param {import('node:test').TestContext} context
 * @param {(hansock: typeof import('../..'), ...args: any[]) => unknown} program
 * @param {{ args?: unknown[], flags?: string[], env?: Record<string, string>, wrapper?: string[] }}
 *   [options] `wrapper` is a command that runs the command which is appended to it
 */
function startChild(context, program, { args = [], flags = [], env = {}, wrapper = [] } = {}) {
  const hansock = JSON.stringify(require.resolve('../..'));
  const list = [`require(${hansock})`, ...args.map((arg) => JSON.stringify(arg))].join(', ');
  const node = [process.execPath, ...flags, '-e', `(${program})(${list});`];
  const [command, ...rest] = [...wrapper, ...node];
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), STUCK_MS);
  const ended = once(child, 'close').then(([code, signal]) => {
    clearTimeout(timer);
    return { code, signal, ...output };
  });
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
}

/** Runs the process to its end. */
function runChild(context, program, options) {
  return startChild(context, program, options).ended;
}

module.exports = { runChild, startChild };
