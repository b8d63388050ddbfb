'use strict';

/*
 * The servers behind the network, started in their namespace:
 *
 *   node network-servers.js <assignment as JSON>
 *
 * Reports the servers' addresses to its parent, and ends them on request or when its parent ends.
 */

const { startServers } = require('./servers.js');

/** @typedef {{ tables: string[], clientsAddress: string }} Assignment */

async function main() {
  /** @type {Assignment} */
  const { tables, clientsAddress } = JSON.parse(process.argv[2]);
  // The servers' watchdogs end them when this process ends.
  process.on('disconnect', () => process.exit());
  const servers = await startServers(tables, { hasRedis: true, isReachable: true });
  process.once('message', async () => {
    await servers.stop();
    process.disconnect();
  });
  const account = `root@'${clientsAddress}'`;
  await servers.mariadb.sql(`CREATE USER ${account}; GRANT ALL ON *.* TO ${account}`);
  process.send?.(servers.addresses);
}

main();
