'use strict';

module.exports = {
  sql: `CREATE TABLE user (id INT PRIMARY KEY, name VARCHAR(50), born DATETIME);
    INSERT INTO user VALUES (42, 'Ada', '1815-12-10')`,
  programs: {
    Client: {
      prints: "{ id: 42, name: 'Ada', born: 1815-12-10T00:00:00.000Z }\n",
      after: async ({ assert }) => {
        assert.ok(['A. L.', 'Ada Lovelace'].includes(row.name));
        const response = await showUser(42, new Request('http://127.0.0.1/users/42'));
        assert.equal((await response.json()).name, 'A. L.');
      },
    },
  },
};
