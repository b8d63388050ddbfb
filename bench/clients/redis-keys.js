'use strict';

/**
 * Users in Redis as people put them there before a database: each as a JSON text, and as a hash.
 *
 * @param {number} id
 */
function jsonKey(id) {
  return `user:${id}`;
}

/** @param {number} id */
function hashKey(id) {
  return `user-hash:${id}`;
}

module.exports = { jsonKey, hashKey };
