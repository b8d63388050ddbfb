'use strict';

try {
  module.exports = require('../../native.js');
} catch (error) {
  throw require('./no-addon.js').noAddonError(error);
}
