'use strict';

const { requirePeer } = require('../peers.js');
const { redisAddress, redisSession } = require('./redis-session.js');

const { GlideClient } = requirePeer('@valkey/valkey-glide');

/** The default of 250 ms is too short for a busy machine, and 1,000 is the limit of requests. */
const SETTINGS = { requestTimeout: 10_000, inflightRequestsLimit: 100_000 };

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const addresses = [redisAddress(task.addresses)];
  const glide = await GlideClient.createClient({ addresses, ...SETTINGS });
  const session = redisSession(task, {
    get: (key) => glide.get(key),
    async getHash(key) {
      const entries = await glide.hgetall(key);
      return Object.fromEntries(entries.map(fieldAndValue));
    },
    getMany: (keys) => glide.mget(keys),
  });
  return { sessions: [session], close: async () => glide.close() };
}

/** @param {{ field: string, value: string }} entry */
function fieldAndValue({ field, value }) {
  return [field, value];
}

module.exports = { connect };
