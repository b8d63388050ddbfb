'use strict';

const { TOOLS } = require('../tools.js');
const { npmPackages } = require('./npm-packages.js');

/** Not among the project's devDependencies: most work needs none of their gigabyte. */
module.exports = npmPackages('runtimes and package managers', TOOLS);
