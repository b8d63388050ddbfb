'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

/** @typedef {import('./limits.js').LimitFigures} LimitFigures */

/**
 * The output of a program of limits/.
 *
 * @param {string} program
 * @param {(string | number)[]} given
 * @param {string[]} [flags]
 * @returns {Promise<any>}
 */
async function run(program, given, flags = []) {
  const file = path.join(__dirname, 'limits', program);
  const all = [...flags, file, ...given.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, all);
  if (stdout === '') throw new Error(`${program} ended before it had measured anything`);
  return JSON.parse(stdout);
}

/**
 * @template T
 * @param {number} rounds
 * @param {(() => Promise<T>)[]} programs
 * @returns {Promise<T[][]>} The output of each program, by round.
 */
async function alternate(rounds, programs) {
  /** @type {T[][]} */
  const results = programs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [...programs.keys()] : [...programs.keys()].reverse();
    for (const i of order) results[i].push(await programs[i]());
  }
  return results;
}

/**
 * @param {Record<string, number>[]} runs
 * @param {string} figure
 */
function pick(runs, figure) {
  return runs.map((run) => run[figure]);
}

/**
 * @param {number[]} above
 * @param {number[]} below
 */
function divided(above, below) {
  return above.map((figure, round) => figure / below[round]);
}

/**
 * @param {string} name
 * @param {LimitFigures['unit']} unit
 * @param {number[]} all
 * @returns {LimitFigures}
 */
function figures(name, unit, all) {
  return { name, unit, figures: all };
}

module.exports = { run, alternate, pick, divided, figures };
