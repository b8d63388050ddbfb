'use strict';

/*
 * What `npm run demo`, `npm test` and the other commands need, from a fresh clone on: npm packages,
 * Rust, MariaDB's server, and the addon built in release mode; and the steps that the command line
 * names. Does what is missing, skips what is there. It runs before node_modules exists, so it uses
 * nothing but Node.js itself.
 */

const { takeAll } = require('./setup/step.js');

const STEPS = [
  './setup/dependencies.js',
  './setup/rust.js',
  './setup/mariadb.js',
  './setup/addon.js',
];
const names = process.argv.slice(2).map((name) => `./setup/${name}.js`);

takeAll([...STEPS, ...names].map((file) => require(file)));
