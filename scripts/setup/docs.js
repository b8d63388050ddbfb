'use strict';

const { DOCS_TOOLS } = require('../tools.js');
const { npmPackages } = require('./npm-packages.js');

/** TypeDoc needs a TypeScript of its own, older than the project's. */
module.exports = npmPackages("documentation's tools", DOCS_TOOLS);
