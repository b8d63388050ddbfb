'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

const { TEST_TOOLS } = require('../../scripts/tools.js');
const { makeClient } = require('./clients.js');

const requireTool = createRequire(path.join(TEST_TOOLS, 'package.json'));

/** The table of docs/keyv.md. */
const CREATE_TABLE = `
  CREATE DATABASE cache;
  CREATE TABLE cache.keyv (
    id VARBINARY(1024) NOT NULL PRIMARY KEY,
    value LONGBLOB NOT NULL,
    expires BIGINT NULL,
    KEY by_expires (expires)
  ) ENGINE=InnoDB`;

/** The class Keyv of a major version. @param {5 | 6} major */
function keyvOf(major) {
  return requireTool(major === 5 ? 'keyv-5' : 'keyv').Keyv;
}

/** The options of a client of a server. */
function placeOf({ host, port, writePort, secret }) {
  return { host, port, writePort, secret };
}

/**
 * A store over an empty table.
 * @param {import('node:test').TestContext} context
 * @param {ReturnType<typeof import('./server.js').useServer>} server
 */
async function emptyStore(context, server, Store, options) {
  await server.sql('DELETE FROM cache.keyv');
  const client = makeClient(context, placeOf(server.running));
  return new Store({ client, database: 'cache', table: 'keyv', ...options });
}

/** The entries of an iterator. */
async function collect(iterator) {
  const entries = [];
  for await (const entry of iterator) entries.push(entry);
  return entries;
}

module.exports = { CREATE_TABLE, collect, emptyStore, keyvOf, placeOf };
