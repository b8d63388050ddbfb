'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/** A program that failed, with its output. */
class CommandError extends Error {
  /**
   * @param {string} command
   * @param {string} ending
   * @param {string} output
   */
  constructor(command, ending, output) {
    super(`${command} ${ending}`);
    this.output = output;
  }
}

/**
 * Runs a program, by default in the project's folder, with an empty standard input. Resolves with
 * its output.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>}
 */
function run(program, programArguments, { cwd = ROOT, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    /** @param {string} ending */
    const fail = (ending) =>
      reject(new CommandError([program, ...programArguments].join(' '), ending, output));
    child.on('error', (error) => fail(`could not be started: ${error.message}`));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(output);
      else fail(signal === null ? `ended with status ${status}` : `was ended by ${signal}`);
    });
  });
}

/** @param {number} start  in the time of performance.now() */
function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/**
 * Ends a script that failed, with the output of the program if a program failed.
 *
 * @param {unknown} error
 */
function fail(error) {
  console.error(error instanceof CommandError ? `${error.output}\n${error.message}` : error);
  process.exitCode = 1;
}

module.exports = { ROOT, CommandError, fail, run, secondsSince };
