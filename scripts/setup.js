'use strict';

/*
 * Installs what `npm run demo`, `npm test` and the other commands need in a fresh clone: npm
 * packages, Rust, MariaDB's server, and the addon built in release mode; also the steps that the
 * command line names, or with `--only` these alone. It does what is missing and skips the rest. It
 * runs before node_modules exists, so it uses only Node.js itself.
 */

const { takeAll } = require('./setup/step.js');

const STEPS = [
  './setup/dependencies.js',
  './setup/rust.js',
  './setup/mariadb.js',
  './setup/addon.js',
];
const [first, ...others] = process.argv.slice(2);
const isAlone = first === '--only';
const names = isAlone ? others : process.argv.slice(2);
const files = [...(isAlone ? [] : STEPS), ...names.map((name) => `./setup/${name}.js`)];

takeAll(files.map((file) => require(file)));
