'use strict';

const { TOOLS } = require('../tools.js');
const { npmPackages } = require('./npm-packages.js');

/** Apart from the project's devDependencies, since most work needs none of this gigabyte. */
module.exports = npmPackages('runtimes and package managers', TOOLS);
