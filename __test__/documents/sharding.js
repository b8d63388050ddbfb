'use strict';

const TARGET = { database: 'shop', table: 'user', columns: ['id', 'name'], shardBy: ['id'] };

module.exports = {
  servers: [['db1'], ['db2'], ['db3']],
  sql: 'CREATE TABLE user (id INT PRIMARY KEY, name VARCHAR(50))',
  programs: {
    Sharding: {
      prints: '42\n',
      after: async ({ assert }) => {
        assert.equal(cluster.getServer(42), 'db1:9998');
        assert.deepEqual(latest, [{ id: '42', name: 'Ada' }]);
      },
    },
    'Changing the ring': {
      given: async ({ hansock }) => {
        const secret = process.env.HANDLERSOCKET_SECRET;
        const servers = ['db1', 'db2'].map((host) => ({ host, secret }));
        const users = new hansock.ShardedClient({ servers }).openIndex(TARGET);
        const rows = Array.from({ length: 100 }, (_, i) => ({ id: 100 + i, name: `user ${i}` }));
        await users.insertMany(rows);
        return {};
      },
      after: async ({ assert }) => {
        assert.ok(moved.length > 0, 'nothing was moved');
        assert.deepEqual(copies, rows);
        assert.ok((await source.getMany(moved)).every((row) => row === null));
      },
    },
  },
};
