'use strict';

const { readTable } = require('./read-table.js');

module.exports = { readTable };
