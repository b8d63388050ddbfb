'use strict';

const { once } = require('node:events');
const { requirePeer } = require('../peers.js');
const { redisAddress, redisSession } = require('./redis-session.js');

const { Redis } = requirePeer('ioredis');

/** @type {import('../client-process.js').Connect} */
async function connect(task) {
  const redis = new Redis({ ...redisAddress(task.addresses), enableAutoPipelining: true });
  await once(redis, 'ready');
  const session = redisSession(task, {
    get: (key) => redis.get(key),
    getHash: (key) => redis.hgetall(key),
    getMany: (keys) => redis.mget(keys),
  });
  return { sessions: [session], close: () => redis.quit() };
}

module.exports = { connect };
