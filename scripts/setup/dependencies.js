'use strict';

const { ROOT } = require('../command.js');
const { npmPackages } = require('./npm-packages.js');

module.exports = npmPackages('npm packages', ROOT);
