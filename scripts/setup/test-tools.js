'use strict';

const { TEST_TOOLS } = require('../tools.js');
const { npmPackages } = require('./npm-packages.js');

/** Not among the project's devDependencies, whose lock file has to list what every platform needs of them. */
module.exports = npmPackages('test runners', TEST_TOOLS);
