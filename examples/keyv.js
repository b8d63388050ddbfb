'use strict';

/* Keyv over a table: sessions with a time to live, read and written by two processes' worth of clients. */

const { Client } = require('hansock');
const { KeyvStore } = require('hansock/keyv');
const { startServer } = require('hansock/testing');
const { Keyv } = require('keyv');

const CREATE_TABLE = `
  CREATE DATABASE cache;
  CREATE TABLE cache.keyv (
    id VARBINARY(1024) NOT NULL PRIMARY KEY, value LONGBLOB NOT NULL, expires BIGINT NULL,
    KEY by_expires (expires)
  )`;

const HALF_AN_HOUR = 30 * 60_000;

/**
 * @param {import('hansock/testing').TestServer} server
 * @param {string} namespace
 */
function openKeyv({ host, port, writePort, secret }, namespace) {
  const client = new Client({ host, port, writePort, secret });
  const store = new KeyvStore({ client, database: 'cache', table: 'keyv' });
  const keyv = new Keyv({ store, namespace, ttl: HALF_AN_HOUR });
  keyv.on('error', (/** @type {unknown} */ error) => console.error(error));
  return { keyv, store };
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { keyv: sessions, store } = openKeyv(server, 'sessions');
  const { keyv: elsewhere } = openKeyv(server, 'sessions');
  try {
    await sessions.set('42', { name: 'Ada', basket: ['tea'] });
    console.log('another client reads', await elsewhere.get('42'));

    const users = Array.from({ length: 1000 }, (_, i) => ({
      key: `${i}`,
      value: { name: `User ${i}` },
    }));
    await sessions.setMany(users);
    const found = await elsewhere.getMany(['7', 'nobody', '999']);
    console.log('getMany', found);

    await server.sql("UPDATE cache.keyv SET expires = 1 WHERE id = 'sessions:7'");
    console.log('has what has expired:', await sessions.has('7'));
    console.log(`deleteExpired deleted ${await store.deleteExpired()}`);

    await sessions.clear();
    const [[rows]] = await server.sql('SELECT COUNT(*) FROM cache.keyv');
    console.log(`SQL counts ${rows} rows after clear`);
  } finally {
    await Promise.all([sessions.disconnect(), elsewhere.disconnect()]);
    await server.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
