'use strict';

const { TEST_TOOLS } = require('../tools.js');
const { npmPackages } = require('./npm-packages.js');

/**
 * Apart from the project's devDependencies, whose lock file has to list them for every platform.
 */
module.exports = npmPackages('test runners', TEST_TOOLS);
