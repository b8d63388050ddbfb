'use strict';

const { KeyvStore } = require('./keyv-store.js');
const { Keyv5Store } = require('./keyv5-store.js');

module.exports = { KeyvStore, Keyv5Store };
