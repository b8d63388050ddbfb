'use strict';

/*
 * What `npm run demo`, `npm test` and `npm run bench` need, from a fresh clone on: npm packages, Rust,
 * MariaDB's server, and the addon built in release mode; and the steps that the command line names.
 * Does what is missing, skips what is there. It runs before node_modules exists, so it uses nothing but Node.js itself.
 */

const { CommandError, secondsSince } = require('./command.js');
const { SetupError } = require('./setup/step.js');

const STEPS = [
  require('./setup/dependencies.js'),
  require('./setup/rust.js'),
  require('./setup/mariadb.js'),
  require('./setup/addon.js'),
  ...process.argv.slice(2).map((name) => require(`./setup/${name}.js`)),
];

async function setUp() {
  for (const step of STEPS) {
    process.stdout.write(`${step.name}: `);
    await take(step);
  }
}

/** @param {import('./setup/step.js').Step} step */
async function take(step) {
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

/** @param {unknown} error */
function fail(error) {
  if (error instanceof CommandError) {
    console.error(`failed\n${error.output.trimEnd()}\nThe set-up stops: ${error.message}`);
  } else if (error instanceof SetupError) {
    console.error(`not ready\n${error.message}`);
  } else {
    throw error;
  }
  process.exitCode = 1;
}

setUp().catch(fail);
