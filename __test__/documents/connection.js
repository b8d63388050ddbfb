'use strict';

module.exports = {
  sql: `CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50));
    INSERT INTO item VALUES (42, 'Tea'), (43, 'Mate')`,
  programs: {
    Connection: {
      after: async ({ assert }) => {
        assert.deepEqual(replies[0].rows, [['42', 'Tea']]);
        assert.deepEqual((await second)[0][0].rows, [['43', 'Mate']]);
        for (const id of [42, 42]) assert.deepEqual(await findItem(id), ['42', 'Tea']);
        await new Executor()
          .add(reads, new Batch().find(0, '=', [42]))
          .add(writes, new Batch().delete(0, '=', [43]))
          .execute();
      },
    },
  },
};
