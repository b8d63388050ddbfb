'use strict';

const { CLIENTS, hansock, settled } = require('./clients.js');
const { counted, get } = require('./loopback.js');

/**
 * Workloads beside two busy loops, as on a machine with other work.
 *
 * @type {import('../workloads.js').Workload[]}
 */
const BUSY = [1, 10, 100, 1000].map((callers) => ({
  ...get(callers),
  name: `busy machine: get, ${counted(callers, 'caller')}`,
  section: 'Single rows on a busy machine',
  situation: 'busy',
  clients: [
    settled(hansock('get')),
    CLIENTS.socket,
    CLIENTS.ioredis,
    CLIENTS.nodeHandlersocket,
    CLIENTS.mariadb,
    CLIENTS.mysql2,
  ],
  isQuick: callers === 100,
}));

module.exports = { BUSY };
