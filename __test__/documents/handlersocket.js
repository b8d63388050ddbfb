'use strict';

module.exports = {
  sql: `CREATE TABLE users (id INT PRIMARY KEY);
    CREATE TABLE document (id UUID PRIMARY KEY, title VARCHAR(50));
    INSERT INTO document VALUES ('123e4567-e89b-12d3-a456-426655440000', 'Notes')`,
  programs: {
    'What values become': {
      given: ({ hansock }) => {
        const client = new hansock.Client({
          host: 'db1',
          secret: process.env.HANDLERSOCKET_SECRET,
        });
        const columns = ['id', 'title'];
        return { byUuid: client.openIndex({ database: 'shop', table: 'document', columns }) };
      },
      after: async ({ assert }) => {
        const id = '123e4567-e89b-12d3-a456-426655440000';
        assert.deepEqual(await byUuid.get(toBytes(id)), { id, title: 'Notes' });
      },
    },
  },
};
