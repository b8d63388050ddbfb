'use strict';

const assert = require('node:assert/strict');

/** Longer than a replica takes for any step here. */
const STUCK_S = 30;

/**
 * Makes a server replicate another, which needs a binary log and a `server_id` of its own.
 * @param {import('../../lib/testing').TestServer} replica
 * @param {import('../../lib/testing').TestServer} primary
 */
async function replicate(replica, primary) {
  await replica.sql(`CHANGE MASTER TO MASTER_HOST = '${primary.host}', MASTER_PORT = ${primary.sqlPort},
    MASTER_USER = 'root', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1; START SLAVE`);
}

/**
 * Resolves once the replica has everything in the primary's binary log.
 * @param {import('../../lib/testing').TestServer} replica
 * @param {import('../../lib/testing').TestServer} primary
 */
async function caughtUp(replica, primary) {
  const [[position]] = await primary.sql('SELECT @@gtid_binlog_pos');
  const [[result]] = await replica.sql(`SELECT MASTER_GTID_WAIT('${position}', ${STUCK_S})`);
  if (result !== '0') assert.fail(`no replication: ${await replica.sql('SHOW SLAVE STATUS')}`);
}

module.exports = { caughtUp, replicate };
