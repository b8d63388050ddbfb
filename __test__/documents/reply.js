'use strict';

module.exports = {
  sql: `CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50));
    INSERT INTO item VALUES (42, 'Tea')`,
  programs: {
    Reply: {
      prints: '42 Tea\n',
      after: ({ assert }) => {
        assert.deepEqual([idBytes, nameBytes].map(String), ['42', 'Tea']);
        assert.equal(isTakenBack, false);
      },
    },
  },
};
