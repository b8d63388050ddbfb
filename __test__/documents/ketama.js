'use strict';

module.exports = {
  servers: [['10.0.0.1'], ['10.0.0.2']],
  sql: `CREATE TABLE user (id INT PRIMARY KEY, name VARCHAR(50));
    INSERT INTO user VALUES (42, 'Ada')`,
  programs: {
    Ketama: {
      after: ({ assert }) => {
        assert.equal(ring.getServer('user:42'), '10.0.0.2:9998');
        assert.equal(ring.getServerOrdinal('user:42'), 1);
      },
    },
    'With clients': {
      prints: 'user:1 10.0.0.2:9998 10.0.0.3:9998\nuser:3 10.0.0.2:9998 10.0.0.3:9998\n',
      after: async ({ assert }) => {
        assert.deepEqual(await getUser(42), { id: '42', name: 'Ada' });
        assert.deepEqual([first, second].toSorted(), [0, 1]);
      },
    },
  },
};
