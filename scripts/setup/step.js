'use strict';

const { CommandError, secondsSince } = require('../command.js');

/** Something that the user has to do before the set-up can continue. */
class SetupError extends Error {}

/**
 * A step of the set-up. `look` takes milliseconds: it returns `found`, or `doing`, which says what
 * `act` will install.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Found | Missing} look
 *
 * @typedef {{ found: string }} Found
 * @typedef {{ doing: string, act: () => Promise<unknown> }} Missing
 */

/**
 * Runs steps, and ends the process with status 1 if one fails.
 *
 * @param {readonly Step[]} steps
 */
async function takeAll(steps) {
  try {
    for (const step of steps) await take(step);
  } catch (error) {
    if (error instanceof CommandError) {
      console.error(`failed\n${error.output.trimEnd()}\nThe set-up stops: ${error.message}`);
    } else if (error instanceof SetupError) {
      console.error(`not ready\n${error.message}`);
    } else {
      throw error;
    }
    process.exit(1);
  }
}

/** @param {Step} step */
async function take(step) {
  process.stdout.write(`${step.name}: `);
  const state = step.look();
  if ('found' in state) {
    console.log(state.found);
    return;
  }
  process.stdout.write(`${state.doing} ... `);
  const start = performance.now();
  await state.act();
  console.log(`done in ${secondsSince(start)}`);
}

module.exports = { SetupError, takeAll };
