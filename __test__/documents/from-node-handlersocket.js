'use strict';

module.exports = {
  sql: `CREATE DATABASE test;
    CREATE TABLE test.employee (id INT PRIMARY KEY, no INT NOT NULL, name VARCHAR(20));
    INSERT INTO test.employee VALUES (1, 7369, 'SMITH'), (2, 7499, 'ALLEN'), (3, 7521, NULL)`,
  programs: {
    'A program': {
      after: async ({ assert }) => {
        await assert.rejects(employees.get(1), { code: 'ERR_HS_CLOSED' });
      },
    },
  },
};
