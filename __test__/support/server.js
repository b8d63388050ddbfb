'use strict';

const { after, before } = require('node:test');

const { Connection } = require('../..');
const { startServer } = require('../../lib/testing');

/**
 * One real server for the tests of a describe: started before them, stopped after.
 * @param {Parameters<typeof startServer>[0]} [options]
 */
function useServer(options) {
  /** @type {import('../../lib/testing').TestServer} */
  let server;
  before(async () => {
    server = await startServer(options);
  });
  after(() => server?.stop());
  return {
    get running() {
      return server;
    },
    get readAddress() {
      return `${server.host}:${server.port}`;
    },
    /** A connection to the read port that knows the secret. */
    reader: (options) =>
      new Connection(`${server.host}:${server.port}`, { secret: server.secret, ...options }),
    /** A connection to the write port that knows the secret. */
    writer: (options) =>
      new Connection(`${server.host}:${server.writePort}`, {
        secret: server.writeSecret,
        ...options,
      }),
    sql: (statement) => server.sql(statement),
  };
}

module.exports = { useServer };
