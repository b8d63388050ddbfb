'use strict';

module.exports = {
  programs: {
    'hansock/testing': { prints: "{ id: '42', name: 'Tea' }\n" },
    'In a test file': { prints: /^(ℹ|#) pass 1$/m },
    'Crashes and restarts': {
      given: async ({ hansock }) => {
        const { startServer } = require('../../lib/testing');
        const server = await startServer({
          sql: 'CREATE DATABASE shop; CREATE TABLE shop.item (id INT PRIMARY KEY)',
        });
        const { host, port, writePort, secret } = server;
        const client = new hansock.Client({ host, port, writePort, secret });
        const items = client.openIndex({ database: 'shop', table: 'item', columns: ['id'] });
        await items.get(42);
        return { server, items };
      },
      prints: /^ERR_HS_(LOST|CONNECT)\n$/,
      after: () => server.stop(),
    },
  },
};
