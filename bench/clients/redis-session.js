'use strict';

const { hashKey, jsonKey } = require('./redis-keys.js');

/**
 * A session over the functions that differ between the clients of Redis.
 *
 * @param {import('../client-process.js').Task} task
 * @param {object} commands
 * @param {(key: string) => Promise<any>} commands.get
 * @param {(key: string) => Promise<any>} commands.getHash
 * @param {(keys: string[]) => Promise<any[]>} commands.getMany
 */
function redisSession({ client, table }, { get, getHash, getMany }) {
  return {
    get:
      client.way === 'hash'
        ? (/** @type {number} */ id) => getHash(hashKey(id))
        : async (/** @type {number} */ id) => JSON.parse(await get(jsonKey(id))),
    async getMany(/** @type {number[]} */ ids) {
      const texts = await getMany(ids.map(jsonKey));
      return texts.map((text) => JSON.parse(text));
    },
    read: table.readObject,
  };
}

/**
 * @param {import('../client-process.js').Addresses} addresses
 */
function redisAddress({ host, redisPort }) {
  if (redisPort === undefined) throw new Error('there is no Redis server');
  return { host, port: redisPort };
}

module.exports = { redisSession, redisAddress };
