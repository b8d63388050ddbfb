'use strict';

module.exports = {
  sql: `CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL, stock INT NOT NULL);
    INSERT INTO item VALUES (1, 'Coffee', 3), (3, 'Milk', 9), (42, 'Tea', 7);
    CREATE USER shop IDENTIFIED BY 'sesame';
    GRANT ALL ON shop.* TO shop`,
  programs: {
    'The same row both ways': {
      after: async ({ assert }) => {
        assert.deepEqual({ ...rows[0] }, { ...row });
        assert.deepEqual(
          sameMany.map(({ id }) => id),
          [3, 1],
        );
        assert.equal(many.length, 2);
        assert.deepEqual(
          before.map(({ stock }) => stock),
          [6],
        );
        assert.equal((await items.get(42)).stock, 5);
        await pool.end();
      },
    },
  },
};
