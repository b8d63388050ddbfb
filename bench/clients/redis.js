'use strict';

const { requirePeer } = require('../peers.js');
const { redisAddress, redisSession } = require('./redis-session.js');

const { createClient } = requirePeer('redis');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const redis = await createClient({ socket: redisAddress(task.addresses) }).connect();
  const session = redisSession(task, {
    get: (key) => redis.get(key),
    getHash: (key) => redis.hGetAll(key),
    getMany: (keys) => redis.mGet(keys),
  });
  return { sessions: [session], close: () => redis.close() };
}

module.exports = { connect };
