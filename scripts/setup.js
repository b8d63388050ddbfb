'use strict';

/*
 * What `npm run demo`, `npm test` and the other commands need, from a fresh clone on: npm packages,
 * Rust, MariaDB's server, and the addon built in release mode; and the steps that the command line
 * names, or with `--only` these alone. Does what is missing, skips what is there. It runs before
 * node_modules exists, so it uses nothing but Node.js itself.
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
